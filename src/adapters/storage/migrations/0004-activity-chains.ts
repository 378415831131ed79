import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../engine.ts';

/** The chain through the activities of a tenant, what retention leaves in place of dropped ones, and indexes for filters. */
export const activityChains = async (db: Kysely<never>, engine: EngineName): Promise<void> => {
  const text = engine === 'sqlite' ? sql`text` : sql`text collate "C"`;
  const integer = engine === 'sqlite' ? sql`integer` : sql`bigint`;
  const create = (table: { readonly execute: () => Promise<void> }): Promise<void> => table.execute();

  for (const name of ['writer', 'previous', 'hash'])
    await db.schema.alterTable('activities').addColumn(name, text).execute();
  await db.schema.alterTable('activities').addColumn('number', integer).execute();

  await create(
    db.schema
      .createTable('activity_chains')
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('writer', text, (column) => column.notNull())
      .addColumn('ordinal', integer, (column) => column.notNull())
      .addColumn('number', integer, (column) => column.notNull())
      .addColumn('hash', text, (column) => column.notNull())
      .addColumn('dropped_number', integer, (column) => column.notNull())
      .addColumn('dropped_hash', text, (column) => column.notNull())
      .addPrimaryKeyConstraint('activity_chains_writer', ['tenant', 'writer'])
      .addUniqueConstraint('activity_chains_ordinal', ['tenant', 'ordinal']),
  );
  await create(
    db.schema
      .createTable('activity_checkpoints')
      .addColumn('tenant', text, (column) => column.primaryKey().notNull())
      .addColumn('checkpoint', text, (column) => column.notNull()),
  );

  // None of them takes a line of an issued token, of which there are by far the most.
  await sql`create index activities_outcome on activities (tenant, outcome, seq) where outcome <> 'issued'`.execute(
    db,
  );
  await sql`create index activities_reason on activities (tenant, reason, seq) where reason <> 'issued'`.execute(
    db,
  );
  await sql`create index activities_type on activities (tenant, type, seq) where type <> 'token'`.execute(db);
};
