import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../engine.ts';

/** How many lines each tenant has from before there were chains, and up to where: whatever else has no place was put there. */
export const unlinkedActivities = async (db: Kysely<never>, engine: EngineName): Promise<void> => {
  const text = engine === 'sqlite' ? sql`text` : sql`text collate "C"`;
  const integer = engine === 'sqlite' ? sql`integer` : sql`bigint`;
  await db.schema
    .createTable('unlinked_activities')
    .addColumn('tenant', text, (column) => column.primaryKey().notNull())
    .addColumn('lines', integer, (column) => column.notNull())
    .addColumn('last_seq', integer, (column) => column.notNull())
    .execute();
  await sql`insert into unlinked_activities (tenant, lines, last_seq)
    select tenant, count(*), max(seq) from activities where hash is null and seq > 0 group by tenant`.execute(
    db,
  );
};
