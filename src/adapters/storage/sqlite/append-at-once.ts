import { activityColumns } from '../stores/activity-row.ts';
import type { AppendAtOnce } from '../stores/append-activities.ts';
import type { Turns } from '../turns.ts';
import { type SqliteConnection, SqliteFailure } from './open-connection.ts';

const moveHead = `update activity_chains set number = ?, hash = ?
  where tenant = ? and writer = ? and number = ? and hash = ?`;
const insertLine = `insert into activities (${activityColumns.map((column) => `"${column}"`).join(', ')})
  values (${activityColumns.map(() => '?').join(', ')})`;

/** Primary result code of SQLite for a row that is there already. */
const constraint = 19;

/** {@link AppendAtOnce} in one message to the thread of the writer. */
export const createAppendAtOnce =
  (writer: SqliteConnection, turns: Turns): AppendAtOnce =>
  async ({ writer: name, rows, moves }) => {
    const leave = await turns.take();
    try {
      return await writer.together([
        {
          sql: moveHead,
          runs: moves.map(({ tenant, from, to }) => [
            to.number,
            to.hash,
            tenant,
            name,
            from.number,
            from.hash,
          ]),
        },
        { sql: insertLine, runs: rows.map((row) => activityColumns.map((column) => row[column])) },
      ]);
    } catch (error) {
      if (error instanceof SqliteFailure && ((error.resultCode ?? 0) & 0xff) === constraint) return false;
      throw error;
    } finally {
      leave();
    }
  };
