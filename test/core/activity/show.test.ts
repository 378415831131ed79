import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { showText, showValue } from '../../../src/core/activity/show.ts';

describe('showText', () => {
  it.each([
    ['repo:acme/app', 'repo:acme/app'],
    ['two words', 'two words'],
    ['grün 🔑', 'grün 🔑'],
    ['a\0b', 'a\\u{0}b'],
    ['a\u200bb', 'a\\u{200b}b'],
    ['a\u00a0', 'a\\u{a0}'],
    ['\u202ea', '\\u{202e}a'],
    ['a\u2028', 'a\\u{2028}'],
    ['a\ud800', 'a\\u{d800}'],
    ['a\r\n', 'a\\u{d}\\u{a}'],
  ])('A29 %j is shown as %s', (text, shown) => {
    expect(showText(text)).toBe(shown);
  });

  it('keeps the beginning of what is long, and says how long it was', () => {
    expect(showText('a'.repeat(300))).toBe('a'.repeat(300));
    expect(showText('a'.repeat(5000))).toBe(`${'a'.repeat(300)}… (5000 characters)`);
  });

  it('gives storable text of bounded length for any input', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        const shown = showText(text);
        expect(shown.isWellFormed()).toBe(true);
        expect(/\p{Cc}/u.test(shown)).toBe(false);
        expect(shown.length).toBeLessThan(3100);
      }),
    );
  });
});

describe('showValue', () => {
  it.each([
    [1, '1'],
    ['1', '"1"'],
    [true, 'true'],
    [null, 'null'],
    [['a', 1], '["a",1]'],
    [{ a: 1 }, '{"a":1}'],
    [undefined, 'absent'],
  ])('A32 %j is shown as %s', (value, shown) => {
    expect(showValue(value)).toBe(shown);
  });
});
