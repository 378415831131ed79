import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import { type ActivityFilter, foldCase, insideJson } from '../../../core/activity/activity-filter.ts';
import { fitIndexed, fitText } from '../fit-activity.ts';
import type { Database } from '../schema.ts';
import type { StoredActivity } from './activity-row.ts';

/**
 * How far one page looks for lines that an index does not find: so long, but at some lines in any case, and at so many at most;
 * in steps that double, for a line on a cold disk costs a hundred times one in memory. A page that stops there has a cursor that goes on behind it, so that
 * no filter makes a page long, on however many lines.
 */
const scan = { forMs: 20, atLeast: 1500, atMost: 5000, firstStep: 100, longestStep: 1000 } as const;

/**
 * Lines are stored in the order of their times, but for what the clocks of nodes differ and what a line waits to be
 * written. A list that is narrowed by time begins and ends so much earlier and later in the order of storing.
 */
const latenessMs = 3_600_000;

type Condition = RawBuilder<SqlBool>;

/** Lines of a tenant between two places in the order of storing, both not included. */
export interface SeqRange {
  readonly above: number;
  readonly below: number;
}

/** `desc`: from the upper end of a range downwards, the newest first. */
export type Order = 'asc' | 'desc';

/** Columns of random values: what an index in their order costs a line grows with the trail. */
export type RandomColumn = 'id' | 'jti' | 'account_id';

/** Where lines are, and the place as far as which there are no others; `null` where that is all of the range. */
export interface Places {
  readonly seqs: readonly number[];
  readonly reach: number | null;
}

/**
 * Finds where lines may be that have a value, for an engine that has no index in the order of those: of a range the first
 * ones in the order, among them some of other values and of other tenants.
 *
 * @param value fitted
 * @param wanted how many places at most
 */
export type FindPlaces = (
  db: Kysely<Database>,
  column: RandomColumn,
  value: string,
  range: SeqRange,
  order: Order,
  wanted: number,
) => Promise<Places>;

/** A filter in the terms of the table. */
interface Narrowing {
  /** What an index finds, in the order of storing; at most one, for another one would be looked up line by line. */
  readonly indexed: readonly Condition[];
  /** What has to be looked up line by line. */
  readonly others: readonly Condition[];
}

/** As what was stored was fitted, so that a long value finds its line. */
export const fitFilter = (filter: ActivityFilter): ActivityFilter => {
  const fitted = (names: readonly (keyof ActivityFilter)[], fit: (text: string) => string) =>
    names.flatMap((name) => {
      const value = filter[name];
      return typeof value === 'string' ? [[name, fit(value)] as const] : [];
    });
  return {
    ...filter,
    ...Object.fromEntries([
      ...fitted(['type', 'reason', 'account', 'actor', 'jti', 'receipt'], fitIndexed),
      ...fitted(['issuer', 'subject', 'door', 'audience', 'tokenHash', 'sourceAddress', 'q'], fitText),
    ]),
  };
};

const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&');
const contains = (text: string): Condition => sql`body like ${`%${escapeLike(text)}%`} escape '\\'`;

/** Columns and text of a line in which `q` is searched. */
const searched = ['id', 'type', 'reason', 'account_id', 'issuer', 'subject', 'jti'] as const;

const search = (q: string): Condition => {
  const inColumns = searched.map(
    (column) => sql<SqlBool>`lower(${sql.ref(column)}) like ${`%${escapeLike(foldCase(q))}%`} escape '\\'`,
  );
  const inBody = sql<SqlBool>`lower(body) like ${`%${escapeLike(foldCase(insideJson(q)))}%`} escape '\\'`;
  return sql`(${sql.join([...inColumns, inBody], sql` or `)})`;
};

/**
 * Members without a column of their own are searched as a piece of the JSON text; a line where that piece means something
 * else is left out by `fitsFilter`.
 */
const narrowingOf = (filter: ActivityFilter): Narrowing => {
  const { from, to, type, outcome, reason, account, actor, issuer, subject, jti, receipt, q } = filter;
  const given = <T>(value: T | undefined, condition: (value: T) => Condition): readonly Condition[] =>
    value === undefined ? [] : [condition(value)];
  // Where it matters said twice, because the indexes leave out what there is most of.
  const [indexed, ...unused] = [
    ...given(receipt, (value) => sql<SqlBool>`id = ${value}`),
    ...given(jti, (value) => sql<SqlBool>`jti = ${value}`),
    ...given(account, (value) => sql<SqlBool>`account_id = ${value}`),
    ...given(rare(reason, 'issued'), (value) => sql<SqlBool>`reason = ${value} and reason <> 'issued'`),
    ...given(rare(type, 'token'), (value) => sql<SqlBool>`type = ${value} and type <> 'token'`),
    ...given(rare(outcome, 'issued'), (value) => sql<SqlBool>`outcome = ${value} and outcome <> 'issued'`),
  ];
  return {
    indexed: indexed === undefined ? [] : [indexed],
    others: [
      ...unused,
      ...given(reason === 'issued' ? reason : undefined, (value) => sql`reason = ${value}`),
      ...given(type === 'token' ? type : undefined, (value) => sql`type = ${value}`),
      ...given(outcome === 'issued' ? outcome : undefined, (value) => sql`outcome = ${value}`),
      // Not by the index of times, which would have to be sorted.
      ...given(from, (value) => sql`time + 0 >= ${Math.ceil(value)}`),
      ...given(to, (value) => sql`time + 0 < ${Math.ceil(value)}`),
      ...given(issuer, (value) => sql`issuer = ${value}`),
      ...given(subject, (value) => sql`subject = ${value}`),
      ...given(actor, (value) => contains(`"actor":${JSON.stringify({ id: value }).slice(0, -1)}`)),
      ...(['door', 'audience', 'tokenHash', 'sourceAddress'] as const).flatMap((name) =>
        given(filter[name], (value) => contains(`"${name}":${JSON.stringify(value)}`)),
      ),
      ...given(q, search),
    ],
  };
};

/** `value`, unless it is what most lines have. */
const rare = (value: string | undefined, common: string): string | undefined =>
  value === common ? undefined : value;

/** Rows that fit as far as the table can say, and where to go on; `null` after the last. */
export interface FoundRows {
  readonly rows: readonly StoredActivity[];
  readonly next: number | null;
}

const and = (conditions: readonly Condition[]): Condition =>
  sql<SqlBool>`${sql.join(conditions, sql` and `)}`;

/** Where lines of about this time begin or end in the order of storing; `null` where there are none beyond it. */
const seqAbout = async (
  db: Kysely<Database>,
  tenant: string,
  side: '>=' | '<',
  time: number,
): Promise<number | null> => {
  const row = await db
    .selectFrom('activities')
    .select('seq')
    .where('tenant', '=', tenant)
    .where('time', side, time)
    .orderBy('time', side === '<' ? 'desc' : 'asc')
    .limit(1)
    .executeTakeFirst();
  return row?.seq ?? null;
};

/** The value by which {@link FindPlaces} is asked: of several the one that fewest lines have. */
const randomOf = ({ receipt, jti, account }: ActivityFilter) => {
  const columns = [
    ['id', receipt],
    ['jti', jti],
    ['account_id', account],
  ] as const;
  for (const [column, value] of columns) if (value !== undefined) return { column, value };
  return null;
};

/**
 * At most `limit` lines that fit, beginning at one end of the range.
 *
 * @param filter fitted ({@link fitFilter})
 * @param findPlaces `null` where the engine finds random values by an index of its own
 */
export const findRows = async (
  db: Kysely<Database>,
  tenant: string,
  filter: ActivityFilter,
  { above, below }: SeqRange,
  order: Order,
  limit: number,
  findPlaces: FindPlaces | null,
): Promise<FoundRows> => {
  const { from, to } = filter;
  const low = from === undefined ? null : await seqAbout(db, tenant, '<', Math.ceil(from) - latenessMs);
  const high = to === undefined ? null : await seqAbout(db, tenant, '>=', Math.ceil(to) + latenessMs);
  const range = { above: Math.max(above, low ?? above), below: Math.min(below, high ?? below) };
  const { indexed, others } = narrowingOf(filter);
  const find = async (within: Condition, wanted: number): Promise<readonly StoredActivity[]> => {
    const { rows } = await sql<StoredActivity>`select * from activities
      where ${and([within, ...others])} order by seq ${sql.raw(order)} limit ${wanted}`.execute(db);
    return rows;
  };
  const toPage = (rows: readonly StoredActivity[], reach: number | null): FoundRows => {
    const shown = rows.slice(0, limit);
    return { rows: shown, next: rows.length > limit ? (shown.at(-1)?.seq ?? null) : reach };
  };
  // One bound on each side: of two, SQLite would seek by one and walk to the other line by line.
  const inRange = ({ above: low, below: high }: SeqRange): Condition =>
    and([sql`tenant = ${tenant}`, sql`seq > ${low}`, sql`seq < ${high}`, ...indexed]);
  const random = findPlaces === null ? null : randomOf(filter);
  if (random === null && others.length === 0) return toPage(await find(inRange(range), limit + 1), null);

  /** What the next page may look at: as far as `reach`, and nothing at all where there is no condition. */
  const lookAhead = async (rest: SeqRange, step: number): Promise<[Condition | null, number | null]> => {
    if (findPlaces === null || random === null) {
      const reach = await reachOf(db, inRange(rest), order, step);
      return [inRange(reach === null ? rest : beginningOf(rest, reach, order)), reach];
    }
    const { seqs, reach } = await findPlaces(db, random.column, random.value, rest, order, step);
    const there = and([sql`tenant = ${tenant}`, sql`seq in (${sql.join(seqs)})`, ...indexed]);
    return [seqs.length === 0 ? null : there, reach];
  };
  const found: StoredActivity[] = [];
  const patience = startPatience(scan.forMs);
  let rest = range;
  let reach: number | null = null;
  let step: number = scan.firstStep;
  for (let lookedAt = 0; ; lookedAt += step, step = Math.min(step * 2, scan.longestStep)) {
    let near: Condition | null;
    [near, reach] = await lookAhead(rest, step);
    if (near !== null) found.push(...(await find(near, limit + 1 - found.length)));
    const enough = patience.isOver() ? scan.atLeast : scan.atMost;
    if (found.length > limit || reach === null || lookedAt + step >= enough) break;
    rest = order === 'desc' ? { ...rest, below: reach } : { ...rest, above: reach };
  }
  patience.end();
  return toPage(found, reach);
};

/** The part of `range` from where a page in `direction` begins as far as the line at `reach`, included. */
const beginningOf = (range: SeqRange, reach: number, order: Order): SeqRange =>
  order === 'desc' ? { ...range, above: reach - 1 } : { ...range, below: reach + 1 };

/** A time that is over some day; told by a timer, for a clock is nothing a store has. */
const startPatience = (forMs: number): { readonly isOver: () => boolean; readonly end: () => void } => {
  let over = false;
  const timer = setTimeout(() => {
    over = true;
  }, forMs);
  return { isOver: () => over, end: () => clearTimeout(timer) };
};

/** The place of the last line that may be looked at; `null` where all of them may. */
const reachOf = async (
  db: Kysely<Database>,
  within: Condition,
  order: Order,
  lookedAt: number,
): Promise<number | null> => {
  const { rows } = await sql<{ readonly seq: number }>`select seq from activities
    where ${within} order by seq ${sql.raw(order)} limit 1 offset ${lookedAt - 1}`.execute(db);
  return rows[0]?.seq ?? null;
};
