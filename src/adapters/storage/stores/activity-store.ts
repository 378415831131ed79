import type { Kysely } from 'kysely';
import { fitsFilter } from '../../../core/activity/activity-filter.ts';
import type { ActivityStore } from '../../../ports/activity-store.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { type FindSeqs, findRows, fitFilter } from './activity-query.ts';
import { damagedActivity, readActivity, showActivity } from './activity-row.ts';
import { appendActivities, type Chaining } from './append-activities.ts';

/** {@link ActivityStore} on either engine. Appending a line again changes nothing. */
export const createActivityStore = (
  db: Kysely<Database>,
  chaining: Chaining,
  findSeqs: FindSeqs | null,
): ActivityStore => ({
  append: async (activities) => {
    if (activities.length === 0) return;
    await appendActivities(
      db,
      chaining,
      activities.map((activity) => ({ activity, uses: [] })),
    );
  },
  appendOnce: async (entries) => (entries.length === 0 ? [] : await appendActivities(db, chaining, entries)),
  find: async (tenant, id) => {
    if (!mayBeStored(tenant, id)) {
      return null;
    }
    const seqs = await findSeqs?.(db, tenant, 'id', id);
    if (seqs?.length === 0) return null;
    const row = await db
      .selectFrom('activities')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .$if(seqs !== undefined, (query) => query.where('seq', 'in', seqs ?? []))
      .executeTakeFirst();
    return row === undefined ? null : showActivity(row);
  },
  list: async (tenant, filter, { limit, cursor }) => {
    const below = readCursor('activities', cursor, Number.MAX_SAFE_INTEGER);
    if (!mayBeStored(tenant)) {
      return { items: [], nextCursor: null };
    }
    const fitted = fitFilter(filter);
    const { rows, next } = await findRows(
      db,
      tenant,
      fitted,
      { above: Number.MIN_SAFE_INTEGER, below },
      'desc',
      limit,
      findSeqs,
    );
    return {
      items: rows.flatMap((row) => {
        const activity = readActivity(row);
        // What cannot be read may be what was asked for.
        if (activity === null) return [damagedActivity(row)];
        return fitsFilter(activity, fitted) ? [activity] : [];
      }),
      nextCursor: next === null ? null : writeCursor('activities', next),
    };
  },
});
