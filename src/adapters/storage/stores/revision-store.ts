import type { Kysely } from 'kysely';
import type { Touched } from '../../../core/trust/touched.ts';
import type { RevisionStore } from '../../../ports/stores.ts';
import type { Database } from '../schema.ts';

/** Nodes look every second; one that is further behind reads everything again. */
const keptTouches = 1000;

/** Longer than any change of an account; what is longer is not worth telling apart. */
const maxTouchedLength = 65_536;

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
  describe: async (tenant, touched) => {
    const text = JSON.stringify(touched);
    if (text.length > maxTouchedLength) return;
    const reached = db
      .selectFrom('revisions')
      .where('tenant', '=', tenant)
      .select((row) => ['tenant', 'revision', row.val(text).as('touched')]);
    await db
      .insertInto('revision_touches')
      .columns(['tenant', 'revision', 'touched'])
      .expression(reached)
      .execute();
    await db
      .deleteFrom('revision_touches')
      .where('tenant', '=', tenant)
      .where((touch) =>
        touch(
          'revision',
          '<=',
          touch
            .selectFrom('revisions')
            .where('tenant', '=', tenant)
            .select((row) => row('revision', '-', keptTouches).as('oldest')),
        ),
      )
      .execute();
  },
  touchedBetween: async (tenant, after, until) => {
    if (until - after > keptTouches) return null;
    const rows = await db
      .selectFrom('revision_touches')
      .select('touched')
      .where('tenant', '=', tenant)
      .where('revision', '>', after)
      .where('revision', '<=', until)
      .orderBy('revision')
      .execute();
    return rows.length === until - after ? rows.map((row) => JSON.parse(row.touched) as Touched) : null;
  },
});
