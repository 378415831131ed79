import type { EpochMilliseconds } from '../../core/time.ts';
import type { FreshnessFields } from '../../ports/guarded-fetch.ts';

/** Beyond a year it is no clock that is wrong but a header that means nothing. */
const maxSeconds = 366 * 86_400;

/**
 * How far the clock of whoever answered is ahead of ours, in seconds, give or take one, negative where it is behind: `Date` (RFC 9110
 * §6.6.1) held against the middle of the fetch. `null` where it does not say, or where a cache gave the answer (`Age`),
 * whose `Date` is not that of now.
 */
export const clockOffsetSeconds = (
  { date, age }: Pick<FreshnessFields, 'date' | 'age'>,
  receivedAt: EpochMilliseconds,
  elapsedMilliseconds: number,
): number | null => {
  const said = date === null || (age !== null && age !== '0') ? Number.NaN : Date.parse(date);
  if (Number.isNaN(said)) return null;
  const seconds = Math.round((said - (receivedAt - elapsedMilliseconds / 2)) / 1000);
  // No negative zero: it would be another number to whoever compares.
  return Math.abs(seconds) <= maxSeconds ? seconds + 0 : null;
};
