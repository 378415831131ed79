import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../engine.ts';

/**
 * The accounts of lines on SQLite are indexed by blocks, as ids and jtis are since 0009: where many accounts ask, each line
 * is of another one, and changed a page of its own in an index in their order.
 */
export const accountsInPlace = async (db: Kysely<never>, engine: EngineName): Promise<void> => {
  if (engine !== 'sqlite') return;
  await db.schema.dropIndex('activities_account').execute();
  await sql`create index activities_accounts on activities ((seq >> 12), substr(account_id, 1, 8))
    where account_id is not null`.execute(db);
};
