import type { Insertable, Selectable } from 'kysely';
import { type Activity, blankActivity, type Outcome } from '../../../core/activity/activity.ts';
import type { Link } from '../../../core/activity/chain.ts';
import type { Database } from '../schema.ts';
import { readBody, writeBody } from './activity-body.ts';

/** A row of `activities` as it is read. */
export type StoredActivity = Selectable<Database['activities']>;

/** A row of `activities` as it is written. */
export type NewActivityRow = Required<Omit<Insertable<Database['activities']>, 'seq'>>;

/** The latest moment a date can hold, in milliseconds since 1970 (ECMA-262 §21.4.1.1). */
const maxTime = 8.64e15;

const outcomes: Readonly<Record<Outcome, true>> = { issued: true, refused: true, changed: true };

/** An engine may hold anything in any column, whatever its type here. */
const isTime = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Math.abs(value as number) <= maxTime;
const isText = (value: unknown): value is string => typeof value === 'string';
const isTextOrNull = (value: unknown): value is string | null => value === null || isText(value);

/** A line of the trail as it was written; `null` for a row that is nothing we ever wrote. */
export const readActivity = (row: StoredActivity): Activity | null => {
  const { tenant, id, time, type, outcome, reason, account_id, issuer, subject, jti } = row;
  const texts: readonly unknown[] = [tenant, id, type, reason, row.body];
  if (!texts.every(isText) || ![account_id, issuer, subject, jti].every(isTextOrNull)) return null;
  const body = isTime(time) && Object.hasOwn(outcomes, outcome) ? readBody(row.body) : null;
  if (body === null) return null;
  const { accountName, ...others } = body;
  if (account_id === null && accountName !== null) return null;
  const account = account_id === null ? null : { id: account_id, name: accountName ?? '' };
  return { tenant, id, time, type, outcome, reason, account, issuer, subject, jti, ...others };
};

/**
 * Whether the body of a row is, letter by letter, the text that its content has: the same content written in another way is
 * not found by every filter. Lines from before there were chains were written by other releases.
 */
export const isAsWritten = (row: StoredActivity, activity: Activity): boolean =>
  row.hash === null || row.body === writeBody(activity);

/** What is shown in place of a row that cannot be read: that it is there, and what can be told of it. */
export const damagedActivity = (row: StoredActivity): Activity => ({
  ...blankActivity,
  tenant: row.tenant,
  id: String(row.id),
  time: isTime(row.time) ? row.time : 0,
  type: 'activity.damaged',
  outcome: 'changed',
  reason: 'damaged',
  details: {
    damaged:
      'What is stored here is no activity as this server writes it: somebody or something changed the database. Check the trail with `bureau activities verify`.',
  },
});

/** A line of the trail, or what is shown in its place. */
export const showActivity = (row: StoredActivity): Activity => readActivity(row) ?? damagedActivity(row);

/** The place of a row in its chain; `null` for one from before there were chains. What is missing of it is `''` or 0. */
export const toLink = ({ writer, number, previous, hash }: StoredActivity): Link | null =>
  writer === null && number === null && previous === null && hash === null
    ? null
    : { writer: writer ?? '', number: number ?? 0, previous: previous ?? '', hash: hash ?? '' };

/**
 * @param activity fitted: what is read back is what was hashed
 * @param body its body, as `writeBody` writes it
 */
export const toRow = (activity: Activity, link: Link, body = writeBody(activity)): NewActivityRow => ({
  tenant: activity.tenant,
  id: activity.id,
  time: activity.time,
  type: activity.type,
  outcome: activity.outcome,
  reason: activity.reason,
  account_id: activity.account?.id ?? null,
  issuer: activity.issuer,
  subject: activity.subject,
  jti: activity.jti,
  body,
  ...link,
});
