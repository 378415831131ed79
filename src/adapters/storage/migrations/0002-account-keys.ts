import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../engine.ts';

/**
 * Keys of accounts can be changed and named. A node of the version before goes on inserting keys without the new columns:
 * its `kid` is the thumbprint, which is what a missing one is read as.
 */
export const accountKeyChanges = async (db: Kysely<never>, engine: EngineName): Promise<void> => {
  const text = engine === 'sqlite' ? sql`text` : sql`text collate "C"`;
  const integer = engine === 'sqlite' ? sql`integer` : sql`bigint`;
  await db.schema
    .alterTable('account_keys')
    .addColumn('version', integer, (column) => column.notNull().defaultTo(1))
    .execute();
  await db.schema.alterTable('account_keys').addColumn('thumbprint', text).execute();
  await sql`update account_keys set thumbprint = kid`.execute(db);
  await db.schema
    .createIndex('account_keys_thumbprint')
    .on('account_keys')
    .columns(['tenant', 'account_id', 'thumbprint'])
    .unique()
    .execute();
};
