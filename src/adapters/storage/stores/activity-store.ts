import type { Kysely, Selectable } from 'kysely';
import type { Activity } from '../../../core/activity/activity.ts';
import type { ActivityFilter, ActivityStore } from '../../../ports/activity-store.ts';
import { fitActivity, fitIndexed, fitText } from '../fit-activity.ts';
import { readCursor, toPage } from '../cursor.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { atomically } from '../unique.ts';

/** Rows of one statement: 11 columns each stay below the 32,766 parameters of SQLite and the 65,535 of PostgreSQL. */
const rowsPerStatement = 1000;

type Body = Pick<
  Activity,
  'door' | 'actor' | 'audience' | 'tokenHash' | 'sourceAddress' | 'checks' | 'details'
> & { readonly accountName: string | null };

const toActivity = (row: Selectable<Database['activities']>): Activity => {
  const { accountName, ...body } = JSON.parse(row.body) as Body;
  return {
    tenant: row.tenant,
    id: row.id,
    time: row.time,
    type: row.type,
    outcome: row.outcome,
    reason: row.reason,
    account: row.account_id === null ? null : { id: row.account_id, name: accountName ?? '' },
    issuer: row.issuer,
    subject: row.subject,
    jti: row.jti,
    ...body,
  };
};

const toRow = (given: Activity) => {
  const activity = fitActivity(given);
  const body: Body = {
    accountName: activity.account?.name ?? null,
    door: activity.door,
    actor: activity.actor,
    audience: activity.audience,
    tokenHash: activity.tokenHash,
    sourceAddress: activity.sourceAddress,
    checks: activity.checks,
    details: activity.details,
  };
  return {
    tenant: activity.tenant,
    id: activity.id,
    time: activity.time,
    type: activity.type,
    outcome: activity.outcome,
    reason: activity.reason,
    account_id: activity.account?.id ?? null,
    issuer: activity.issuer,
    subject: activity.subject,
    jti: activity.jti,
    body: JSON.stringify(body),
  };
};

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

const insertRows = async (db: Kysely<Database>, activities: readonly Activity[]): Promise<void> => {
  // An id that is there already is the same line, written by an attempt whose answer was lost: ids are random.
  await db
    .insertInto('activities')
    .values(activities.map(toRow))
    .onConflict((conflict) => conflict.columns(['tenant', 'id']).doNothing())
    .execute();
};

/** {@link ActivityStore} on either engine. Appending a line again changes nothing. */
export const createActivityStore = (db: Kysely<Database>): ActivityStore => ({
  append: async (activities) => {
    if (activities.length === 0) {
      return;
    }
    if (activities.length <= rowsPerStatement) {
      await insertRows(db, activities);
      return;
    }
    await atomically(db, async (change) => {
      for (let start = 0; start < activities.length; start += rowsPerStatement) {
        await insertRows(change, activities.slice(start, start + rowsPerStatement));
      }
    });
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
