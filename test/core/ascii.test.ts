import { describe, expect, it } from 'vitest';
import { isAscii } from '../../src/core/ascii.ts';

/** As much as is looked at in one go. */
const part = 64 * 1024;

describe('isAscii', () => {
  it.each([
    ['nothing', ''],
    ['every character of ASCII', String.fromCharCode(...Array.from({ length: 128 }, (_, code) => code))],
    ['as much as one look takes', 'a'.repeat(part)],
    ['more than one look takes', 'a'.repeat(part + 1)],
  ])('control: says yes to %s', (_name, text) => {
    expect(isAscii(text)).toBe(true);
  });

  it.each([
    ['a character of Latin-1', 'caf\u00e9'],
    ['the first character beyond ASCII', '\u0080'],
    ['a character of two units', '\u{1f511}'],
    ['a lone surrogate', 'a\ud800b'],
    ['one at the end of what one look takes', `${'a'.repeat(part - 1)}\u00e9`],
    ['one behind it', `${'a'.repeat(part)}\u00e9`],
    ['one that two looks would cut in two', `${'a'.repeat(part - 1)}\u{1f511}b`],
  ])('A34 says no to %s', (_name, text) => {
    expect(isAscii(text)).toBe(false);
  });
});
