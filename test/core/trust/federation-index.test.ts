import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildFederationIndex } from '../../../src/core/trust/federation-index.ts';
import { compilePattern } from '../../../src/core/trust/pattern.ts';
import { federation, registered, serviceAccount } from '../../support/registered.ts';
import { noBlocks } from '../../../src/core/blocks/blocks.ts';

const account = (id: string, ...subjects: readonly string[]) =>
  serviceAccount({
    id,
    federations: subjects.map((subject) =>
      federation({
        id: `${id}/${subject}`,
        ...(subject.includes('*') ? { subjectPattern: subject } : { subject }),
      }),
    ),
  });

const ids = (candidates: readonly { readonly federation: { readonly id: string } }[]) =>
  candidates.map((candidate) => candidate.federation.id);

describe('buildFederationIndex', () => {
  const index = buildFederationIndex(
    [
      account('a', 'repo:acme/app', 'repo:acme/*'),
      account('b', 'repo:acme/*:ref:*', 'repo:acme/web'),
      account('c'),
    ],
    registered.issuer,
    noBlocks,
  );

  it.each([
    ['repo:acme/app', ['a/repo:acme/app', 'a/repo:acme/*']],
    ['repo:acme/x:ref:y', ['a/repo:acme/*', 'b/repo:acme/*:ref:*']],
    ['repo:acme/web', ['b/repo:acme/web', 'a/repo:acme/*']],
    ['repo:other/app', []],
    ['repo:acme/', []],
    ['repo:acme/*', ['a/repo:acme/*']],
    ['', []],
  ])('finds all that cover %s, the exact ones first, then ever shorter patterns', (subject, expected) => {
    expect(ids(index.covering(subject))).toEqual(expected);
  });

  it('leaves out the federations of other issuers, byte for byte (ST-12)', () => {
    const others = [
      'https://token.actions.githubusercontent.com/',
      'https://TOKEN.actions.githubusercontent.com',
      'x',
    ];
    const elsewhere = others.map((issuer) => serviceAccount({ federations: [federation({ issuer })] }));
    expect(buildFederationIndex(elsewhere, registered.issuer, noBlocks).covering(registered.subject)).toEqual(
      [],
    );
    expect(
      buildFederationIndex([serviceAccount()], registered.issuer, noBlocks).covering(registered.subject),
    ).toHaveLength(1);
  });

  it('lists the candidates of an account', () => {
    expect(ids(index.ofAccount('b'))).toEqual(['b/repo:acme/*:ref:*', 'b/repo:acme/web']);
    expect(index.ofAccount('c')).toEqual([]);
    expect(index.ofAccount('constructor')).toEqual([]);
  });

  it('keeps a federation that no longer compiles, and never fails for it', () => {
    const broken = buildFederationIndex(
      [
        serviceAccount({
          federations: [federation({ cel: 'no longer' }), federation({ subjectPattern: 'repo:**' })],
        }),
        serviceAccount({ federations: [federation({ subject: null })] }),
      ],
      registered.issuer,
      noBlocks,
    );
    const [candidate, another] = broken.covering(registered.subject);
    expect(candidate?.compiled().ok).toBe(false);
    expect(another).toBeUndefined();
    expect(broken.covering('')).toEqual([]);
    expect(broken.nearest('repo:', 5)).toHaveLength(3);
  });

  it('covers what trying every federation in turn covers', () => {
    const text = (letters: string[]) =>
      fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
    const pattern = text(['a', 'b', ':', '*']).filter((each) => compilePattern(each).ok);
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 8 }), text(['a', 'b', ':']), (subjects, subject) => {
        const all = buildFederationIndex([account('a', ...subjects)], registered.issuer, noBlocks);
        const expected = subjects.filter((each) => {
          const compiled = compilePattern(each);
          return compiled.ok && compiled.value(subject);
        });
        expect(ids(all.covering(subject)).toSorted()).toEqual(expected.map((each) => `a/${each}`).toSorted());
      }),
      { numRuns: 1000 },
    );
  });

  it('finds the nearest as looking at every one does', () => {
    const word = fc.stringMatching(/^[abc]{1,6}$/);
    const common = (one: string, other: string) => {
      let length = 0;
      while (length < one.length && one[length] === other[length]) length += 1;
      return length;
    };
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { maxLength: 30 }),
        word,
        fc.integer({ min: 1, max: 5 }),
        (subjects, near, limit) => {
          const found = buildFederationIndex(
            [account('a', ...subjects)],
            registered.issuer,
            noBlocks,
          ).nearest(near, limit);
          const lengths = found.map((candidate) => common(candidate.federation.subject ?? '', near));
          const best = subjects.map((subject) => common(subject, near)).sort((one, other) => other - one);
          expect(lengths).toEqual(best.slice(0, limit));
        },
      ),
    );
  });

  it.each([
    ['the ids behind names', 'repo:acme@1/app@2:ref:x', 'repo:acme/app:ref:x', 'repo:acme@1/other@3:ref:y'],
    ['ids the token lacks', 'repo:acme/app:ref:x', 'repo:acme@1/app@2:ref:x', 'repo:acme/another:ref:x'],
    ['upper and lower case', 'repo:Acme/App:ref:x', 'repo:acme/app:ref:x', 'repo:A:x'],
    ['the anchor of a regular expression', 'jobs:nightly:x', '^jobs:nightly:*', 'jobs:other'],
  ])('finds what is near but for %s', (_title, subject, near, other) => {
    const index = buildFederationIndex([account('a', other, near)], registered.issuer, noBlocks);
    expect(ids(index.nearest(subject, 1))).toEqual([`a/${near}`]);
  });

  it('A98 stays quick with 100,000 federations on one issuer', () => {
    const accounts = Array.from({ length: 50_000 }, (_, number) =>
      account(`n${number}`, `repo:org${number}/app`, `repo:org${number}/*:ref:refs/heads/main`),
    );
    const large = buildFederationIndex(accounts, registered.issuer, noBlocks);
    expect(ids(large.covering('repo:org49999/app'))).toEqual(['n49999/repo:org49999/app']);
    expect(ids(large.covering('repo:org777/web:ref:refs/heads/main'))).toHaveLength(1);
    expect(ids(large.nearest('repo:org777/apq', 1))).toEqual(['n777/repo:org777/app']);
  });
});
