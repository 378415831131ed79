import { expect, it } from 'vitest';
import { showMembers } from '../../../src/core/activity/show-members.ts';

it('shows members as they are, in their order', () => {
  const claims = { z: 1, sub: 'a', list: ['b', { c: null }], ok: true };
  expect(Object.entries(showMembers(claims, 1000))).toEqual(Object.entries(claims));
});

it('A102 does not show what is named as a secret, at any depth', () => {
  expect(showMembers({ password: 'a', inner: { api_key: ['b'], secret: false, x: 1 } }, 1000)).toEqual({
    password: '<not shown>',
    inner: { api_key: '<not shown>', secret: false, x: 1 },
  });
});

it('keeps what explains the most when there is no room for all, and counts the rest', () => {
  const claims = { first: 'x'.repeat(40), second: 'y'.repeat(40), aud: 'a', sub: 's' };
  expect(showMembers(claims, 80)).toEqual({
    first: 'x'.repeat(40),
    aud: 'a',
    sub: 's',
    '…': '<1 more member left out>',
  });
  expect(Object.keys(showMembers(claims, 0))).toEqual(['…']);
});

it('cuts long texts and names, and leaves out what is still too long', () => {
  const shown = showMembers(
    {
      text: 'x'.repeat(600),
      ['n'.repeat(200)]: 1,
      list: Array(600).fill('abc'),
      object: { a: Array(600).fill(1) },
    },
    10_000,
  );
  expect(shown).toEqual({
    text: `${'x'.repeat(512)}… <cut, 600 characters>`,
    [`${'n'.repeat(128)}… <cut, 200 characters>`]: 1,
    list: '<left out: a list of 600>',
    object: { a: '<left out: a list of 600>' },
  });
});

it('A35 A34 keeps names that are members of objects, and well-formed text', () => {
  const claims = JSON.parse('{"__proto__":{"a":1},"constructor":"b"}');
  expect(JSON.stringify(showMembers(claims, 1000))).toBe('{"__proto__":{"a":1},"constructor":"b"}');
  const cut = showMembers({ text: `${'x'.repeat(511)}😀y` }, 10_000)['text'] as string;
  expect(cut.isWellFormed()).toBe(true);
});

it.each([
  ['a token behind', `${'a b '.repeat(500)}`, 40],
  ['a token that the end of what is looked at cuts', 'a b '.repeat(100), 3000],
  ['many tokens', '', 20],
])('A102 A36 shows nothing of %s in a text that is much too long', (_what, before, length) => {
  const token = `eyJhbGciOiJSUzI1NiJ9${'A'.repeat(length)}.eyJzdWIiOiJhIn0.SIGNATURE`;
  const shown = JSON.stringify(
    showMembers({ text: `${before}${`${token} ghp_0123456789abcdef `.repeat(60)}` }, 10_000),
  );
  expect(shown).toContain('<cut, ');
  expect(shown).not.toMatch(/eyJ|AAAA|SIGNATURE|0123/);
});
