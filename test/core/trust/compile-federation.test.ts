import { describe, expect, it } from 'vitest';
import { compileFederation } from '../../../src/core/trust/compile-federation.ts';
import type { Condition, Federation } from '../../../src/core/trust/federation.ts';
import { federation } from '../../support/registered.ts';

const problemsOf = (changes: Partial<Federation>) => {
  const compiled = compileFederation(federation(changes));
  return compiled.ok ? [] : compiled.error.map(({ path, message }) => `${path} ${message}`);
};

const condition: Condition = { claim: 'a', equals: 'b' };

describe('compileFederation', () => {
  it.each<Partial<Federation>>([
    {},
    { subjectPattern: 'repo:acme/*' },
    { subjectPattern: 'repo:acme/app' },
    { conditions: [condition, { claim: 'c', oneOf: ['d'] }, { claim: 'e', matches: 'f*' }] },
    { conditions: Array<Condition>(20).fill(condition) },
    { cel: 'claims.a == "b"' },
  ])('takes %j', (changes) => {
    expect(problemsOf(changes)).toEqual([]);
  });

  it.each<[Partial<Federation>, string]>([
    [{ subject: null }, '/subject The subject is missing'],
    [{ subject: '' }, '/subject The subject is empty'],
    [{ subject: 'a', subjectPattern: 'a:*' }, '/subjectPattern Give either'],
    [{ subjectPattern: '' }, '/subjectPattern The pattern is empty'],
    [{ subjectPattern: '*' }, '/subjectPattern The pattern is open'],
    [{ subjectPattern: 'repo*' }, '/subjectPattern The pattern is open'],
    [{ subjectPattern: '*:acme' }, '/subjectPattern The pattern is open'],
    [{ subjectPattern: 'a**' }, '/subjectPattern The pattern has two'],
    [{ audience: '' }, '/audience The audience is empty'],
    [{ conditions: [condition, { claim: '', equals: 'b' }] }, '/conditions/1 claim takes'],
    [{ conditions: Array<Condition>(21).fill(condition) }, '/conditions A federation has at most 20'],
    [{ cel: 'claims' + ' ' + 'claims' }, '/cel The expression cannot be read'],
    [{ cel: '' }, '/cel The expression is empty'],
  ])('A31 refuses %j', (changes, words) => {
    expect(problemsOf(changes)).toEqual([expect.stringContaining(words)]);
  });

  it('names every problem at once', () => {
    const problems = problemsOf({
      subject: '',
      audience: '',
      conditions: [{ claim: '', equals: 'a' }],
      cel: 'x',
    });
    expect(problems.map((text) => text.split(' ')[0])).toEqual([
      '/subject',
      '/audience',
      '/conditions/0',
      '/cel',
    ]);
  });
});
