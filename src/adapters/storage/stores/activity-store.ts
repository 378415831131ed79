import type { Kysely } from 'kysely';
import { fitsFilter } from '../../../core/activity/activity-filter.ts';
import type { ActivityStore } from '../../../ports/activity-store.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { type FindPlaces, findRows, fitFilter, type SeqRange } from './activity-query.ts';
import { damagedActivity, readActivity, type StoredActivity, showActivity } from './activity-row.ts';
import { appendActivities, type Chaining } from './append-activities.ts';

const everything: SeqRange = { above: Number.MIN_SAFE_INTEGER, below: Number.MAX_SAFE_INTEGER };

const findById = async (
  db: Kysely<Database>,
  tenant: string,
  id: string,
  findPlaces: FindPlaces | null,
): Promise<StoredActivity | null> => {
  let range = everything;
  for (;;) {
    const { rows, next } = await findRows(db, tenant, { receipt: id }, range, 'desc', 1, findPlaces);
    const [row] = rows;
    if (row !== undefined || next === null) return row ?? null;
    range = { ...range, below: next };
  }
};

/** {@link ActivityStore} on either engine. Appending a line again changes nothing. */
export const createActivityStore = (
  db: Kysely<Database>,
  chaining: Chaining,
  findPlaces: FindPlaces | null,
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
    const row = await findById(db, tenant, id, findPlaces);
    return row === null ? null : showActivity(row);
  },
  list: async (tenant, filter, { limit, cursor }) => {
    const below = readCursor('activities', cursor, everything.below);
    if (!mayBeStored(tenant)) {
      return { items: [], nextCursor: null };
    }
    const fitted = fitFilter(filter);
    const { rows, next } = await findRows(
      db,
      tenant,
      fitted,
      { ...everything, below },
      'desc',
      limit,
      findPlaces,
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
