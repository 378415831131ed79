import type { EpochMilliseconds } from '../core/time.ts';

/** The time, in one place, so that every decision can be repeated at a fixed one. */
export interface Clock {
  /** The wall clock. */
  now(): EpochMilliseconds;
  /** Milliseconds that only ever grow, for ages and back-off; unaffected by a clock that jumps (B33). */
  monotonic(): number;
}
