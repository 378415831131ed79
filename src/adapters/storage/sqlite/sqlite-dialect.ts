import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SelectQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Turns } from '../turns.ts';
import type { SqliteConnection } from './open-connection.ts';

class ThreadedSqliteAdapter extends SqliteAdapter {
  /** Reads go on beside the one writer. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
  /** A migration that is killed half-way leaves nothing behind (B08). */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** The writer, held for a transaction. */
interface HeldWriter {
  readonly leave: () => void;
  /** Statements that go along with the next one. */
  ahead: readonly string[];
}

/** A connection as kysely borrows it. */
interface BorrowedConnection extends DatabaseConnection {
  writer: HeldWriter | null;
}

/**
 * What answers nothing waits for the statement after it: each message to the thread is a turn of the event loop, and tokens
 * wait for the end of the transaction.
 */
const goesAlong = /^(?:savepoint|release) /;

/** IMMEDIATE: a transaction that reads first must not find at its first write that another writer was quicker. */
const begin = 'begin immediate';
const noResult = { rows: [], numAffectedRows: 0n };

const createDriver = (reader: SqliteConnection, writer: SqliteConnection, turns: Turns): Driver => {
  const borrowed = new WeakMap<DatabaseConnection, BorrowedConnection>();

  const run = async <R>(
    connection: SqliteConnection,
    query: CompiledQuery,
    ahead: readonly string[] = [],
  ): Promise<QueryResult<R>> => {
    const { rows, changes } = await connection.run(query.sql, query.parameters, ahead);
    return { rows: rows as R[], numAffectedRows: BigInt(changes) };
  };
  /** What has waited to go along, which waits no longer. */
  const takeAhead = (mine: HeldWriter): readonly string[] => {
    const { ahead } = mine;
    mine.ahead = [];
    return ahead;
  };
  const borrow = (): BorrowedConnection => {
    const connection: BorrowedConnection = {
      writer: null,
      executeQuery: async (query) => {
        const mine = connection.writer;
        // Nothing goes along with what begins: where that fails there is no savepoint to go back to.
        if (mine !== null && goesAlong.test(query.sql) && !mine.ahead.includes(begin)) {
          mine.ahead = [...mine.ahead, query.sql];
          return noResult;
        }
        if (mine !== null) {
          return await run(writer, query, takeAhead(mine));
        }
        if (SelectQueryNode.is(query.query)) {
          return await run(reader, query);
        }
        const leave = await turns.take();
        try {
          return await run(writer, query);
        } finally {
          leave();
        }
      },
      streamQuery: () => {
        throw new Error('streaming is not offered; read in pages');
      },
    };
    borrowed.set(connection, connection);
    return connection;
  };
  const held = (connection: DatabaseConnection): BorrowedConnection => {
    const found = borrowed.get(connection);
    if (found === undefined) {
      throw new Error('a connection of another driver');
    }
    return found;
  };
  const letGo = (connection: BorrowedConnection): void => {
    connection.writer?.leave();
    connection.writer = null;
  };

  return {
    init: () => Promise.resolve(),
    acquireConnection: () => Promise.resolve(borrow()),
    beginTransaction: async (connection) => {
      const leave = await turns.take();
      held(connection).writer = { leave, ahead: [begin] };
    },
    commitTransaction: async (connection) => {
      const mine = held(connection);
      await writer.run('commit', [], mine.writer === null ? [] : takeAhead(mine.writer));
      letGo(mine);
    },
    rollbackTransaction: async (connection) => {
      try {
        await writer.rollback();
      } finally {
        letGo(held(connection));
      }
    },
    releaseConnection: async (connection) => {
      const mine = held(connection);
      if (mine.writer !== null) {
        await writer.rollback().finally(() => {
          letGo(mine);
        });
      }
    },
    savepoint: async (connection, name) => {
      await connection.executeQuery(CompiledQuery.raw(`savepoint "${name}"`));
    },
    rollbackToSavepoint: async (connection, name) => {
      await connection.executeQuery(CompiledQuery.raw(`rollback to "${name}"`));
    },
    releaseSavepoint: async (connection, name) => {
      await connection.executeQuery(CompiledQuery.raw(`release "${name}"`));
    },
    destroy: async () => {
      // The writer last: it then checkpoints and removes the log.
      await reader.close();
      await writer.close();
    },
  };
};

/**
 * kysely over node:sqlite with one reading and one writing thread; what a commit acknowledged, the reader sees.
 *
 * @param turns for whoever writes; shared with what writes past kysely
 */
export const createSqliteDialect = (
  reader: SqliteConnection,
  writer: SqliteConnection,
  turns: Turns,
): Dialect => ({
  createAdapter: () => new ThreadedSqliteAdapter(),
  createDriver: () => createDriver(reader, writer, turns),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
});
