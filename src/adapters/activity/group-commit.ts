import type { Activity } from '../../core/activity/activity.ts';
import type { ActivityLog } from '../../ports/activity-log.ts';
import type { ActivityStore } from '../../ports/activity-store.ts';
import { StoreUnavailable } from '../../ports/storage.ts';

/** Thrown for a record that found the queue full: the store is slower than what arrives. */
export class ActivityLogFull extends StoreUnavailable {}

/** An {@link ActivityLog} that can be emptied before the process ends. */
export interface GroupCommitLog extends ActivityLog {
  /** Resolves when every record taken so far is durable or has been rejected. */
  drain(): Promise<void>;
}

/** What a group-commit log works with. */
export interface GroupCommitOptions {
  readonly append: ActivityStore['append'];
  /** The most records of one append. */
  readonly maxBatch: number;
  /** The most records that wait while an append is under way. */
  readonly maxQueue: number;
}

interface Waiting {
  readonly activity: Activity;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** So many failures in a row are the store's and not the records': the rest need not be tried one by one. */
const failuresOfTheStore = 3;

/**
 * Writes activities in groups: one append is under way at a time, and what arrives meanwhile forms the next, so that a
 * flood shares an fsync. A record that cannot be kept is rejected alone; its neighbours are tried again without it.
 */
export const createGroupCommitLog = ({ append, maxBatch, maxQueue }: GroupCommitOptions): GroupCommitLog => {
  let queue: Waiting[] = [];
  let underWay: Promise<void> | null = null;

  const appendSingly = async (batch: readonly Waiting[]): Promise<void> => {
    let failuresInARow = 0;
    let lastError: unknown = null;
    for (const { activity, resolve, reject } of batch) {
      if (failuresInARow === failuresOfTheStore) {
        reject(lastError);
        continue;
      }
      try {
        await append([activity]);
        failuresInARow = 0;
        resolve();
      } catch (error) {
        failuresInARow += 1;
        lastError = error;
        reject(error);
      }
    }
  };

  const appendBatch = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      await append(batch.map((waiting) => waiting.activity));
    } catch (error) {
      const [only, ...others] = batch;
      if (others.length === 0) {
        only?.reject(error);
      } else {
        await appendSingly(batch);
      }
      return;
    }
    for (const { resolve } of batch) {
      resolve();
    }
  };

  const work = async (): Promise<void> => {
    // What was recorded in the same turn of the event loop goes together.
    await Promise.resolve();
    while (queue.length > 0) {
      const batch = queue.slice(0, maxBatch);
      queue = queue.slice(maxBatch);
      await appendBatch(batch);
    }
    underWay = null;
  };

  return {
    record: (activity) =>
      new Promise((resolve, reject) => {
        if (queue.length >= maxQueue) {
          reject(new ActivityLogFull('more activities wait to be written than the queue holds'));
          return;
        }
        queue.push({ activity, resolve, reject });
        underWay ??= work();
      }),
    drain: async () => {
      while (underWay !== null) {
        await underWay;
      }
    },
  };
};
