import fc from 'fast-check';
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

it.each([
  ['a token', `eyJhbGciOiJSUzI1NiJ9${'A'.repeat(40)}.eyJzdWIiOiJhIn0.SIGNATURE`],
  ['a token whose header has no end there', `eyJhbGciOiJSUzI1NiJ9${'A'.repeat(900)}`],
  ['a credential', 'ghp_0123456789abcdef'],
])('A102 shows nothing of %s that begins where what is shown ends', (_what, secret) => {
  for (const end of [500, 504, 508]) {
    const before = '- '.repeat(end / 2);
    const shown = JSON.stringify(showMembers({ text: `${before}${secret}${' -'.repeat(800)}` }, 10_000));
    expect(shown).toContain(before);
    expect(shown).not.toMatch(/eyJ|AAA|SIG|0123/);
  }
});

it('A102 a word that is shorter than its secret brings nothing near that was cut through', () => {
  // 20 characters before the end of what is looked at begins another one.
  const text = `${'A'.repeat(3)} eyJhbGciOiJSUzI1NiJ9${'A'.repeat(970)}.e30.x ghp_0123456789abcdef0123456789abcdef`;
  for (let pad = 0; pad < 60; pad += 1) {
    const shown = JSON.stringify(
      showMembers({ text: `${'b '.repeat(pad)}${text}${' -'.repeat(800)}` }, 10_000),
    );
    expect(shown).toContain('<JWT, ');
    expect(shown).not.toMatch(/0123|AAAA/);
  }
});

it('A36 looks at no more members once many did not fit', () => {
  let looked = 0;
  const claims = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`claim${index}`, 'x'.repeat(60)]),
  );
  const watched = new Proxy(claims, {
    get: (target, name) => {
      looked += 1;
      return Reflect.get(target, name);
    },
  });
  const shown = showMembers(watched, 400);
  expect(Object.keys(shown)).toEqual(['claim0', 'claim1', 'claim2', 'claim3', 'claim4', '…']);
  expect(shown['…']).toBe('<195 more members left out>');
  expect(looked).toBeLessThan(30);
});

it('a member that is too large for what is left does not keep smaller ones out', () => {
  const claims = { large: 'x'.repeat(300), aud: 'a', small: 'y' };
  expect(showMembers(claims, 100)).toEqual({ aud: 'a', small: 'y', '…': '<1 more member left out>' });
});

it.each([
  ['a long list', Array(8000).fill('a b')],
  ['a long list within lists', [[[Array(8000).fill('a b')]]]],
  ['a list of long texts', Array(100).fill('a b '.repeat(25))],
])('A36 reads no more of %s than could be shown', (_what, value) => {
  let read = 0;
  const watch = (list: unknown[]): unknown[] =>
    new Proxy(
      list.map((item) => (Array.isArray(item) ? watch(item) : item)),
      {
        get: (target, name, receiver) => {
          read += 1;
          return Reflect.get(target, name, receiver);
        },
      },
    );
  const { list } = showMembers({ list: watch(value) as string[] }, 10_000);
  expect(list).toBe(`<left out: a list of ${value.length}>`);
  expect(read).toBeLessThan(1100);
});

it('a member is shown as long as its JSON has 1,024 characters, and not with one more', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.integer({ min: 0, max: 400 }), (value, pad) => {
      const text = JSON.stringify(value);
      fc.pre(text.length < 900 && !/secret|passw|credential|key|token|.{100}"/i.test(text));
      const member = [JSON.parse(text), 'x'.repeat(pad), 'y '.repeat(200), [], {}, [[]], { a: 1, b: 2 }];
      const isShown = JSON.stringify(member).length <= 1024;
      expect(showMembers({ member }, 10_000)).toEqual({
        member: isShown ? member : '<left out: a list of 7>',
      });
      const room = JSON.stringify(['member', member]).length;
      expect('member' in showMembers({ member }, room)).toBe(true);
      if (isShown) expect(Object.keys(showMembers({ member }, room - 1))).toEqual(['…']);
    }),
  );
});
