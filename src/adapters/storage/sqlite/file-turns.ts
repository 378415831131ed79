import type { DatabaseSync } from 'node:sqlite';

/** How long a writer that found the file taken waits before it looks again: about as long as a commit takes; each look costs. */
const retryMs = 1;

/** How long a writer leaves the file free after it wrote: longer than the others wait between two looks. */
const pauseMs = 1.3;

/** Primary result code of SQLite for a file that another one is writing to. */
const busy = 5;

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === busy;

/**
 * Lets the writers of several processes at one file in turn. SQLite's lock is taken by whoever looks when it is free, and
 * its own waiting looks ever less often, up to ten times a second: one of two busy writers would starve. So who waits looks
 * often, and who wrote pauses before it writes again.
 *
 * What SQLite refused because the file is taken has done nothing, so it is done again; inside a transaction that began with
 * the right to write, nothing is refused for that reason.
 *
 * This blocks its thread, which has nothing else to do.
 *
 * @param maxWaitMs after it the refusal stands
 */
export const createFileTurns = (
  database: Pick<DatabaseSync, 'isOpen' | 'isTransaction'>,
  maxWaitMs: number,
): (<T>(work: () => T) => T) => {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const sleep = (ms: number): void => void Atomics.wait(sleeper, 0, 0, ms);
  const now = (): number => Number(process.hrtime.bigint()) / 1e6;
  const isWriting = (): boolean => database.isOpen && database.isTransaction;
  let wroteAt = Number.NEGATIVE_INFINITY;

  const pause = (): void => {
    const leftMs = wroteAt + pauseMs - now();
    if (leftMs > 0) sleep(leftMs);
  };

  return (work) => {
    if (isWriting()) {
      const result = work();
      if (!isWriting()) wroteAt = now();
      return result;
    }
    pause();
    const startedAt = now();
    for (;;) {
      try {
        const result = work();
        if (!isWriting()) wroteAt = now();
        return result;
      } catch (error) {
        if (!isBusy(error) || isWriting() || now() - startedAt >= maxWaitMs) throw error;
        sleep(retryMs);
      }
    }
  };
};
