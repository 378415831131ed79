import { toCanonicalJson } from '../canonical-json.ts';
import { type Activity, blankActivity } from './activity.ts';
import { type LineText, placeLine, writeLineText } from './line-text.ts';

/** Base64url SHA-256 of the UTF-8 of a text. */
export type HashText = (text: string) => string;

/** The last line of a chain so far: how many lines it had until then, and the hash of that one. */
export interface ChainEnd {
  readonly number: number;
  readonly hash: string;
}

/** A chain, by its writer, with its last line. */
export interface ChainHead extends ChainEnd {
  readonly writer: string;
}

/** A chain, by its writer and its number among the chains of the tenant, with its last line. */
export interface NumberedHead extends ChainHead {
  readonly ordinal: number;
}

/** The place of a line in a chain. The first line of a chain has the number 1. */
export interface Link extends ChainHead {
  /** The hash of the line before it, or for the first one of {@link startOfChain}. */
  readonly previous: string;
}

/** Where a chain begins, ends and was shortened. Chains of one tenant are numbered 1, 2, 3… without a gap. */
export interface Chain {
  readonly writer: string;
  readonly ordinal: number;
  readonly head: ChainEnd;
  /** The last line that retention dropped; number 0 and the start of the chain where it dropped none. */
  readonly dropped: ChainEnd;
}

/** What is left of the lines from before there were chains: nothing proves them, but there are so many and no more. */
export interface OldLines {
  readonly count: number;
  /** They stand up to here in the order of storing. */
  readonly last: number;
}

/** An activity as an export shows it: every member, the time as ISO 8601, and where it stands in its chain. */
export type TrailLine = Omit<Activity, 'time'> & { readonly time: string; readonly chain: Link | null };

/** {@link TrailLine}, made from what is stored. */
export const toTrailLine = (activity: Activity, chain: Link | null): TrailLine => ({
  ...activity,
  time: new Date(activity.time).toISOString(),
  chain,
});

/** What stands before the first line of a chain: a chain cannot pass for one of another tenant, writer or place. */
export const startOfChain = (tenant: string, writer: string, ordinal: number, hash: HashText): ChainEnd => ({
  number: 0,
  hash: hash(toCanonicalJson({ ordinal, tenant, writer })),
});

/** Whether a member is what it is where there is nothing to say: `null` for one, `[]` for another, never the other way. */
const saysNothing = (name: string, value: unknown): boolean => {
  if (value === undefined) return true;
  const isEmptyList = Array.isArray(value) && value.length === 0;
  if (value !== null && !isEmptyList) return false;
  return (
    !Object.hasOwn(blankActivity, name) ||
    Array.isArray(blankActivity[name as keyof typeof blankActivity]) === isEmptyList
  );
};

/**
 * The hash of a line: of its canonical JSON with `chain.writer`, `chain.number` and `chain.previous`, without `chain.hash`
 * and without the members that say nothing (`null`, `[]`), so that a member which a later release adds does not change
 * the lines from before it.
 */
export const hashLine = (
  line: Readonly<Record<string, unknown>>,
  { writer, number, previous }: Omit<Link, 'hash'>,
  hash: HashText,
): string => {
  const said: Record<string, unknown> = {};
  // In the order of the canonical form already: to sort the text of every line anew is dear.
  for (const name of [...Object.keys(line), 'chain'].sort())
    if (name === 'chain') said['chain'] = { number, previous, writer };
    else if (name === '__proto__') Object.defineProperty(said, name, { value: line[name], enumerable: true });
    else if (!saysNothing(name, line[name])) said[name] = line[name];
  return hash(toCanonicalJson(said));
};

/**
 * The links of lines behind `end`, in their order.
 *
 * @param lines what `writeLineText` makes of them
 */
export const linkLines = (
  lines: readonly LineText[],
  writer: string,
  end: ChainEnd,
  hash: HashText,
): readonly Link[] => {
  let last = end;
  return lines.map((line) => {
    const place = { writer, number: last.number + 1, previous: last.hash };
    last = { number: place.number, hash: hash(placeLine(line, place)) };
    return { ...place, hash: last.hash };
  });
};

/** Gives each activity its place behind `end`, in their order. */
export const linkActivities = (
  activities: readonly Activity[],
  writer: string,
  end: ChainEnd,
  hash: HashText,
): readonly Link[] =>
  linkLines(
    activities.map((activity) => writeLineText(activity)),
    writer,
    end,
    hash,
  );
