import { randomInt } from 'node:crypto';
import { Kysely, PostgresDialect, sql } from 'kysely';
import type { Engine } from '../engine.ts';
import { insertUses } from '../insert-uses.ts';
import { migrate } from '../migrations/migrate.ts';
import type { Database } from '../schema.ts';
import { startDriver } from '../start-driver.ts';
import { DatabaseNewer, StorageUnusable } from '../storage-errors.ts';
import { createTurns } from '../turns.ts';
import { appendStatements, createAppendAtOnce } from './append-at-once.ts';
import { openPool } from './open-pool.ts';

/** What may be chosen about the connections to a PostgreSQL server. */
export interface PostgresOptions {
  readonly poolSize?: number;
  readonly connectionTimeoutMilliseconds?: number;
  readonly statementTimeoutMilliseconds?: number;
  /** Whether to migrate; another process of this node did where not. */
  readonly prepares?: boolean;
}

const defaults: Required<PostgresOptions> = {
  poolSize: 10,
  connectionTimeoutMilliseconds: 2000,
  statementTimeoutMilliseconds: 10_000,
  prepares: true,
};

/** Waiting for a first connection may take longer than for a further one: the server may just be starting. */
const firstConnectionMilliseconds = 10_000;

/** Run for every batch of lines, and long. */
const namedStatements: ReadonlyMap<string, string> = new Map([
  [appendStatements.plain, 'bureau_append_lines'],
  [appendStatements.withUses, 'bureau_append_lines_once'],
]);

/** Names the advisory lock under which transactions follow each other on all nodes; any constant nobody else uses. */
const transactionLock = 4_271_960_133;

/**
 * A process draws one of so many chains for what it appends by itself, so that nodes seldom wait for each other; two that
 * drew the same one share it. Drawn, and not made anew, so that the chains of a tenant stay few over any number of starts.
 */
const drawnChains = 64;

/** Transactions follow each other on all nodes: they share one chain, and none of them waits for another's exchanges. */
const chainOfTransactions = 'changes';

const placeOf = (url: string): string => {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
};

const toUnusable = (url: string, error: unknown): unknown => {
  if (error instanceof StorageUnusable || error instanceof DatabaseNewer) {
    return error;
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : '';
  const reason = [message, code].filter((part) => part !== '').join(', ');
  return new StorageUnusable(`The database ${placeOf(url)} cannot be used (${reason}).`, { cause: error });
};

const prepare = async (url: string): Promise<void> => {
  // One connection of its own without time limits: the migration lock belongs to a session.
  const db = new Kysely<never>({
    dialect: new PostgresDialect({
      pool: openPool({
        url,
        size: 1,
        connectionTimeoutMilliseconds: firstConnectionMilliseconds,
        statementTimeoutMilliseconds: 0,
      }),
    }),
  });
  try {
    const { rows } = await sql<{ server_encoding: string }>`show server_encoding`.execute(db);
    if (rows[0]?.server_encoding !== 'UTF8') {
      throw new StorageUnusable(`The database ${placeOf(url)} must have the encoding UTF8.`);
    }
    await migrate(db, 'postgres');
  } finally {
    await db.destroy();
  }
};

/**
 * Connects to and migrates a PostgreSQL database.
 *
 * @throws StorageUnusable, DatabaseNewer: then nothing was changed
 */
export const openPostgres = async (url: string, options: PostgresOptions = {}): Promise<Engine> => {
  const chosen = { ...defaults, ...options };
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({
      pool: openPool({
        url,
        size: chosen.poolSize,
        connectionTimeoutMilliseconds: chosen.connectionTimeoutMilliseconds,
        statementTimeoutMilliseconds: chosen.statementTimeoutMilliseconds,
        names: namedStatements,
      }),
    }),
  });
  try {
    if (chosen.prepares) await prepare(url);
    await startDriver(db);
  } catch (error) {
    await db.destroy();
    throw toUnusable(url, error);
  }
  // Waiting here rather than for the lock keeps the pool free for the exchanges.
  const turns = createTurns(chosen.statementTimeoutMilliseconds);
  return {
    db,
    transact: async (work) => {
      const leave = await turns.take();
      try {
        return await db.transaction().execute(async (transaction) => {
          // One after the other as on SQLite: what a transaction read is still true when it writes.
          await sql`select pg_advisory_xact_lock(${sql.lit(transactionLock)})`.execute(transaction);
          return await work(transaction);
        });
      } finally {
        leave();
      }
    },
    chaining: {
      writers: { alone: `node-${randomInt(drawnChains) + 1}`, inTransaction: chainOfTransactions },
      locksRows: true,
      appendAtOnce: createAppendAtOnce(db),
    },
    findPlaces: null,
    noteUses: (uses) => insertUses(db, uses),
    close: () => db.destroy(),
  };
};
