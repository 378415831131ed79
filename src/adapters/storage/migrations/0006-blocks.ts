import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../engine.ts';

/** Kill switches that were thrown: beside the status of what they stop, so that removing one restores what was before. */
export const blocks = async (db: Kysely<never>, engine: EngineName): Promise<void> => {
  const text = engine === 'sqlite' ? sql`text` : sql`text collate "C"`;
  const integer = engine === 'sqlite' ? sql`integer` : sql`bigint`;
  await db.schema
    .createTable('blocks')
    .addColumn('seq', integer, (column) =>
      engine === 'sqlite'
        ? column.primaryKey().autoIncrement()
        : column.primaryKey().generatedAlwaysAsIdentity(),
    )
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('fingerprint', text, (column) => column.notNull())
    .addColumn('target', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('reason', text, (column) => column.notNull())
    .addColumn('search', text, (column) => column.notNull())
    .addColumn('created_by', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('version', integer, (column) => column.notNull())
    .addUniqueConstraint('blocks_id', ['tenant', 'id'])
    .addUniqueConstraint('blocks_target', ['tenant', 'fingerprint'])
    .execute();
};
