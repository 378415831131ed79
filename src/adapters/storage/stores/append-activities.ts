import { hash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Activity } from '../../../core/activity/activity.ts';
import { type ChainEnd, linkActivities, startOfChain } from '../../../core/activity/chain.ts';
import { fitActivity } from '../fit-activity.ts';
import type { Database } from '../schema.ts';
import { atomically } from '../unique.ts';
import { type NewActivityRow, toRow } from './activity-row.ts';

/** A chain whose head goes from one line to a later one. */
export interface HeadMove {
  readonly tenant: string;
  readonly from: ChainEnd;
  readonly to: ChainEnd;
}

/** Lines of one or more tenants, and what they make of the heads of their chains. */
export interface LinkedLines {
  readonly writer: string;
  readonly rows: readonly NewActivityRow[];
  readonly moves: readonly HeadMove[];
}

/**
 * Writes lines and moves heads in one go. `false`, and then nothing is written, where a head is not where the move begins
 * or a line is there already.
 */
export type AppendAtOnce = (lines: LinkedLines) => Promise<boolean>;

/** How lines get their place in a chain. */
export interface Chaining {
  /** The writer of what is appended by itself, and of what is appended in a transaction. */
  readonly writers: { readonly alone: string; readonly inTransaction: string };
  /** Whether a row that is read can be locked until the end of the transaction; SQLite has one writer anyway. */
  readonly locksRows: boolean;
  readonly appendAtOnce: AppendAtOnce;
  /** The heads of the chains of {@link writers}.alone as they were after the last append, by tenant. */
  readonly heads: Map<string, ChainEnd>;
}

/** Rows of one statement: 15 columns each stay below the 32,766 parameters of SQLite and the 65,535 of PostgreSQL. */
const rowsPerStatement = 1000;

/** More tenants than that are read anew each time. */
const maxHeads = 10_000;

/** Base64url SHA-256, as the chain wants it. */
export const hashText = (text: string): string => hash('sha256', text, 'base64url');

/** The fitted lines of each tenant, tenants in the order in which their heads are locked, each id once. */
const byTenant = (activities: readonly Activity[]): readonly (readonly [string, readonly Activity[]])[] => {
  const tenants = new Map<string, Map<string, Activity>>();
  for (const given of activities) {
    const activity = fitActivity(given);
    const lines = tenants.get(activity.tenant) ?? new Map<string, Activity>();
    tenants.set(activity.tenant, lines);
    if (!lines.has(activity.id)) lines.set(activity.id, activity);
  }
  return [...tenants]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([tenant, lines]) => [tenant, [...lines.values()]]);
};

type Batch = ReturnType<typeof byTenant>;

const link = (batch: Batch, writer: string, heads: ReadonlyMap<string, ChainEnd>): LinkedLines | null => {
  const rows: NewActivityRow[] = [];
  const moves: HeadMove[] = [];
  for (const [tenant, lines] of batch) {
    const from = heads.get(tenant);
    if (from === undefined) return null;
    const links = linkActivities(lines, writer, from, hashText);
    const to = links.at(-1);
    if (to === undefined) continue;
    for (const [index, place] of links.entries()) {
      const activity = lines[index];
      if (activity !== undefined) rows.push(toRow(activity, place));
    }
    moves.push({ tenant, from, to: { number: to.number, hash: to.hash } });
  }
  return { writer, rows, moves };
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
  lines: readonly Activity[],
): Promise<readonly Activity[]> => {
  const known = new Set<string>();
  for (let start = 0; start < lines.length; start += rowsPerStatement) {
    const ids = lines.slice(start, start + rowsPerStatement).map(({ id }) => id);
    const rows = await db
      .selectFrom('activities')
      .select('id')
      .where('tenant', '=', tenant)
      .where('id', 'in', ids)
      .execute();
    for (const { id } of rows) known.add(id);
  }
  return lines.filter(({ id }) => !known.has(id));
};

/** Reads the heads, links, writes, moves the heads: for whatever {@link AppendAtOnce} cannot do. */
const appendStepByStep = async (
  db: Kysely<Database>,
  chaining: Chaining,
  writer: string,
  batch: Batch,
): Promise<LinkedLines> => {
  const heads = new Map<string, ChainEnd>();
  const fresh: (readonly [string, readonly Activity[]])[] = [];
  for (const [tenant, lines] of batch) {
    heads.set(tenant, await takeHead(db, chaining, tenant, writer));
    // After the lock: until then another attempt with the same lines may be under way.
    fresh.push([tenant, await withoutKnown(db, tenant, lines)]);
  }
  const linked = link(fresh, writer, heads);
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
  return linked;
};

/**
 * Appends lines to the chains of their tenants, all in one transaction or none; a line that is there already changes
 * nothing. The head of a chain moves in the transaction of its lines, so a rollback, a kill or a commit of which nobody
 * knows the outcome leaves lines and head as they belong together.
 *
 * Outside a transaction the heads are remembered, and a batch is one round trip: what is remembered wrongly is found by the
 * statement itself. Then, and inside a transaction, the heads are read first.
 */
export const appendActivities = async (
  db: Kysely<Database>,
  chaining: Chaining,
  activities: readonly Activity[],
): Promise<void> => {
  const batch = byTenant(activities);
  if (db.isTransaction) {
    await atomically(db, (change) =>
      appendStepByStep(change, chaining, chaining.writers.inTransaction, batch),
    );
    return;
  }
  const writer = chaining.writers.alone;
  const { heads } = chaining;
  const remembered = link(batch, writer, heads);
  // Whatever happens from here on, only an answer says where the heads are.
  for (const [tenant] of batch) heads.delete(tenant);
  const written =
    remembered !== null && (await chaining.appendAtOnce(remembered))
      ? remembered
      : await atomically(db, (change) => appendStepByStep(change, chaining, writer, batch));
  if (heads.size > maxHeads) heads.clear();
  for (const { tenant, to } of written.moves) heads.set(tenant, to);
};
