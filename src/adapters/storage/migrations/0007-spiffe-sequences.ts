import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../engine.ts';

/** The sequence of the SPIFFE bundle of each tenant; those that are there already begin with the time of this change. */
export const spiffeSequences = async (db: Kysely<never>, engine: EngineName): Promise<void> => {
  const text = engine === 'sqlite' ? sql`text` : sql`text collate "C"`;
  const integer = engine === 'sqlite' ? sql`integer` : sql`bigint`;
  await db.schema
    .createTable('spiffe_sequences')
    .addColumn('tenant', text, (column) => column.primaryKey().notNull())
    .addColumn('sequence', integer, (column) => column.notNull())
    .execute();
  const now =
    engine === 'sqlite'
      ? sql`cast(unixepoch('subsec') * 1000 as integer)`
      : sql`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`;
  await sql`insert into spiffe_sequences (tenant, sequence) select name, ${now} from tenants`.execute(db);
};
