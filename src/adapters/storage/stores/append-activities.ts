import { hash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Activity } from '../../../core/activity/activity.ts';
import { type ChainEnd, linkLines, startOfChain } from '../../../core/activity/chain.ts';
import type { Database } from '../schema.ts';
import { atomically } from '../unique.ts';
import type { NewActivityRow } from './activity-row.ts';
import { type NewLine, type NewLines, placeRow, toNewLines } from './new-line.ts';

/** A chain whose head goes from one line to a later one. */
export interface HeadMove {
  readonly tenant: string;
  readonly from: ChainEnd;
  readonly to: ChainEnd;
}

/** Lines of one or more tenants at their places, and what they make of the heads of their chains. */
export interface LinkedLines {
  readonly rows: readonly NewActivityRow[];
  readonly moves: readonly HeadMove[];
}

/**
 * Links lines to the heads of the chains of a writer, writes them and moves the heads, in a transaction of its own and in
 * one go. `false`, and then nothing is written, where a head is not known or a line is there already.
 */
export type AppendAtOnce = (writer: string, lines: NewLines) => Promise<boolean>;

/** How lines get their place in a chain. */
export interface Chaining {
  /** The writer of what is appended by itself, and of what is appended in a transaction. */
  readonly writers: { readonly alone: string; readonly inTransaction: string };
  /** Whether a row that is read can be locked until the end of the transaction; SQLite has one writer anyway. */
  readonly locksRows: boolean;
  readonly appendAtOnce: AppendAtOnce;
}

/** Rows of one statement: 15 columns each stay below the 32,766 parameters of SQLite and the 65,535 of PostgreSQL. */
const rowsPerStatement = 1000;

/** Base64url SHA-256, as the chain wants it. */
export const hashText = (text: string): string => hash('sha256', text, 'base64url');

/** Gives lines their places behind the heads; `null` where one of the heads is not known. */
export const linkBehind = (
  lines: NewLines,
  writer: string,
  heads: ReadonlyMap<string, ChainEnd>,
): LinkedLines | null => {
  const rows: NewActivityRow[] = [];
  const moves: HeadMove[] = [];
  for (const [tenant, ofTenant] of lines) {
    const from = heads.get(tenant);
    if (from === undefined) return null;
    const texts = ofTenant.map(({ text }) => text);
    let to = from;
    for (const [index, link] of linkLines(texts, writer, from, hashText).entries()) {
      const line = ofTenant[index];
      if (line !== undefined) rows.push(placeRow(line, link));
      to = { number: link.number, hash: link.hash };
    }
    if (to !== from) moves.push({ tenant, from, to });
  }
  return { rows, moves };
};

/** The head of a chain, locked until the end of the transaction; a chain that is not there yet begins. */
const takeHead = async (
  db: Kysely<Database>,
  { locksRows }: Pick<Chaining, 'locksRows'>,
  tenant: string,
  writer: string,
): Promise<ChainEnd> => {
  for (;;) {
    const head = await db
      .selectFrom('activity_chains')
      .select(['number', 'hash'])
      .where('tenant', '=', tenant)
      .where('writer', '=', writer)
      .$if(locksRows, (query) => query.forUpdate())
      .executeTakeFirst();
    if (head !== undefined) return head;
    const { last } = await db
      .selectFrom('activity_chains')
      .select((query) => query.fn.max<number | null>('ordinal').as('last'))
      .where('tenant', '=', tenant)
      .executeTakeFirstOrThrow();
    const ordinal = (last ?? 0) + 1;
    const start = startOfChain(tenant, writer, ordinal, hashText);
    // Where another writer takes this place first, the next look finds it and takes the one behind it.
    await db
      .insertInto('activity_chains')
      .values({ tenant, writer, ordinal, ...start, dropped_number: 0, dropped_hash: start.hash })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
};

/** Without the lines that are there already, written by an attempt whose answer was lost: ids are random. */
const withoutKnown = async (
  db: Kysely<Database>,
  tenant: string,
  lines: readonly NewLine[],
): Promise<readonly NewLine[]> => {
  const known = new Set<string>();
  for (let start = 0; start < lines.length; start += rowsPerStatement) {
    // The time, which is that of the same line as well, leads to it: ids alone are not in the order of storing.
    const wanted = lines
      .slice(start, start + rowsPerStatement)
      .map(({ activity: { time, id } }) => sql`(cast(${time} as bigint), ${id})`);
    const { rows } = await sql<{ readonly id: string }>`select id from activities
      where tenant = ${tenant} and (time, id) in (values ${sql.join(wanted)})`.execute(db);
    for (const { id } of rows) known.add(id);
  }
  return lines.filter(({ activity }) => !known.has(activity.id));
};

/** Reads the heads, links, writes, moves the heads: for whatever {@link AppendAtOnce} cannot do. */
const appendStepByStep = async (
  db: Kysely<Database>,
  chaining: Chaining,
  writer: string,
  lines: NewLines,
): Promise<void> => {
  const heads = new Map<string, ChainEnd>();
  const fresh: (readonly [string, readonly NewLine[]])[] = [];
  for (const [tenant, ofTenant] of lines) {
    heads.set(tenant, await takeHead(db, chaining, tenant, writer));
    // After the lock: until then another attempt with the same lines may be under way.
    fresh.push([tenant, await withoutKnown(db, tenant, ofTenant)]);
  }
  const linked = linkBehind(fresh, writer, heads);
  if (linked === null) throw new Error('a head was read and is not known');
  for (let start = 0; start < linked.rows.length; start += rowsPerStatement)
    await db
      .insertInto('activities')
      .values(linked.rows.slice(start, start + rowsPerStatement))
      .execute();
  for (const { tenant, to } of linked.moves)
    await db
      .updateTable('activity_chains')
      .set(to)
      .where('tenant', '=', tenant)
      .where('writer', '=', writer)
      .execute();
};

/**
 * Appends lines to the chains of their tenants, all in one transaction or none; a line that is there already changes
 * nothing. The head of a chain moves in the transaction of its lines, so a rollback, a kill or a commit of which nobody
 * knows the outcome leaves lines and head as they belong together.
 *
 * Outside a transaction a batch is one round trip, unless a chain is new or a line is there already.
 */
export const appendActivities = async (
  db: Kysely<Database>,
  chaining: Chaining,
  activities: readonly Activity[],
): Promise<void> => {
  const lines = toNewLines(activities);
  const { writers, appendAtOnce } = chaining;
  const append = (change: Kysely<Database>, writer: string): Promise<void> =>
    atomically(change, (transaction) => appendStepByStep(transaction, chaining, writer, lines));
  if (db.isTransaction) return await append(db, writers.inTransaction);
  if (await appendAtOnce(writers.alone, lines)) return;
  await append(db, writers.alone);
};
