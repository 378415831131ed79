import { sql } from 'kysely';
import type { FindPlaces, Order, RandomColumn, SeqRange } from '../stores/activity-query.ts';

/** Lines of a block: as many as the indexes of 0009 and 0012 divide the trail by. */
const blockLines = 4096;

/** With so many characters of each value the indexes do. */
const indexed: Readonly<Record<RandomColumn, number>> = { id: 4, jti: 4, account_id: 8 };

/** Blocks in one statement: few first, for what comes often is in the newest; a look into one takes 2 to 4 µs. */
const blocks = { first: 1, growth: 8, most: 4096 } as const;

const blockOf = (seq: number): number => Math.floor(seq / blockLines);

/** The first block of a range in an order that has any line. */
export const nextBlockQuery = ({ above, below }: SeqRange, order: Order) => {
  const [low, high] = [blockOf(above + 1), blockOf(below - 1)];
  return sql<{ readonly number: number }>`select seq >> 12 as number from activities
    where (seq >> 12) >= ${low} and (seq >> 12) <= ${high} order by seq >> 12 ${sql.raw(order)} limit 1`;
};

/**
 * Lines of some neighbouring blocks that begin with what `value` begins with. `cross join` keeps SQLite from beginning with
 * the lines; that a value is there is said for the indexes that leave out lines without one.
 */
export const inBlocksQuery = (
  column: RandomColumn,
  value: string,
  { above, below }: SeqRange,
  order: Order,
  wanted: number,
) => {
  const name = sql.ref(`activities.${column}`);
  const length = sql.lit(indexed[column]);
  return sql<{ readonly seq: number }>`
    with recursive block (number) as (
      select ${blockOf(above + 1)} union all select number + 1 from block where number < ${blockOf(below - 1)}
    )
    select activities.seq from block cross join activities
    where (activities.seq >> 12) = block.number and substr(${name}, 1, ${length}) = substr(${value}, 1, ${length})
      and ${name} is not null and activities.seq > ${above} and activities.seq < ${below}
    order by activities.seq ${sql.raw(order)} limit ${wanted}`;
};

/** The part of a range that `count` blocks cover, of which `first` is the first one in the order. */
const partOf = ({ above, below }: SeqRange, first: number, count: number, order: Order): SeqRange => {
  const [low, high] = order === 'desc' ? [first - count + 1, first] : [first, first + count - 1];
  return {
    above: Math.max(above, low * blockLines - 1),
    below: Math.min(below, (high + 1) * blockLines),
  };
};

/** {@link FindPlaces} by the indexes over blocks: one look into each block, beginning at one end of the range. */
export const findPlaces: FindPlaces = async (db, column, value, range, order, wanted) => {
  const seqs: number[] = [];
  let rest = range;
  for (let count: number = blocks.first; ; count *= blocks.growth) {
    const { rows: ahead } = await nextBlockQuery(rest, order).execute(db);
    const [next] = ahead;
    if (next === undefined) return { seqs, reach: null };
    if (count > blocks.most) {
      const reach = order === 'desc' ? (next.number + 1) * blockLines : next.number * blockLines - 1;
      return { seqs, reach };
    }
    const part = partOf(rest, next.number, count, order);
    const { rows } = await inBlocksQuery(column, value, part, order, wanted - seqs.length).execute(db);
    seqs.push(...rows.map(({ seq }) => seq));
    if (seqs.length === wanted) return { seqs, reach: seqs.at(-1) ?? null };
    rest = order === 'desc' ? { ...rest, below: part.above + 1 } : { ...rest, above: part.below - 1 };
    if (rest.below - rest.above <= 1) return { seqs, reach: null };
  }
};
