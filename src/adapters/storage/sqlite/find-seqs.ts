import { sql } from 'kysely';
import type { FindSeqs } from '../stores/activity-query.ts';

/** The query of {@link findSeqs}. */
export const queryFor = (tenant: string, column: 'id' | 'jti', value: string) => {
  const name = sql.ref(`activities.${column}`);
  return sql<{ readonly seq: number }>`
    with recursive block (number) as (
      select min(seq) >> 12 from activities
      union all
      select (select seq >> 12 from activities where (seq >> 12) > block.number order by seq >> 12 limit 1)
      from block where block.number is not null
    )
    select activities.seq from block cross join activities
    where (activities.seq >> 12) = block.number and substr(${name}, 1, 4) = substr(${value}, 1, 4)
      and +${name} = ${value} and +activities.tenant = ${tenant}`;
};

/**
 * {@link FindSeqs} by the indexes over blocks of 4096 lines: one look into each block of the trail, from the first to the
 * last that there is. A few lines of other ids begin with the same four characters. `+` keeps SQLite from an index that
 * looks better to it and is not: one of all lines of the tenant, for each block.
 */
export const findSeqs: FindSeqs = async (db, tenant, column, value) => {
  const { rows } = await queryFor(tenant, column, value).execute(db);
  return rows.map(({ seq }) => seq);
};
