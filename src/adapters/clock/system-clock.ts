import type { Clock } from '../../ports/clock.ts';

/** The clock of the machine; the only place that reads it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
