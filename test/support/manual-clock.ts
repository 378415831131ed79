import type { Clock } from '../../src/ports/clock.ts';

/** A clock that stands still until it is told to move. */
export interface ManualClock extends Clock {
  /** Moves both clocks on. */
  advance(milliseconds: number): void;
  /** Moves the wall clock alone, as an administrator or NTP does (B33). */
  jump(milliseconds: number): void;
}

/** Creates a clock that shows `now` (milliseconds since 1970). */
export const createManualClock = (now = Date.UTC(2026, 0, 1)): ManualClock => {
  let wall = now;
  let monotonic = 1_000_000;
  return {
    now: () => wall,
    monotonic: () => monotonic,
    advance: (milliseconds) => {
      wall += milliseconds;
      monotonic += milliseconds;
    },
    jump: (milliseconds) => {
      wall += milliseconds;
    },
  };
};
