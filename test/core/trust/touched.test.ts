import { describe, expect, it } from 'vitest';
import {
  groupName,
  groupOf,
  groupsCovering,
  buildPatternPrefixes,
} from '../../../src/core/trust/federation-group.ts';
import { touchedBy, touchedKeysOf } from '../../../src/core/trust/touched.ts';
import { federation, registered, serviceAccount } from '../../support/registered.ts';

const account = (...texts: readonly string[]) =>
  serviceAccount({
    federations: texts.map((text) =>
      federation(text.includes('*') ? { subjectPattern: text } : { subject: text }),
    ),
  });
const named = (groups: readonly { readonly kind: string; readonly text: string }[]) =>
  groups.map(({ kind, text }) => `${kind} ${text}`);

describe('what a change touched (A66)', () => {
  it.each([
    ['a new account', null, account('a:1', 'a:*'), ['subject a:1', 'prefix a:']],
    ['an account that goes', account('a:1', 'a:*'), null, ['subject a:1', 'prefix a:']],
    ['a federation that changes', account('a:1'), account('a:2'), ['subject a:1', 'subject a:2']],
    ['anything else of it', account('a:1'), account('a:1'), ['subject a:1']],
    ['a pattern for a subject', account('a:1'), account('a:*:x'), ['subject a:1', 'prefix a:']],
    ['patterns that begin alike, once', null, account('a:*', 'a:*:x'), ['prefix a:']],
    ['an account without federations', account(), account(), []],
  ])('%s', (_title, before, after, expected) => {
    const touched = touchedBy(before, after, ['https://new.example']);
    expect(named(touched.groups)).toEqual(expected);
    expect(touched.accounts).toEqual(['account-1']);
    expect(touched.issuers).toEqual(['https://new.example']);
    expect(new Set(touched.groups.map(({ issuer, tenant }) => `${tenant} ${issuer}`)).size).toBeLessThan(2);
  });

  it('names accounts whose keys are others, and no federation', () => {
    expect(touchedKeysOf({ id: 'a' })).toEqual({ accounts: ['a'], groups: [], issuers: [] });
  });
});

describe('groups of federations', () => {
  const prefixes = buildPatternPrefixes(['a:', 'a:b:', '', 'a:', 'c']);
  it.each([
    ['a:b:1', ['subject a:b:1', 'prefix a:b:', 'prefix a:', 'prefix ']],
    ['a:1', ['subject a:1', 'prefix a:', 'prefix ']],
    ['a', ['subject a', 'prefix ']],
    ['', ['subject ', 'prefix ']],
    ['C', ['subject C', 'prefix ']],
  ])('what covers %j is in its own and in those of ever shorter patterns', (subject, expected) => {
    expect(named(groupsCovering('default', registered.issuer, subject, prefixes))).toEqual(expected);
  });

  it('no two have one name', () => {
    const groups = [
      groupOf('default', federation({ subject: 'x' })),
      groupOf('default', federation({ subjectPattern: 'x*' })),
      groupOf('acme', federation({ subject: 'x' })),
      groupOf('default', federation({ subject: 'x', issuer: 'https://other.example' })),
      groupOf('default', federation({ subject: '*x' })),
      groupOf('default', federation({ subject: '' })),
      groupOf('default', federation({ subjectPattern: '*' })),
    ];
    expect(new Set(groups.map(groupName)).size).toBe(groups.length);
  });

  it('keeps no more than an index holds of the beginning of a pattern, and never half a character', () => {
    for (const text of ['x'.repeat(500), `${'\u{1F511}'.repeat(200)}`, `o${'\u{1F511}'.repeat(200)}`]) {
      const kept = groupOf('default', federation({ subjectPattern: `${text}*` })).text;
      expect(text.startsWith(kept)).toBe(true);
      expect([kept.isWellFormed(), kept.length <= 200, kept.length >= 199]).toEqual([true, true, true]);
    }
  });
});
