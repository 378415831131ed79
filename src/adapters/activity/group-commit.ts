import type { CommitPace } from '../../core/commit-pace.ts';
import type { ActivityLog } from '../../ports/activity-log.ts';
import type { ActivityEntry, ActivityStore } from '../../ports/activity-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { WaitingActivities } from '../../ports/metrics-sources.ts';
import { StoreUnavailable } from '../../ports/storage.ts';

/** Thrown for a record that found the queue full: the store is slower than what arrives. */
export class ActivityLogFull extends StoreUnavailable {}

/** An {@link ActivityLog} that can be emptied before the process ends. */
export interface GroupCommitLog extends ActivityLog {
  /** Resolves when every record taken so far is durable or has been rejected. */
  drain(): Promise<void>;
  /** What is not durable yet. */
  readonly waiting: () => WaitingActivities;
}

/** What a group-commit log works with. */
export interface GroupCommitOptions {
  /** Throws {@link StoreUnavailable} when no record can be kept, anything else when one of these cannot. */
  readonly append: ActivityStore['appendOnce'];
  readonly clock: Pick<Clock, 'monotonic'>;
  /** When appends begin; one after the other without pause when absent. */
  readonly pace?: CommitPace;
  /** The most records of one append. */
  readonly maxBatch: number;
  /** The most records that wait while an append is under way. */
  readonly maxQueue: number;
  /** How long a record may wait to become durable before it is rejected; 3 s when absent. */
  readonly maxWaitMs?: number;
}

interface Waiting {
  readonly entry: ActivityEntry;
  readonly resolve: (spent: number | null) => void;
  readonly reject: (reason: unknown) => void;
  /** Monotonic. */
  readonly since: number;
  isSettled: boolean;
}

/**
 * Writes activities in groups: one append is under way at a time, and what arrives meanwhile forms the next, so that a
 * flood shares an fsync. A record that cannot be kept is rejected alone; its neighbours are tried again without it. A store
 * that does not answer rejects all of them at once, and one that says nothing at all when their time is over (A67, B16):
 * a record under way then may still be kept, for a line without a token is allowed, a token without a line is not.
 *
 * What waits is in lists that are made anew, not in a `Set`: the table a set has outgrown points to the next one, so that from
 * the first that is promoted to V8's old generation on all of them are, with every request that was in them.
 */
export const createGroupCommitLog = (options: GroupCommitOptions): GroupCommitLog => {
  const { append, clock, pace, maxBatch, maxQueue, maxWaitMs = 3000 } = options;
  let queue: Waiting[] = [];
  let batch: readonly Waiting[] = [];
  let underWay: Promise<void> | null = null;
  let isTimed = false;

  /** Oldest first. */
  const unsettled = (): readonly Waiting[] => [...batch, ...queue].filter(({ isSettled }) => !isSettled);

  const settle = (waiting: Waiting, become: () => void): void => {
    if (waiting.isSettled) return;
    waiting.isSettled = true;
    become();
  };

  /** One timer for the oldest: a timer for each record costs more than the rest of what is done here. */
  const giveUpIn = (ms: number): void => {
    isTimed = true;
    setTimeout(giveUpOverdue, ms).unref();
  };
  const giveUpOverdue = (): void => {
    isTimed = false;
    for (const waiting of unsettled()) {
      const leftMs = waiting.since + maxWaitMs - clock.monotonic();
      if (leftMs > 0) {
        giveUpIn(Math.ceil(leftMs));
        break;
      }
      settle(waiting, () =>
        waiting.reject(new StoreUnavailable(`the activity was not durable within ${maxWaitMs} ms`)),
      );
    }
    queue = queue.filter(({ isSettled }) => !isSettled);
  };

  const appendSingly = async (records: readonly Waiting[]): Promise<void> => {
    for (const waiting of records) await appendTogether([waiting]);
  };

  const appendTogether = async (records: readonly Waiting[]): Promise<void> => {
    let spent: readonly (number | null)[];
    try {
      spent = await append(records.map((waiting) => waiting.entry));
    } catch (error) {
      if (records.length > 1 && !(error instanceof StoreUnavailable)) return await appendSingly(records);
      for (const waiting of records) settle(waiting, () => waiting.reject(error));
      return;
    }
    for (const [index, waiting] of records.entries()) {
      const place = spent[index];
      settle(waiting, () =>
        place === undefined
          ? waiting.reject(new RangeError('it was not said what became of a record'))
          : waiting.resolve(place),
      );
    }
  };

  const work = async (): Promise<void> => {
    // What was recorded in the same turn of the event loop goes together.
    await Promise.resolve();
    while (queue.length > 0) {
      const turn = pace?.next() ?? null;
      if (turn !== null) await turn;
      batch = queue.slice(0, maxBatch);
      queue = queue.slice(maxBatch);
      if (batch.length > 0) await appendTogether(batch);
      batch = [];
    }
    underWay = null;
  };

  const take = (entry: ActivityEntry): Promise<number | null> =>
    new Promise((resolve, reject) => {
      if (queue.length >= maxQueue)
        throw new ActivityLogFull('more activities wait to be written than the queue holds');
      queue.push({ entry, since: clock.monotonic(), resolve, reject, isSettled: false });
      pace?.arrived(entry.activity.outcome === 'refused');
      if (!isTimed) giveUpIn(maxWaitMs);
      underWay ??= work();
    });

  return {
    record: async (activity) => {
      await take({ activity, uses: [] });
    },
    recordOnce: (activity, uses) => take({ activity, uses }),
    drain: async () => {
      pace?.end();
      while (underWay !== null) {
        await underWay;
      }
    },
    waiting: () => {
      const waiting = unsettled();
      const [oldest] = waiting;
      return {
        count: waiting.length,
        oldestSeconds: oldest === undefined ? 0 : (clock.monotonic() - oldest.since) / 1000,
      };
    },
  };
};
