import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

/** A database as its owner sees it, past everything of ours; statements work on both engines. */
export interface RawDatabase {
  run(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens the database of a storage URL. */
export const openRawDatabase = async (url: string): Promise<RawDatabase> => {
  if (url.startsWith('sqlite:')) {
    const database = new DatabaseSync(url.slice('sqlite:'.length), { timeout: 5000 });
    return { run: async (sql) => database.exec(sql), close: async () => database.close() };
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return { run: async (sql) => void (await client.query(sql)), close: () => client.end() };
};
