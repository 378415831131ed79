import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** Borrows a connection once. A kysely that was never used ends nothing when it is destroyed, and goes on to work. */
export const startDriver = (db: Kysely<Database>): Promise<void> =>
  db.connection().execute(() => Promise.resolve());
