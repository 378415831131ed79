import type { Kysely } from 'kysely';
import type { NotedUse } from './note-uses.ts';
import type { Database } from './schema.ts';

/** Inserts uses that are not there yet; the fingerprints of those, on either engine. `uses` has no fingerprint twice. */
export const insertUses = async (
  db: Kysely<Database>,
  uses: readonly NotedUse[],
): Promise<readonly string[]> => {
  const inserted = await db
    .insertInto('used_jtis')
    // In one order on every node: two transactions that wait for each other's rows would be a deadlock.
    .values(uses.toSorted((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1)))
    .onConflict((conflict) => conflict.doNothing())
    .returning('fingerprint')
    .execute();
  return inserted.map(({ fingerprint }) => fingerprint);
};
