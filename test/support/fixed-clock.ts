import type { Clock } from '../../src/ports/clock.ts';

/** A clock that stands still until it is moved. */
export interface FixedClock extends Clock {
  /** Moves both hands. */
  advance(milliseconds: number): void;
}

/** A {@link FixedClock} that shows 2026-01-01T00:00:00Z, or `start`. */
export const createFixedClock = (start = Date.UTC(2026, 0, 1)): FixedClock => {
  let passed = 0;
  return {
    now: () => start + passed,
    monotonic: () => passed,
    advance: (milliseconds) => {
      passed += milliseconds;
    },
  };
};
