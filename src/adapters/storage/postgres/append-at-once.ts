import { CompiledQuery, type Kysely } from 'kysely';
import type { ChainEnd } from '../../../core/activity/chain.ts';
import type { Database } from '../schema.ts';
import { activityColumns } from '../stores/activity-columns.ts';
import { type AppendAtOnce, linkBehind } from '../stores/append-activities.ts';

const integers: readonly string[] = ['time', 'number'];
const columns = activityColumns.map((column) => `"${column}"`).join(', ');
const typedColumns = activityColumns
  .map((column) => `"${column}" ${integers.includes(column) ? 'bigint' : 'text'}`)
  .join(', ');

/**
 * The heads are locked first, and only where each is still what the move begins with does anything follow: numbers of
 * `seq` are drawn under that lock, so they grow along a chain.
 */
export const appendStatement = `
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

/** More tenants than that are read anew each time. */
const maxHeads = 10_000;

/**
 * {@link AppendAtOnce} in one statement, which is a transaction of its own. The heads are remembered as they were after the
 * last append; what is remembered wrongly is found by the statement itself.
 */
export const createAppendAtOnce = (db: Kysely<Database>): AppendAtOnce => {
  const heads = new Map<string, ChainEnd>();

  /** One that is not known yet may be there: whoever stopped here wrote it. */
  const readHeads = async (writer: string, tenants: readonly string[]): Promise<void> => {
    const unknown = tenants.filter((tenant) => !heads.has(tenant));
    if (unknown.length === 0) return;
    const rows = await db
      .selectFrom('activity_chains')
      .select(['tenant', 'number', 'hash'])
      .where('writer', '=', writer)
      .where('tenant', 'in', unknown)
      .execute();
    for (const { tenant, number, hash } of rows) heads.set(tenant, { number, hash });
  };

  return async (writer, lines) => {
    const tenants = lines.map(([tenant]) => tenant);
    await readHeads(writer, tenants);
    const linked = linkBehind(lines, writer, heads);
    // Whatever happens from here on, only an answer says where the heads are.
    for (const tenant of tenants) heads.delete(tenant);
    if (linked === null) return false;
    const flat = linked.moves.map(({ tenant, from, to }) => ({
      tenant,
      from_number: from.number,
      from_hash: from.hash,
      to_number: to.number,
      to_hash: to.hash,
    }));
    try {
      const { rows: answers } = await db.executeQuery<{ readonly answer: boolean }>(
        CompiledQuery.raw(appendStatement, [JSON.stringify(flat), writer, JSON.stringify(linked.rows)]),
      );
      if (answers[0]?.answer !== true) return false;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === uniqueViolation) return false;
      throw error;
    }
    if (heads.size > maxHeads) heads.clear();
    for (const { tenant, to } of linked.moves) heads.set(tenant, to);
    return true;
  };
};
