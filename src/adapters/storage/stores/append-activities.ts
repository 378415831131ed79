import { hash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { type ChainEnd, linkLines, startOfChain } from '../../../core/activity/chain.ts';
import type { ActivityEntry } from '../../../ports/activity-store.ts';
import { insertUses } from '../insert-uses.ts';
import type { NotedUse } from '../note-uses.ts';
import type { Database } from '../schema.ts';
import { settleUses } from '../settle-uses.ts';
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

/** Lines that are not written because one of their uses is spent, each with the place of the first such use. */
export type SpentLines = ReadonlyMap<NewLine, number>;

/**
 * Links lines to the heads of the chains of a writer, writes them with what they use up and moves the heads, in a
 * transaction of its own and in one go. `null`, and then nothing is written, where a head is not known or a line is there
 * already.
 */
export type AppendAtOnce = (writer: string, lines: NewLines) => Promise<SpentLines | null>;

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

/** Lines that are written, and those that are not because of what they use. */
interface PartedLines {
  readonly kept: NewLines;
  readonly spent: SpentLines;
}

/** Parts lines whose uses are all fresh, and not used up by a line before them, from those that are not to be written. */
export const partBySpent = (lines: NewLines, isFresh: (fingerprint: string) => boolean): PartedLines => {
  const spent = settleUses(
    lines.flatMap(([, ofTenant]) => ofTenant),
    ({ uses }) => uses.map(({ fingerprint }) => fingerprint),
    isFresh,
  );
  if (spent.size === 0) return { kept: lines, spent };
  return {
    kept: lines.map(([tenant, ofTenant]) => [tenant, ofTenant.filter((line) => !spent.has(line))]),
    spent,
  };
};

/** What lines use up, each once. */
export const usesOf = (lines: NewLines): readonly NotedUse[] => [
  ...new Map(
    lines.flatMap(([, ofTenant]) =>
      ofTenant.flatMap(({ uses }) => uses.map((use) => [use.fingerprint, use] as const)),
    ),
  ).values(),
];

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

/** Notes what lines use up, of those that are to be written. */
const noteUsesOf = async (db: Kysely<Database>, lines: NewLines): Promise<PartedLines> => {
  const uses = usesOf(lines);
  if (uses.length === 0) return { kept: lines, spent: new Map() };
  const inserted = new Set(await insertUses(db, uses));
  const parted = partBySpent(lines, (fingerprint) => inserted.has(fingerprint));
  for (const { fingerprint } of usesOf(parted.kept)) inserted.delete(fingerprint);
  // Fresh, but of a line that another use keeps out.
  if (inserted.size > 0)
    await db
      .deleteFrom('used_jtis')
      .where('fingerprint', 'in', [...inserted])
      .execute();
  return parted;
};

/** Reads the heads, notes uses, links, writes, moves the heads: for whatever {@link AppendAtOnce} cannot do. */
const appendStepByStep = async (
  db: Kysely<Database>,
  chaining: Chaining,
  writer: string,
  lines: NewLines,
): Promise<SpentLines> => {
  const heads = new Map<string, ChainEnd>();
  const fresh: (readonly [string, readonly NewLine[]])[] = [];
  for (const [tenant, ofTenant] of lines) {
    heads.set(tenant, await takeHead(db, chaining, tenant, writer));
    // After the lock: until then another attempt with the same lines may be under way.
    fresh.push([tenant, await withoutKnown(db, tenant, ofTenant)]);
  }
  const { kept, spent } = await noteUsesOf(db, fresh);
  const linked = linkBehind(kept, writer, heads);
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
  return spent;
};

/**
 * Appends lines to the chains of their tenants, with what they use up, all in one transaction or none; a line that is there
 * already changes nothing, and one that uses what was used before is not written. The head of a chain moves in the transaction of its lines, so a rollback, a kill or a commit of which nobody
 * knows the outcome leaves lines and head as they belong together.
 *
 * Outside a transaction a batch is one round trip, unless a chain is new, a line is there already or a use is spent.
 *
 * @returns as `ActivityStore.appendOnce`
 */
export const appendActivities = async (
  db: Kysely<Database>,
  chaining: Chaining,
  entries: readonly ActivityEntry[],
): Promise<readonly (number | null)[]> => {
  const lines = toNewLines(entries);
  const { writers, appendAtOnce } = chaining;
  const append = (change: Kysely<Database>, writer: string): Promise<SpentLines> =>
    atomically(change, (transaction) => appendStepByStep(transaction, chaining, writer, lines));
  const spent = db.isTransaction
    ? await append(db, writers.inTransaction)
    : ((await appendAtOnce(writers.alone, lines)) ?? (await append(db, writers.alone)));
  const answers: (number | null)[] = entries.map(() => null);
  for (const [{ place }, use] of spent) answers[place] = use;
  return answers;
};
