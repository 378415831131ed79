import { describe, expect, it } from 'vitest';
import { settleUses } from '../../../src/adapters/storage/settle-uses.ts';

type Line = readonly [name: string, ...uses: string[]];

/** What becomes of lines where these uses were there before: the names of those that are spent, with the place of the use. */
const settle = (spentBefore: readonly string[], ...lines: readonly Line[]): readonly string[] =>
  [
    ...settleUses(
      lines,
      ([, ...uses]) => uses,
      (use) => !spentBefore.includes(use),
    ),
  ].map(([[name], place]) => `${name} ${place}`);

describe('which lines are written of those that use something up (CA-14)', () => {
  it.each<[string, readonly string[], readonly Line[], readonly string[]]>([
    ['nothing used', [], [['a'], ['b']], []],
    [
      'different uses',
      [],
      [
        ['a', 'x'],
        ['b', 'y', 'z'],
      ],
      [],
    ],
    ['one that was there', ['x'], [['a', 'x'], ['b', 'y'], ['c']], ['a 0']],
    [
      'one that a line before uses',
      [],
      [
        ['a', 'x'],
        ['b', 'x'],
        ['c', 'x'],
      ],
      ['b 0', 'c 0'],
    ],
    ['the second of two', ['y'], [['a', 'x', 'y']], ['a 1']],
    ['both of two', ['x', 'y'], [['a', 'x', 'y']], ['a 0']],
    ['one twice in a line', [], [['a', 'x', 'x']], ['a 1']],
    [
      'one of a line that is not written',
      ['y'],
      [
        ['a', 'x', 'y'],
        ['b', 'x'],
      ],
      ['a 1'],
    ],
    [
      'one of a line twice that is not written',
      [],
      [
        ['a', 'x', 'x'],
        ['b', 'x'],
        ['c', 'x'],
      ],
      ['a 1', 'c 0'],
    ],
  ])('%s', (_, before, lines, spent) => {
    expect(settle(before, ...lines)).toEqual(spent);
  });
});
