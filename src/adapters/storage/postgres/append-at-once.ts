import { CompiledQuery, type Kysely } from 'kysely';
import type { ChainEnd } from '../../../core/activity/chain.ts';
import type { Database } from '../schema.ts';
import { activityColumns } from '../stores/activity-columns.ts';
import { type AppendAtOnce, linkBehind, partBySpent, usesOf } from '../stores/append-activities.ts';
import type { NewLines } from '../stores/new-line.ts';

const integers: readonly string[] = ['time', 'number'];
const columns = activityColumns.map((column) => `"${column}"`).join(', ');
const typedColumns = activityColumns
  .map((column) => `"${column}" ${integers.includes(column) ? 'bigint' : 'text'}`)
  .join(', ');

/**
 * The heads are locked first, and only where each is still what the move begins with does anything follow: numbers of
 * `seq` are drawn under that lock, so they grow along a chain. With uses, nothing follows either where one of them is there
 * already; one that comes to be there while this runs violates the key.
 */
const statementFor = (withUses: boolean): string => `
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
), ${withUses ? uses : 'go as (select answer from as_expected)'}, written as (
  insert into activities (${columns})
  select ${columns} from rows from (json_to_recordset($3::json) as (${typedColumns}))
    with ordinality as line (${columns}, place)
  where (select answer from go)
  order by place
), moved as (
  update activity_chains as chain set number = moves.to_number, hash = moves.to_hash
  from moves
  where chain.tenant = moves.tenant and chain.writer = $2 and (select answer from go)
)
select answer, ${withUses ? '(select json_agg(fingerprint) from spent)' : 'null'} as spent from as_expected`;

/** Noted in one order on every node: two statements that wait for each other's rows would be a deadlock. */
const uses = `given as (
  select * from json_to_recordset($4::json) as use (fingerprint text, until bigint)
), spent as (
  select fingerprint from given
  where (select true from used_jtis as used where used.fingerprint = given.fingerprint)
), go as (
  select answer and not exists (select from spent) as answer from as_expected
), noted as (
  insert into used_jtis (fingerprint, until)
  select fingerprint, until from given where (select answer from go) order by fingerprint collate "C"
)`;

/** The statements of {@link createAppendAtOnce}: of lines that use nothing up, and of those that do. */
export const appendStatements = { plain: statementFor(false), withUses: statementFor(true) };

/** A row that is there already: https://www.postgresql.org/docs/current/errcodes-appendix.html. */
const uniqueViolation = '23505';

/** How often lines are tried whose uses turn out to be spent, before they are written step by step. */
const maxTries = 3;

interface Answer {
  /** Whether the heads were as they were remembered. */
  readonly answer: boolean;
  /** The fingerprints that were there already: then nothing was written. */
  readonly spent: readonly string[] | null;
}

/** More tenants than that are read anew each time. */
const maxHeads = 10_000;

/**
 * {@link AppendAtOnce} in one statement, which is a transaction of its own; where uses turn out to be spent, in another one
 * without their lines. The heads are remembered as they were after the
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

  /** What is spent of the uses of lines; nothing where they were written, and `null` where they cannot be like this. */
  const write = async (writer: string, lines: NewLines): Promise<readonly string[] | null> => {
    const linked = linkBehind(lines, writer, heads);
    if (linked?.rows.length === 0) return [];
    // Whatever happens from here on, only an answer says where the heads are.
    for (const [tenant] of lines) heads.delete(tenant);
    if (linked === null) return null;
    const { rows, moves } = linked;
    const flat = moves.map(({ tenant, from, to }) => ({
      tenant,
      from_number: from.number,
      from_hash: from.hash,
      to_number: to.number,
      to_hash: to.hash,
    }));
    const noted = usesOf(lines);
    const parameters = [JSON.stringify(flat), writer, JSON.stringify(rows)];
    const query =
      noted.length === 0
        ? CompiledQuery.raw(appendStatements.plain, parameters)
        : CompiledQuery.raw(appendStatements.withUses, [...parameters, JSON.stringify(noted)]);
    let answer: Answer | undefined;
    try {
      [answer] = (await db.executeQuery<Answer>(query)).rows;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === uniqueViolation) return null;
      throw error;
    }
    if (answer?.answer !== true) return null;
    if (heads.size > maxHeads) heads.clear();
    const spent = answer.spent ?? [];
    for (const { tenant, from, to } of moves) heads.set(tenant, spent.length === 0 ? to : from);
    return spent;
  };

  return async (writer, lines) => {
    await readHeads(
      writer,
      lines.map(([tenant]) => tenant),
    );
    const known = new Set<string>();
    for (let tries = 0; tries < maxTries; tries += 1) {
      const { kept, spent } = partBySpent(lines, (fingerprint) => !known.has(fingerprint));
      const found = await write(writer, kept);
      if (found === null) return null;
      if (found.length === 0) return spent;
      for (const fingerprint of found) known.add(fingerprint);
    }
    return null;
  };
};
