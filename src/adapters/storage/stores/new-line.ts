import type { Activity } from '../../../core/activity/activity.ts';
import type { Link } from '../../../core/activity/chain.ts';
import { type LineText, writeLineText } from '../../../core/activity/line-text.ts';
import type { ActivityEntry } from '../../../ports/activity-store.ts';
import { fitActivity } from '../fit-activity.ts';
import { type NotedUse, toNotedUse } from '../note-uses.ts';
import { writeBody } from './activity-body.ts';
import { type NewActivityRow, toRow } from './activity-row.ts';

/** A line as it will be stored, but for its place: each piece of its text is made once, for the hash and for the row. */
export interface NewLine {
  /** Fitted: what is read back is what is hashed. */
  readonly activity: Activity;
  readonly body: string;
  readonly text: LineText;
  /** What is used up by it; it is written only where nothing of that was used before. */
  readonly uses: readonly NotedUse[];
  /** Its place among the entries it was made of. */
  readonly place: number;
}

/** The fitted lines of each tenant, tenants in the order in which their heads are locked, each id once. */
export type NewLines = readonly (readonly [tenant: string, lines: readonly NewLine[]])[];

const toNewLine = (activity: Activity, uses: readonly NotedUse[], place: number): NewLine => {
  // What `writeChecks` makes of them: fitted, their members are in the canonical order.
  const checks = JSON.stringify(activity.checks);
  return { activity, body: writeBody(activity, checks), text: writeLineText(activity, checks), uses, place };
};

/** Fits activities and writes their texts. */
export const toNewLines = (entries: readonly ActivityEntry[]): NewLines => {
  const tenants = new Map<string, Map<string, NewLine>>();
  for (const [place, given] of entries.entries()) {
    const activity = fitActivity(given.activity);
    const lines = tenants.get(activity.tenant) ?? new Map<string, NewLine>();
    tenants.set(activity.tenant, lines);
    if (lines.has(activity.id)) continue;
    const uses = given.uses.map((use) => toNotedUse(given.activity.tenant, use));
    lines.set(activity.id, toNewLine(activity, uses, place));
  }
  return [...tenants]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([tenant, lines]) => [tenant, [...lines.values()]]);
};

/** The row of a line at its place. */
export const placeRow = ({ activity, body }: NewLine, link: Link): NewActivityRow =>
  toRow(activity, link, body);
