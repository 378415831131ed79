import type { Kysely } from 'kysely';
import type { ActivityFilter, ActivityStore } from '../../../ports/activity-store.ts';
import { fitIndexed, fitText } from '../fit-activity.ts';
import { readCursor, toPage } from '../cursor.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { toActivity } from './activity-row.ts';
import { appendActivities, type Chaining } from './append-activities.ts';

/** The equality filters, fitted as what was stored was fitted, so that a long value finds its line. */
const equalities = (filter: ActivityFilter) =>
  (
    [
      ['type', filter.type, fitIndexed],
      ['outcome', filter.outcome, fitIndexed],
      ['reason', filter.reason, fitIndexed],
      ['account_id', filter.account, fitIndexed],
      ['issuer', filter.issuer, fitText],
      ['subject', filter.subject, fitText],
      ['jti', filter.jti, fitIndexed],
    ] as const
  ).flatMap(([column, value, fit]) => (value === undefined ? [] : [{ column, value: fit(value) }]));

/** {@link ActivityStore} on either engine. Appending a line again changes nothing. */
export const createActivityStore = (db: Kysely<Database>, chaining: Chaining): ActivityStore => ({
  append: async (activities) => {
    if (activities.length > 0) await appendActivities(db, chaining, activities);
  },
  find: async (tenant, id) => {
    if (!mayBeStored(tenant, id)) {
      return null;
    }
    const row = await db
      .selectFrom('activities')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : toActivity(row);
  },
  list: async (tenant, filter, { limit, cursor }) => {
    const before = readCursor('activities', cursor, Number.MAX_SAFE_INTEGER);
    if (!mayBeStored(tenant)) {
      return { items: [], nextCursor: null };
    }
    const { from, to } = filter;
    const narrowed = equalities(filter).reduce(
      (query, { column, value }) => query.where(column, '=', value),
      db.selectFrom('activities').selectAll().where('tenant', '=', tenant).where('seq', '<', before),
    );
    const rows = await narrowed
      .$if(from !== undefined, (query) => query.where('time', '>=', Math.ceil(from ?? 0)))
      .$if(to !== undefined, (query) => query.where('time', '<', Math.ceil(to ?? 0)))
      .orderBy('seq', 'desc')
      .limit(limit + 1)
      .execute();
    return toPage('activities', rows, limit, toActivity);
  },
  dropBefore: async (tenant, time, limit) => {
    const { numDeletedRows } = await db
      .deleteFrom('activities')
      .where('seq', 'in', (query) =>
        query
          .selectFrom('activities')
          .select('seq')
          .where('tenant', '=', tenant)
          .where('time', '<', time)
          .orderBy('time')
          .limit(limit),
      )
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  },
});
