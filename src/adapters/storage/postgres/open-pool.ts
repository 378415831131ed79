import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';

/** How a pool of PostgreSQL connections behaves. */
export interface PoolOptions {
  readonly url: string;
  readonly size: number;
  /** How long a caller waits for a connection, new or given back, before it gets an error (B18). */
  readonly connectionTimeoutMilliseconds: number;
  /** How long a statement may run; 0 for no limit. */
  readonly statementTimeoutMilliseconds: number;
  /** Names for statements that are planned once for each connection: to plan them costs more than to run them. */
  readonly names?: ReadonlyMap<string, string>;
}

/** Answers later than the server's own limit come over a connection that no longer works (B16). */
const graceMilliseconds = 2000;
const int8 = 20;

const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
    oid === int8 ? Number : pg.types.getTypeParser(oid, format),
} as typeof pg.types;

/** A name that the connection behind a pooler does not know, or knows already: nothing was run then. */
const isUnknownName = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code === '26000' || error.code === '42P05');

const ignore = (): void => undefined;

/**
 * A pool whose connections may be cut at any moment, idle or in use, without ending the process (B14): the statement
 * that needed the connection fails, the next one gets another. Times and sequence numbers arrive as numbers.
 */
export const openPool = (options: PoolOptions): PostgresPool => {
  const limit = options.statementTimeoutMilliseconds;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.size,
    connectionTimeoutMillis: options.connectionTimeoutMilliseconds,
    keepAlive: true,
    application_name: 'bureau',
    types,
    ...(limit === 0
      ? {}
      : {
          statement_timeout: limit,
          idle_in_transaction_session_timeout: limit,
          query_timeout: limit + graceMilliseconds,
        }),
  });
  pool.on('error', ignore);
  // The pool listens only while a connection is idle; one that is cut between two statements of a transaction would
  // raise an unheard error, and that ends a process.
  pool.on('connect', (client) => {
    client.on('error', ignore);
  });

  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  let mayName = true;
  const run = async (client: pg.PoolClient, text: string, values: unknown[]) => {
    const name = mayName ? options.names?.get(text) : undefined;
    if (name === undefined) return await client.query(text, values);
    try {
      return await client.query({ name, text, values });
    } catch (error) {
      if (!isUnknownName(error)) throw error;
      mayName = false;
      return await client.query(text, values);
    }
  };
  const clientOf = (client: pg.PoolClient): PostgresPoolClient => {
    let broken = false;
    const query = async (text: string, parameters: readonly unknown[]) => {
      try {
        return await run(client, text, [...parameters]);
      } catch (error) {
        // An error of the server carries a code; without one the connection is in an unknown state.
        broken ||= !(error instanceof pg.DatabaseError);
        throw error;
      }
    };
    return {
      // kysely's type also knows cursors, which nobody asks for here.
      query: query as unknown as PostgresPoolClient['query'],
      release: (discard?: boolean) => {
        client.release(broken || discard === true);
      },
    };
  };

  return {
    connect: async () => {
      const client = await pool.connect();
      const known = clients.get(client) ?? clientOf(client);
      clients.set(client, known);
      return known;
    },
    end: () => pool.end(),
    options: pool.options,
  };
};
