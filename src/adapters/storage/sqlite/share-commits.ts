import type { Turns } from '../turns.ts';
import type { CommitAnswer, CommitUnit } from './commit-protocol.ts';
import { type SqliteConnection, SqliteFailure } from './open-connection.ts';

/** Writes a unit as part of the next commit. */
export type Commit = (unit: CommitUnit) => Promise<CommitAnswer>;

interface Waiting extends PromiseWithResolvers<CommitAnswer> {
  readonly unit: CommitUnit;
}

const endOfTurn = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/**
 * One commit is under way at a time; the units that arrive meanwhile share the next one and its fsync. A unit that fails
 * fails alone, unless it was the commit that failed. A commit is the next whatever transactions wait, one of which has its
 * turn between two commits: tokens do not wait behind two hundred administrators (A63).
 */
export const createSharedCommits = (writer: Pick<SqliteConnection, 'commit'>, turns: Turns): Commit => {
  let waiting: Waiting[] = [];
  let isBusy = false;

  const commitWaiting = async (): Promise<void> => {
    // Until it is taken, it also takes those that come while others have their turn.
    const together = waiting;
    try {
      const leave = await turns.takeNext();
      try {
        waiting = [];
        const outcomes = await writer.commit(together.map(({ unit }) => unit));
        for (const [index, outcome] of outcomes.entries())
          if (outcome.ok) together[index]?.resolve(outcome.answer);
          else together[index]?.reject(new SqliteFailure(outcome.message, outcome.resultCode));
      } finally {
        leave();
      }
    } catch (error) {
      if (waiting === together) waiting = [];
      for (const { reject } of together) reject(error);
    }
  };
  const work = async (): Promise<void> => {
    isBusy = true;
    // What was asked in the same turn of the event loop goes together, however many promises are between its cause and here.
    await endOfTurn();
    while (waiting.length > 0) await commitWaiting();
    isBusy = false;
  };

  return (unit) => {
    const entry = { unit, ...Promise.withResolvers<CommitAnswer>() };
    waiting.push(entry);
    if (!isBusy) void work();
    return entry.promise;
  };
};
