import { createRecentMap } from './recent-map.ts';

/** What one `take` found. */
export interface Taken {
  /** How many were counted in this window, this one included: here, and by the others as far as they told. */
  readonly count: number;
  /** Until the window ends, in milliseconds. */
  readonly leftMs: number;
}

/** Pairs of a key and how often it was counted. */
export type Counts = readonly (readonly [key: string, count: number])[];

/** Counts in windows of their own for each key, over several processes that tell each other. */
export interface SharedWindows {
  /** Counts one. A window begins with the first count that is known of, here or elsewhere. */
  take(key: string, now: number): Taken;
  /** Adds what another process counted. */
  add(counts: Counts, now: number): void;
  /** What was counted here and is worth telling; it is not told again. */
  untold(): Counts;
}

interface Window {
  startedAt: number;
  count: number;
  untold: number;
}

/**
 * Windows that are exact for what is counted here and lag for what is counted elsewhere: by what was counted since the last
 * telling, and by less than `quantum` counts for each other process, so that the many keys that are far from any limit are
 * never spoken of. What goes beyond `max` is not told: no process lets more of it through for knowing.
 *
 * @param quantum the fewest counts of a key that are told
 * @param mostKeys as many are kept at most, and half of them surely: 20,000 of 40,000 when absent; the keys counted longest ago
 *   are forgotten first
 */
export const createSharedWindows = ({
  max,
  windowMs,
  quantum,
  mostKeys = 40_000,
}: {
  readonly max: number;
  readonly windowMs: number;
  readonly quantum: number;
  readonly mostKeys?: number;
}): SharedWindows => {
  const windows = createRecentMap<Window>(mostKeys);
  const toTell = new Set<string>();

  const windowOf = (key: string, now: number): Window => {
    const window = windows.get(key) ?? windows.set(key, { startedAt: now, count: 0, untold: 0 });
    if (now - window.startedAt < windowMs) return window;
    toTell.delete(key);
    return Object.assign(window, { startedAt: now, count: 0, untold: 0 });
  };

  return {
    take: (key, now) => {
      const window = windowOf(key, now);
      window.count += 1;
      if (window.count <= max) {
        window.untold += 1;
        if (window.untold >= quantum) toTell.add(key);
      }
      return { count: window.count, leftMs: window.startedAt + windowMs - now };
    },
    add: (counts, now) => {
      for (const [key, count] of counts) windowOf(key, now).count += count;
    },
    untold: () => {
      const told: (readonly [string, number])[] = [];
      for (const key of toTell) {
        const window = windows.get(key);
        if (window === undefined) continue;
        told.push([key, window.untold]);
        window.untold = 0;
      }
      toTell.clear();
      return told;
    },
  };
};
