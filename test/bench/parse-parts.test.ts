import { describe, expect, it } from 'vitest';
import { parseParts, partNames } from '../../bench/overload/parse-parts.ts';

describe('options of the overload benchmark', () => {
  it.each([
    { args: [], parts: [...partNames], report: false },
    { args: ['--report'], parts: [...partNames], report: true },
    { args: ['--only', 'A89'], parts: ['a89'], report: false },
    { args: ['--only', 'a58, b25'], parts: ['b25', 'a58'], report: false },
  ])('$args', ({ args, parts, report }) => {
    const options = parseParts(args);
    expect([[...options.parts], options.report]).toEqual([parts, report]);
  });

  it.each([
    [['--only', 'a1'], 'there is no part "a1"'],
    [['--only', ''], 'there is no part ""'],
    [['--only', 'a89', '--report'], 'exclude each other'],
    [['--fast'], '--fast'],
  ])('%j is refused', (args, words) => {
    expect(() => parseParts(args)).toThrow(words);
  });
});
