import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { EngineName } from '../engine.ts';
import { firstTables } from './0001-first-tables.ts';
import { accountKeyChanges } from './0002-account-keys.ts';
import { svidsAndRotation } from './0003-svids-and-rotation.ts';
import { activityChains } from './0004-activity-chains.ts';
import { warningsAndInbox } from './0005-warnings-and-inbox.ts';
import { blocks } from './0006-blocks.ts';
import { spiffeSequences } from './0007-spiffe-sequences.ts';
import { unlinkedActivities } from './0008-unlinked-activities.ts';
import { appendInPlace } from './0009-append-in-place.ts';
import { federationPlaces } from './0010-federation-places.ts';
import { coveredGroups } from './0011-covered-groups.ts';
import { accountsInPlace } from './0012-accounts-in-place.ts';
import { findMissing, type MigrationName } from './migration-names.ts';

/** What every schema change does; a released one is never edited, only followed by another. */
export const migrations: Readonly<
  Record<MigrationName, (db: Kysely<never>, engine: EngineName) => Promise<void>>
> = {
  '0001-first-tables': firstTables,
  '0002-account-keys': accountKeyChanges,
  '0003-svids-and-rotation': svidsAndRotation,
  '0004-activity-chains': activityChains,
  '0005-warnings-and-inbox': warningsAndInbox,
  '0006-blocks': blocks,
  '0007-spiffe-sequences': spiffeSequences,
  '0008-unlinked-activities': unlinkedActivities,
  '0009-append-in-place': appendInPlace,
  '0010-federation-places': federationPlaces,
  '0011-covered-groups': coveredGroups,
  '0012-accounts-in-place': accountsInPlace,
};

const executedMigrations = async (db: Kysely<never>): Promise<readonly string[]> => {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) {
    return [];
  }
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map((row) => row.name);
};

/**
 * Brings the schema up to date in one transaction; safe when several nodes start on one database at once.
 *
 * @throws DatabaseNewer and then nothing was changed
 */
export const migrate = async (db: Kysely<never>, engine: EngineName): Promise<void> => {
  const list = Object.entries(migrations).map(([name, up]): [string, Migration] => [
    name,
    { up: (transaction: Kysely<never>) => up(transaction, engine) },
  ]);
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(Object.fromEntries(list)) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) {
    // kysely refuses, before it runs any, when the database has a migration that the list has not.
    findMissing(await executedMigrations(db));
    throw error instanceof Error ? error : new Error('the schema could not be brought up to date');
  }
};
