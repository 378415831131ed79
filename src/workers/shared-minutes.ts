import { type Counts, createSharedWindows, type SharedWindows } from '../core/shared-windows.ts';
import type { Clock } from '../ports/clock.ts';
import type { OpenMinuteCounter } from '../ports/minute-counts.ts';
import type { Siblings } from '../ports/siblings.ts';

const windowMs = 60_000;

/** How often workers tell each other what they counted. */
const tellEveryMs = 20;

/** The part of a limit that all workers together may be ahead of what they told. */
const untoldPart = 0.01;

const topic = 'minute-counts';

/** Counters over all workers, and the end of the telling. */
export interface SharedMinutes {
  readonly open: OpenMinuteCounter;
  readonly stop: () => Promise<void>;
}

/**
 * Counts in this worker and tells the others every 20 ms, so that no request waits for another process. A limit can be
 * exceeded by what the others let through within that time, and by 1 % of it.
 */
export const startSharingMinutes = (
  siblings: Siblings,
  clock: Pick<Clock, 'monotonic'>,
  intervalMs = tellEveryMs,
): SharedMinutes => {
  const counters = new Map<string, SharedWindows>();
  siblings.on(topic, async (news) => {
    for (const [name, counts] of news as readonly (readonly [string, Counts])[])
      counters.get(name)?.add(counts, clock.monotonic());
    return null;
  });
  const tell = (): void => {
    const news: (readonly [string, Counts])[] = [];
    for (const [name, counter] of counters) {
      const counts = counter.untold();
      if (counts.length > 0) news.push([name, counts]);
    }
    if (news.length > 0) siblings.tell(topic, news);
  };
  const timer = siblings.count === 1 ? undefined : setInterval(tell, intervalMs).unref();
  return {
    open: (name, max) => {
      const quantum =
        siblings.count === 1 ? Infinity : Math.max(1, Math.floor((max * untoldPart) / siblings.count));
      const windows = createSharedWindows({ max, windowMs, quantum });
      counters.set(name, windows);
      return (key) => windows.take(key, clock.monotonic());
    },
    stop: async () => {
      clearInterval(timer);
      tell();
    },
  };
};
