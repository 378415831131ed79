import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxPresentedCharacters, present } from '../../../src/core/activity/present.ts';
import type { JsonValue } from '../../../src/core/json.ts';

/** Every UTF-16 code unit, lone surrogates and controls included. */
const anyCodeUnit = fc.nat(0xff_ff).map((unit) => String.fromCharCode(unit));

describe('what was presented, as evidence', () => {
  it.each<[string, JsonValue | undefined, string]>([
    ['a plain string stands bare', 'repo:acme/payments', 'repo:acme/payments'],
    ['A102 an inner space is kept, in quotes', 'a b', '"a b"'],
    ['A102 a text that would read as ours', 'x. Nothing is wrong.', '"x. Nothing is wrong."'],
    ['A102 a quotation mark within', 'a"b', String.raw`"a\"b"`],
    ['A102 a backtick', 'a`b`', '"a`b`"'],
    ['A102 a space that is a letter', 'a\u3164b', '"a\u3164b"'],
    ['letters beyond ASCII are words', 'Zürich', 'Zürich'],
    ['what is not there', undefined, 'absent'],
    ['null', null, 'null'],
    ['a number', 1790000000, '1790000000'],
    ['a boolean', true, 'true'],
    ['a list', ['a', 1, null], '["a",1,null]'],
    ['an object', { a: { b: [] } }, '{"a":{"b":[]}}'],
    ['an empty string', '', '""'],
    ['a string that looks like a number', '1790000000', '"1790000000"'],
    ['a string that looks like null', 'null', '"null"'],
    ['a string that looks like absence', 'absent', '"absent"'],
    ['a string that looks like a list', '["a"]', String.raw`"[\"a\"]"`],
    ['a string with a space at its end', 'a ', '"a "'],
    ['A29 a zero-width space', 'a\u200bb', String.raw`a\u{200B}b`],
    ['A29 a no-break space', 'a\u00a0b', String.raw`a\u{A0}b`],
    ['a right-to-left override', 'a\u202eb', String.raw`a\u{202E}b`],
    ['line breaks, which would forge log lines', 'a\r\nb', String.raw`a\u{D}\u{A}b`],
    ['a terminal escape', '\u001b[31mred', String.raw`\u{1B}[31mred`],
    ['A34 U+0000', 'a\0b', String.raw`a\u{0}b`],
    ['A34 a lone surrogate', 'a\ud800b', String.raw`a\u{D800}b`],
    ['letters beyond ASCII are kept', 'Zürich 東京 😀', '"Zürich 東京 😀"'],
    [
      'A35 a member with the name of a prototype',
      JSON.parse('{"__proto__":1}') as JsonValue,
      '{"__proto__":1}',
    ],
  ])('%s', (_, value, shown) => {
    expect(present(value)).toBe(shown);
  });

  it('A36 values of any size and depth cost a bounded text', () => {
    let deep: JsonValue = 'x';
    for (let level = 0; level < 100_000; level++) deep = [deep];
    for (const value of [
      'x'.repeat(1e6),
      deep,
      Array.from({ length: 1e5 }, () => 1),
      { ['k'.repeat(1e6)]: 1 },
    ]) {
      const shown = present(value);
      expect(shown.length).toBeLessThanOrEqual(maxPresentedCharacters);
      expect(shown.endsWith('…')).toBe(true);
    }
  });

  it('a cut through a surrogate pair leaves no half of it', () => {
    expect(present(`${'x'.repeat(252)}😀${'x'.repeat(10)}`)).toBe(`"${'x'.repeat(252)}\uFFFD…"`);
  });

  it('is short, well-formed and without control characters, whatever comes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: anyCodeUnit }), (value) => {
        const shown = present(value as JsonValue);
        expect(shown.length).toBeLessThanOrEqual(maxPresentedCharacters);
        expect(shown.isWellFormed()).toBe(true);
        expect(shown).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});
