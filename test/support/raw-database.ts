import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

/** A database as its owner sees it, past everything of ours. */
export interface RawDatabase {
  /** Runs statements that both engines know. */
  run(sql: string): Promise<void>;
  close(): Promise<void>;
}

const patienceMs = 20_000;

/**
 * Runs statements of SQLite once whoever writes is done. A server in this very process goes on meanwhile: to wait inside of
 * SQLite would hold up the event loop, and with it the end of the transaction that is waited for.
 */
const runOnceFree = async (database: DatabaseSync, sql: string): Promise<void> => {
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      database.exec(sql);
      return;
    } catch (fault) {
      if (!/database is locked/.test(String(fault)) || performance.now() >= end) throw fault;
    }
    await sleep(5);
  }
};

/** Opens the database of a storage URL. Statements are one transaction where they begin with `begin immediate`. */
export const openRawDatabase = async (url: string): Promise<RawDatabase> => {
  if (url.startsWith('sqlite:')) {
    const database = new DatabaseSync(url.slice('sqlite:'.length), { timeout: 0 });
    return { run: (sql) => runOnceFree(database, sql), close: async () => database.close() };
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return { run: async (sql) => void (await client.query(sql)), close: () => client.end() };
};
