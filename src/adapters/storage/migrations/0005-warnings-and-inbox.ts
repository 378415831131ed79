import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../engine.ts';

/** What lint found in accounts, and the inbox of refused attempts that matched none. */
export const warningsAndInbox = async (db: Kysely<never>, engine: EngineName): Promise<void> => {
  const text = engine === 'sqlite' ? sql`text` : sql`text collate "C"`;
  const integer = engine === 'sqlite' ? sql`integer` : sql`bigint`;
  await db.schema.alterTable('service_accounts').addColumn('warnings', text).execute();
  await db.schema
    .createTable('inbox_entries')
    .addColumn('seq', integer, (column) =>
      engine === 'sqlite'
        ? column.primaryKey().autoIncrement()
        : column.primaryKey().generatedAlwaysAsIdentity(),
    )
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('fingerprint', text, (column) => column.notNull())
    .addColumn('issuer', text, (column) => column.notNull())
    .addColumn('subject', text, (column) => column.notNull())
    .addColumn('audience', text, (column) => column.notNull())
    .addColumn('verified', integer, (column) => column.notNull())
    .addColumn('count', integer, (column) => column.notNull())
    .addColumn('first_seen_at', integer, (column) => column.notNull())
    .addColumn('last_seen_at', integer, (column) => column.notNull())
    .addColumn('reason', text, (column) => column.notNull())
    .addColumn('door', text)
    .addColumn('receipt', text, (column) => column.notNull())
    .addColumn('claims', text)
    .addUniqueConstraint('inbox_entries_id', ['tenant', 'id'])
    .addUniqueConstraint('inbox_entries_fingerprint', ['tenant', 'fingerprint'])
    .execute();
  await db.schema
    .createIndex('inbox_entries_last_seen')
    .on('inbox_entries')
    .columns(['tenant', 'verified', 'last_seen_at'])
    .execute();
};
