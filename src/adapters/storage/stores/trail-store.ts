import { type Kysely, type Selectable, sql } from 'kysely';
import { fitsFilter } from '../../../core/activity/activity-filter.ts';
import type { Activity } from '../../../core/activity/activity.ts';
import type { Chain } from '../../../core/activity/chain.ts';
import type { StoredLine, TrailStore } from '../../../ports/trail-store.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { atomically } from '../unique.ts';
import { findRows, fitFilter } from './activity-query.ts';
import { type StoredActivity, toActivity, toLink } from './activity-row.ts';

type ChainRow = Selectable<Database['activity_chains']>;

/** What is known of the trail beside each of its chains, or without any. */
type StateRow = (ChainRow | { readonly writer: null }) & {
  readonly last: number | null;
  readonly checkpoint: string | null;
};

const toChain = (row: ChainRow): Chain => ({
  writer: row.writer,
  ordinal: row.ordinal,
  head: { number: row.number, hash: row.hash },
  dropped: { number: row.dropped_number, hash: row.dropped_hash },
});

const readActivity = (row: StoredActivity): Activity | null => {
  try {
    return toActivity(row);
  } catch {
    // Somebody wrote into the database: that is for the check of the trail to say, and no reason to read no further.
    return null;
  }
};

const toLine = (row: StoredActivity): StoredLine => ({
  seq: row.seq,
  link: toLink(row),
  activity: readActivity(row),
});

/** Carries the news out of a transaction that a chain is not what it was. */
class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

/** {@link TrailStore} on either engine. */
export const createTrailStore = (db: Kysely<Database>): TrailStore => ({
  state: async (tenant) => {
    if (!mayBeStored(tenant)) return { last: 0, chains: [], checkpoint: null };
    // One statement, so that heads, lines and checkpoint are of the same instant.
    const { rows } = await sql<StateRow>`
      select chain.*, (select max(seq) from activities where tenant = ${tenant}) as last,
        (select checkpoint from activity_checkpoints where tenant = ${tenant}) as checkpoint
      from (select 1 as one) as now left join activity_chains as chain on chain.tenant = ${tenant}
      order by chain.ordinal`.execute(db);
    return {
      last: rows[0]?.last ?? 0,
      chains: rows.flatMap((row) => (row.writer === null ? [] : [toChain(row)])),
      checkpoint: rows[0]?.checkpoint ?? null,
    };
  },
  read: async (tenant, { after, last }, filter, limit) => {
    if (!mayBeStored(tenant)) return { lines: [], next: null };
    const fitted = fitFilter(filter);
    const range = { above: after, below: last + 1 };
    const { rows, next } = await findRows(db, tenant, fitted, range, 'asc', limit);
    const isAll = Object.keys(filter).length === 0;
    return {
      lines: rows
        .map(toLine)
        .filter(({ activity }) => isAll || (activity !== null && fitsFilter(activity, fitted))),
      next,
    };
  },
  droppable: async (tenant, time, limit) => {
    const rows = await db
      .selectFrom('activities')
      .select(['seq', 'time', 'writer', 'number', 'hash'])
      .where('tenant', '=', tenant)
      .orderBy('seq')
      .limit(limit)
      .execute();
    const firstKept = rows.findIndex((row) => row.time >= time);
    const old = firstKept === -1 ? rows : rows.slice(0, firstKept);
    const ends = new Map(
      old.flatMap(({ writer, number, hash }) =>
        writer === null || number === null || hash === null ? [] : [[writer, { writer, number, hash }]],
      ),
    );
    return { last: old.at(-1)?.seq ?? 0, count: old.length, ends: [...ends.values()] };
  },
  drop: async (tenant, before, lines, checkpoint) => {
    try {
      await atomically(db, async (change) => {
        for (const { writer, number, hash } of lines.ends) {
          const chain = before.find((one) => one.writer === writer);
          const { numUpdatedRows } = await change
            .updateTable('activity_chains')
            .set({ dropped_number: number, dropped_hash: hash })
            .where('tenant', '=', tenant)
            .where('writer', '=', writer)
            .where('dropped_number', '=', chain?.dropped.number ?? -1)
            .executeTakeFirst();
          if (numUpdatedRows !== 1n) throw new Overtaken();
        }
        const { numDeletedRows } = await change
          .deleteFrom('activities')
          .where('tenant', '=', tenant)
          .where('seq', '<=', lines.last)
          .executeTakeFirst();
        if (Number(numDeletedRows) !== lines.count) throw new Overtaken();
        if (checkpoint === null) return;
        await change
          .insertInto('activity_checkpoints')
          .values({ tenant, checkpoint })
          .onConflict((conflict) => conflict.column('tenant').doUpdateSet({ checkpoint }))
          .execute();
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
