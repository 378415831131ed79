import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { compileCondition, conditionKinds } from '../../../../src/core/trust/conditions/compile-condition.ts';
import type { Condition } from '../../../../src/core/trust/federation.ts';

const look = (condition: unknown, claims: JsonObject) => {
  const compiled = compileCondition(condition as Condition);
  if (!compiled.ok) throw new Error(compiled.error);
  const claim = compiled.value.find(claims);
  return {
    holds: compiled.value.holds(claim),
    hint: compiled.value.hint(claim),
    expected: compiled.value.expected,
  };
};

const holds = (condition: unknown, claims: JsonObject): boolean => look(condition, claims).holds;

describe('compileCondition', () => {
  it('knows exactly the kinds of the contract', () => {
    expect(conditionKinds.map(({ name }) => name)).toEqual(['equals', 'oneOf', 'matches']);
  });

  it.each([
    [{ equals: '1' }, '1', true],
    [{ equals: '1' }, 1, false],
    [{ equals: 1 }, 1, true],
    [{ equals: 1 }, '1', false],
    [{ equals: 1 }, true, false],
    [{ equals: true }, true, true],
    [{ equals: true }, 'true', false],
    [{ equals: false }, null, false],
    [{ equals: '' }, '', true],
    [{ equals: '' }, undefined, false],
    [{ equals: 'undefined' }, undefined, false],
    [{ equals: 'null' }, null, false],
    [{ equals: 'A' }, 'a', false],
    [{ equals: 'a' }, ['a'], false],
    [{ equals: 'a' }, { a: 'a' }, false],
    [{ equals: 'é' }, 'e\u0301', false],
    [{ oneOf: ['a', 1, true] }, 'a', true],
    [{ oneOf: ['a', 1, true] }, 1, true],
    [{ oneOf: ['a', 1, true] }, true, true],
    [{ oneOf: ['a', 1, true] }, '1', false],
    [{ oneOf: ['a', 1, true] }, undefined, false],
    [{ oneOf: ['a'] }, ['a'], false],
    [{ matches: 'refs/heads/*' }, 'refs/heads/main', true],
    [{ matches: 'refs/heads/*' }, 'refs/tags/main', false],
    [{ matches: 'refs/heads/main' }, 'refs/heads/main2', false],
    [{ matches: '*' }, '', true],
    [{ matches: '1*' }, 1, false],
    [{ matches: '*' }, undefined, false],
    [{ matches: '*' }, null, false],
    [{ matches: '*' }, ['a'], false],
  ])('ST-17 A32 %j and the claim %j: %s', (kind, claim, expected) => {
    expect(holds({ claim: 'c', ...kind }, claim === undefined ? {} : { c: claim })).toBe(expected);
  });

  it.each([
    ['kubernetes.io', { 'kubernetes.io': 'x' }, true],
    ['https://example.com/team', { 'https://example.com/team': 'x' }, true],
    ['/kubernetes.io/namespace', { 'kubernetes.io': { namespace: 'x' } }, true],
    ['/a/b/c', { a: { b: { c: 'x' } } }, true],
    ['/a~1b/c~0d', { 'a/b': { 'c~d': 'x' } }, true],
    ['/a', { '/a': 'x', a: 'y' }, true],
    ['/a', { a: 'x' }, true],
    ['a.b', { a: { b: 'x' } }, false],
    ['a/b', { a: { b: 'x' } }, false],
    ['/a/b', { a: 'x' }, false],
    ['/a/0', { a: ['x'] }, false],
    ['/a/length', { a: ['x'] }, false],
    ['/a/b', { a: null }, false],
  ])('finds the claim %s in %j: %s', (claim, claims, expected) => {
    expect(holds({ claim, equals: 'x' }, claims)).toBe(expected);
  });

  it('A35 never finds what is inherited', () => {
    for (const claim of [
      'constructor',
      '__proto__',
      'toString',
      '/constructor/name',
      '/a/constructor/name',
    ]) {
      expect(look({ claim, equals: 'Object' }, { a: {} }).hint).toContain('no such claim');
    }
    expect(holds({ claim: '__proto__', equals: 'x' }, JSON.parse('{"__proto__":"x"}'))).toBe(true);
  });

  it.each([
    [{ claim: 'c', equals: '1' }, { c: 1 }, 'as a number'],
    [{ claim: 'c', equals: 'true' }, { c: true }, 'as a boolean'],
    [{ claim: 'c', oneOf: ['x', 1] }, { c: '1' }, 'as a string'],
    [{ claim: 'c', equals: 'Acme' }, { c: 'acme' }, 'case'],
    [{ claim: 'c', matches: 'Acme' }, { c: 'acme' }, 'case'],
    [{ claim: 'c', equals: 'a' }, {}, 'no such claim'],
    [{ claim: 'c', equals: 'a' }, { c: ['a'] }, 'list'],
    [{ claim: 'c', equals: 'a' }, { c: { a: 1 } }, '/outer/inner'],
    [{ claim: 'c', equals: 'a' }, { c: null }, '/outer/inner'],
    [{ claim: 'c', matches: '1*' }, { c: 12 }, 'Use equals'],
    [{ claim: 'c', equals: 'a' }, { c: 'b' }, undefined],
    [{ claim: 'c', equals: 1 }, { c: 2 }, undefined],
    [{ claim: 'c', equals: 1 }, { c: 'b' }, undefined],
  ])('explains %j against %j: %s', (condition, claims, words) => {
    const { hint } = look(condition, claims);
    if (words === undefined) expect(hint).toBeUndefined();
    else expect(hint).toContain(words);
  });

  it('shows what it expects with its type', () => {
    expect(look({ claim: 'c', equals: '1' }, {}).expected).toBe('"1"');
    expect(look({ claim: 'c', equals: 1 }, {}).expected).toBe('1');
    expect(look({ claim: 'c', oneOf: ['1', 1] }, {}).expected).toBe('one of ["1",1]');
    expect(look({ claim: 'c', matches: 'a*' }, {}).expected).toBe('matches a*');
  });

  it.each([
    [{ claim: '', equals: 'a' }, 'claim takes'],
    [{ claim: 'a\n', equals: 'a' }, 'claim takes'],
    [{ claim: 'a'.repeat(257), equals: 'a' }, 'claim takes'],
    [{ claim: 1, equals: 'a' }, 'claim takes'],
    [{ claim: 'a' }, 'exactly one of equals, oneOf, matches'],
    [{ claim: 'a', equals: 'a', matches: 'a' }, 'exactly one'],
    [{ claim: 'a', startsWith: 'a' }, 'exactly one'],
    [{ claim: 'a', equals: null }, 'equals takes'],
    [{ claim: 'a', equals: ['a'] }, 'equals takes'],
    [{ claim: 'a', equals: Number.NaN }, 'equals takes'],
    [{ claim: 'a', oneOf: [] }, 'oneOf takes'],
    [{ claim: 'a', oneOf: 'a' }, 'oneOf takes'],
    [{ claim: 'a', oneOf: [null] }, 'oneOf takes'],
    [{ claim: 'a', oneOf: Array(101).fill('a') }, 'at most 100'],
    [{ claim: 'a', matches: 1 }, 'matches takes'],
    [{ claim: 'a', matches: '' }, 'empty'],
    [{ claim: 'a', matches: '**' }, 'in a row'],
  ])('refuses %j', (condition, words) => {
    const compiled = compileCondition(condition as unknown as Condition);
    expect(compiled).toEqual({ ok: false, error: expect.stringContaining(words) });
  });
});
