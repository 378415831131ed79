import { type Kysely, type Selectable, sql } from 'kysely';
import { fitsFilter } from '../../../core/activity/activity-filter.ts';
import type { Chain } from '../../../core/activity/chain.ts';
import type { StoredLine, TrailStore } from '../../../ports/trail-store.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { atomically } from '../unique.ts';
import { type FindPlaces, findRows, fitFilter } from './activity-query.ts';
import { isAsWritten, readActivity, type StoredActivity, toLink } from './activity-row.ts';

type ChainRow = Selectable<Database['activity_chains']>;

/** What is known of the trail beside each of its chains, or without any. */
type StateRow = (ChainRow | { readonly writer: null }) & {
  readonly last: number | null;
  readonly checkpoint: string | null;
  readonly old_lines: number | null;
  readonly last_old: number | null;
};

const toChain = (row: ChainRow): Chain => ({
  writer: row.writer,
  ordinal: row.ordinal,
  head: { number: row.number, hash: row.hash },
  dropped: { number: row.dropped_number, hash: row.dropped_hash },
});

const toLine = (row: StoredActivity): StoredLine => {
  const activity = readActivity(row);
  return {
    seq: row.seq,
    id: String(row.id),
    link: toLink(row),
    activity: activity !== null && isAsWritten(row, activity) ? activity : null,
  };
};

/** Carries the news out of a transaction that a chain is not what it was. */
class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

/** {@link TrailStore} on either engine. */
export const createTrailStore = (db: Kysely<Database>, findPlaces: FindPlaces | null): TrailStore => ({
  state: async (tenant) => {
    if (!mayBeStored(tenant))
      return { last: 0, chains: [], oldLines: { count: 0, last: 0 }, checkpoint: null };
    // One statement, so that heads, lines and checkpoint are of the same instant.
    const { rows } = await sql<StateRow>`
      select chain.*, (select max(seq) from activities where tenant = ${tenant}) as last,
        (select checkpoint from activity_checkpoints where tenant = ${tenant}) as checkpoint,
        old.lines as old_lines, old.last_seq as last_old
      from (select 1 as one) as now left join activity_chains as chain on chain.tenant = ${tenant}
        left join unlinked_activities as old on old.tenant = ${tenant}
      order by chain.ordinal`.execute(db);
    return {
      last: rows[0]?.last ?? 0,
      chains: rows.flatMap((row) => (row.writer === null ? [] : [toChain(row)])),
      oldLines: { count: rows[0]?.old_lines ?? 0, last: rows[0]?.last_old ?? 0 },
      checkpoint: rows[0]?.checkpoint ?? null,
    };
  },
  read: async (tenant, { after, last }, filter, limit) => {
    if (!mayBeStored(tenant)) return { lines: [], next: null };
    const fitted = fitFilter(filter);
    const range = { above: after, below: last + 1 };
    const { rows, next } = await findRows(db, tenant, fitted, range, 'asc', limit, findPlaces);
    const isAll = Object.keys(filter).length === 0;
    return {
      lines: rows
        .map(toLine)
        // What cannot be read may be what was asked for.
        .filter(({ activity }) => isAll || activity === null || fitsFilter(activity, fitted)),
      next,
    };
  },
  hasOlder: async (tenant, time) => {
    const row = await db
      .selectFrom('activities')
      .select('seq')
      .where('tenant', '=', tenant)
      .where('time', '<', time)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  },
  oldest: async (tenant, limit) => {
    const query = db.selectFrom('activities').selectAll().where('tenant', '=', tenant);
    return (await query.orderBy('seq').limit(limit).execute()).map(toLine);
  },
  firstBehind: async (tenant, after, time) => {
    const row = await db
      .selectFrom('activities')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('seq', '>', after)
      // Not by the index of times, which would have to be sorted.
      .where(sql<number>`time + 0`, '<=', time)
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? null : toLine(row);
  },
  drop: async (tenant, before, lines, checkpoint) => {
    try {
      await atomically(db, async (change) => {
        const requireOne = ({ length }: readonly unknown[]): void => {
          if (length !== 1) throw new Overtaken();
        };
        // First of all, because every shortening writes it: whoever comes second waits here, and sees what is there then.
        requireOne(
          before.checkpoint === null
            ? await change
                .insertInto('activity_checkpoints')
                .values({ tenant, checkpoint })
                .onConflict((conflict) => conflict.doNothing())
                .returning('tenant')
                .execute()
            : await change
                .updateTable('activity_checkpoints')
                .set({ checkpoint })
                .where('tenant', '=', tenant)
                .where('checkpoint', '=', before.checkpoint)
                .returning('tenant')
                .execute(),
        );
        for (const { writer, number, hash } of lines.ends)
          requireOne(
            await change
              .updateTable('activity_chains')
              .set({ dropped_number: number, dropped_hash: hash })
              .where('tenant', '=', tenant)
              .where('writer', '=', writer)
              .where(
                'dropped_number',
                '=',
                before.chains.find((chain) => chain.writer === writer)?.dropped.number ?? -1,
              )
              .returning('writer')
              .execute(),
          );
        if (lines.oldLines > 0)
          requireOne(
            await change
              .updateTable('unlinked_activities')
              .set({ lines: before.oldLines.count - lines.oldLines })
              .where('tenant', '=', tenant)
              .where('lines', '=', before.oldLines.count)
              .returning('tenant')
              .execute(),
          );
        const { numDeletedRows } = await change
          .deleteFrom('activities')
          .where('tenant', '=', tenant)
          .where('seq', '<=', lines.last)
          .executeTakeFirst();
        if (Number(numDeletedRows) !== lines.count) throw new Overtaken();
      });
      return true;
    } catch (error) {
      if (error instanceof Overtaken) return false;
      throw error;
    }
  },
  replaceCheckpoint: async (tenant, before, after) => {
    const { numUpdatedRows } = await db
      .updateTable('activity_checkpoints')
      .set({ checkpoint: after })
      .where('tenant', '=', tenant)
      .where('checkpoint', '=', before)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },
});
