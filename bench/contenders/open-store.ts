import { statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { startPostgres } from '../../test/support/postgres-server.ts';
import { launcherOn } from '../cores.ts';
import type { Surroundings } from './surroundings.ts';

/** What a store holds. */
export interface StoreContents {
  /** Issued tokens it knows of. */
  readonly issued: number;
  /** Its size with all indexes. */
  readonly bytes: number;
}

/** Where a Bureau under test keeps things. */
export interface Store {
  readonly url: string;
  /** Root processes of the database; none for the embedded one. */
  readonly pids: readonly number[];
  /** What it holds now. */
  measure(): Promise<StoreContents>;
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
    measure: () => {
      const database = new DatabaseSync(file, { readOnly: true });
      try {
        const issued = Number(database.prepare(question).get()?.['n'] ?? 0);
        return Promise.resolve({ issued, bytes: statSync(file).size });
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
    measure: async () => {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      try {
        const { rows } = await client.query<{ n: string; bytes: string }>(
          `select (${question}), pg_database_size(current_database()) as bytes`,
        );
        return { issued: Number(rows[0]?.n ?? 0), bytes: Number(rows[0]?.bytes ?? 0) };
      } finally {
        await client.end();
      }
    },
    close: () => server.stop(),
  };
};
