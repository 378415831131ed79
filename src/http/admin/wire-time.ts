import type { EpochMilliseconds } from '../../core/time.ts';

/** A stored time as ISO 8601, UTC, with milliseconds. */
export const toIso = (time: EpochMilliseconds): string => new Date(time).toISOString();

/** The same for a time that may not have come yet. */
export const toIsoOrNull = (time: EpochMilliseconds | null): string | null =>
  time === null ? null : toIso(time);
