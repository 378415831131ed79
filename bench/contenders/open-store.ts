import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { startPostgres } from '../../test/support/postgres-server.ts';
import { launcherOn } from '../cores.ts';
import type { Surroundings } from './surroundings.ts';

/** Where a Bureau under test keeps things. */
export interface Store {
  readonly url: string;
  /** Root processes of the database; none for the embedded one. */
  readonly pids: readonly number[];
  /** How many issued tokens it knows of; asked after the server has stopped. */
  countIssued(): Promise<number>;
  close(): Promise<void>;
}

const question = "select count(*) as n from activities where outcome = 'issued'";

/** The embedded store, in a folder of its own. */
export const openSqliteStore = async (folder: string): Promise<Store> => {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'bureau.db');
  return {
    url: `sqlite:${file}`,
    pids: [],
    countIssued: () => {
      const database = new DatabaseSync(file, { readOnly: true });
      try {
        return Promise.resolve(Number(database.prepare(question).get()?.['n'] ?? 0));
      } finally {
        database.close();
      }
    },
    close: () => Promise.resolve(),
  };
};

/** A PostgreSQL with durable commits, held to the core of the load: its work is counted for itself, and not the server's. */
export const openPostgresStore = async ({ cores }: Surroundings): Promise<Store> => {
  const server = await startPostgres({
    settings: { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', shared_buffers: '256MB' },
    launcher: launcherOn(cores?.load ?? null),
  });
  return {
    url: server.url,
    pids: [server.pid],
    countIssued: async () => {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      try {
        const { rows } = await client.query<{ n: string }>(question);
        return Number(rows[0]?.n ?? 0);
      } finally {
        await client.end();
      }
    },
    close: () => server.stop(),
  };
};
