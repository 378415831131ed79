import type { Kysely } from 'kysely';
import type { RevisionStore } from '../../../ports/stores.ts';
import type { Database } from '../schema.ts';

/** {@link RevisionStore} on either engine. */
export const createRevisionStore = (db: Kysely<Database>): RevisionStore => ({
  all: async () => {
    const rows = await db.selectFrom('revisions').select(['tenant', 'revision']).execute();
    return new Map(rows.map((row) => [row.tenant, row.revision]));
  },
  bump: async (tenant) => {
    await db
      .insertInto('revisions')
      .values({ tenant, revision: 1 })
      .onConflict((conflict) =>
        conflict.column('tenant').doUpdateSet((row) => ({ revision: row('revisions.revision', '+', 1) })),
      )
      .execute();
  },
});
