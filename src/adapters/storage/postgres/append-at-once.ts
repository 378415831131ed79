import { CompiledQuery, type Kysely } from 'kysely';
import type { Database } from '../schema.ts';
import { activityColumns } from '../stores/activity-row.ts';
import type { AppendAtOnce } from '../stores/append-activities.ts';

const integers: readonly string[] = ['time', 'number'];
const columns = activityColumns.map((column) => `"${column}"`).join(', ');
const typedColumns = activityColumns
  .map((column) => `"${column}" ${integers.includes(column) ? 'bigint' : 'text'}`)
  .join(', ');

/**
 * The heads are locked first, and only where each is still what the move begins with does anything follow: numbers of
 * `seq` are drawn under that lock, so they grow along a chain.
 */
const statement = `
with moves as (
  select * from json_to_recordset($1::json)
    as move (tenant text, from_number bigint, from_hash text, to_number bigint, to_hash text)
), locked as (
  select chain.tenant from activity_chains as chain join moves
    on chain.tenant = moves.tenant and chain.number = moves.from_number and chain.hash = moves.from_hash
  where chain.writer = $2
  for update of chain
), as_expected as (
  select (select count(*) from locked) = (select count(*) from moves) as answer
), written as (
  insert into activities (${columns})
  select ${columns} from rows from (json_to_recordset($3::json) as (${typedColumns}))
    with ordinality as line (${columns}, place)
  where (select answer from as_expected)
  order by place
), moved as (
  update activity_chains as chain set number = moves.to_number, hash = moves.to_hash
  from moves
  where chain.tenant = moves.tenant and chain.writer = $2 and (select answer from as_expected)
)
select answer from as_expected`;

/** A row that is there already: https://www.postgresql.org/docs/current/errcodes-appendix.html. */
const uniqueViolation = '23505';

/** {@link AppendAtOnce} in one statement, which is a transaction of its own. */
export const createAppendAtOnce =
  (db: Kysely<Database>): AppendAtOnce =>
  async ({ writer, rows, moves }) => {
    const flat = moves.map(({ tenant, from, to }) => ({
      tenant,
      from_number: from.number,
      from_hash: from.hash,
      to_number: to.number,
      to_hash: to.hash,
    }));
    try {
      const { rows: answers } = await db.executeQuery<{ readonly answer: boolean }>(
        CompiledQuery.raw(statement, [JSON.stringify(flat), writer, JSON.stringify(rows)]),
      );
      return answers[0]?.answer === true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === uniqueViolation) return false;
      throw error;
    }
  };
