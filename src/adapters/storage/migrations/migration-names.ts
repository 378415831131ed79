import { DatabaseNewer } from '../storage-errors.ts';

/** Every schema change, oldest first by name. Apart from what they do, so that a start that has none to make loads none. */
export const migrationNames = [
  '0001-first-tables',
  '0002-account-keys',
  '0003-svids-and-rotation',
  '0004-activity-chains',
  '0005-warnings-and-inbox',
  '0006-blocks',
  '0007-spiffe-sequences',
  '0008-unlinked-activities',
  '0009-append-in-place',
  '0010-federation-places',
  '0011-covered-groups',
  '0012-accounts-in-place',
] as const;

/** The name of a schema change. */
export type MigrationName = (typeof migrationNames)[number];

/**
 * The changes that a database still has to go through which went through those in `executed`.
 *
 * @throws DatabaseNewer when this program does not know one of them
 */
export const findMissing = (executed: readonly string[]): readonly MigrationName[] => {
  const known: ReadonlySet<string> = new Set(migrationNames);
  const unknown = executed.filter((name) => !known.has(name));
  if (unknown.length > 0) throw new DatabaseNewer(unknown);
  return migrationNames.filter((name) => !executed.includes(name));
};
