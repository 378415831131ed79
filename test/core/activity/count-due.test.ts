import { describe, expect, it } from 'vitest';
import { countDue } from '../../../src/core/activity/count-due.ts';

const many = (time: number | null, count: number): readonly (number | null)[] =>
  Array.from({ length: count }, () => time);

/** Older than 10 is due. */
const cases: readonly (readonly [string, readonly (number | null)[], number | null, number])[] = [
  ['nothing', [], null, 0],
  ['the older ones at the beginning', [1, 2, 10, 11], null, 2],
  ['an older one behind a younger one waits', [1, 11, 2], null, 1],
  ['99 older ones behind a younger one wait', [11, ...many(1, 99)], null, 0],
  ['100 older ones behind it do not', [11, ...many(1, 100)], null, 101],
  ['as many younger as older ones wait', [...many(11, 101), ...many(1, 100)], null, 0],
  ['fewer younger ones do not', [...many(11, 100), ...many(1, 101)], null, 201],
  ['one older one at the end of younger ones', [...many(11, 300), 1], null, 0],
  ['a younger one at the end stays', [11, ...many(1, 100), 11], null, 101],
  ['what cannot be believed goes with the next', [null, 1, null, 11], null, 2],
  ['what cannot be believed at the end stays', [1, null], null, 1],
  ['it goes with what is behind', [1, null], 9, 2],
  ['it stays with what is behind', [1, null], 10, 1],
  ['nothing of all is known', [null, null], null, 0],
];

describe('how many of the first lines of a trail are due', () => {
  it.each(cases)('A115 %s', (_, times, behind, expected) => {
    expect(countDue(times, 10, behind)).toBe(expected);
  });
});
