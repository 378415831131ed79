import { sql } from 'kysely';
import type { FindSeqs } from '../stores/activity-query.ts';

/**
 * {@link FindSeqs} by the indexes over blocks of 4096 lines: one look into each block of the trail, from the first to the
 * last that there is. A few lines of other ids begin with the same four characters.
 */
export const findSeqs: FindSeqs = async (db, tenant, column, value) => {
  const name = sql.ref(`activities.${column}`);
  const { rows } = await sql<{ readonly seq: number }>`
    with recursive block (number) as (
      select min(seq) >> 12 from activities
      union all
      select (select seq >> 12 from activities where (seq >> 12) > block.number order by seq >> 12 limit 1)
      from block where block.number is not null
    )
    select activities.seq from block cross join activities
    where (activities.seq >> 12) = block.number and substr(${name}, 1, 4) = substr(${value}, 1, 4)
      and ${name} = ${value} and activities.tenant = ${tenant}`.execute(db);
  return rows.map(({ seq }) => seq);
};
