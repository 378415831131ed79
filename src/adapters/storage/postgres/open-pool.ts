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
}

/** Answers later than the server's own limit come over a connection that no longer works (B16). */
const graceMilliseconds = 2000;
const int8 = 20;

const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
    oid === int8 ? Number : pg.types.getTypeParser(oid, format),
} as typeof pg.types;

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
  const clientOf = (client: pg.PoolClient): PostgresPoolClient => {
    let broken = false;
    const query = async (text: string, parameters: readonly unknown[]) => {
      try {
        return await client.query(text, [...parameters]);
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
