import type { EpochMilliseconds } from '../../core/time.ts';

/** A stored time as ISO 8601, UTC, with milliseconds. */
export const toIso = (time: EpochMilliseconds): string => new Date(time).toISOString();

/** The same for a time that may not have come yet. */
export const toIsoOrNull = (time: EpochMilliseconds | null): string | null =>
  time === null ? null : toIso(time);

/** A time that was sent, which the shape of the body has found to be one; `null` and what is absent stay what they are. */
export const fromIso = <T extends null | undefined>(text: string | T): EpochMilliseconds | T =>
  typeof text === 'string' ? Date.parse(text) : text;
