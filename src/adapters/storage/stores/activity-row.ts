import type { Insertable, Selectable } from 'kysely';
import type { Activity } from '../../../core/activity/activity.ts';
import type { Link } from '../../../core/activity/chain.ts';
import type { JsonObject } from '../../../core/json.ts';
import { parseJsonObject } from '../../../core/json-text.ts';
import type { Database } from '../schema.ts';

type Body = Pick<
  Activity,
  'door' | 'actor' | 'audience' | 'tokenHash' | 'sourceAddress' | 'checks' | 'details'
> &
  Partial<Pick<Activity, 'parameters' | 'presented'>> & { readonly accountName: string | null };

/** A row of `activities` as it is read. */
export type StoredActivity = Selectable<Database['activities']>;

/** A row of `activities` as it is written. */
export type NewActivityRow = Required<Omit<Insertable<Database['activities']>, 'seq'>>;

/** The columns of {@link NewActivityRow}; a test holds them to the table. */
export const activityColumns = [
  'tenant',
  'id',
  'time',
  'type',
  'outcome',
  'reason',
  'account_id',
  'issuer',
  'subject',
  'jti',
  'body',
  'writer',
  'number',
  'previous',
  'hash',
] as const satisfies readonly (keyof NewActivityRow)[];

/** Far beyond what {@link toRow} writes. */
const limits = { maxDepth: 1000, maxMembers: 1_000_000 };

/** Claims of strangers may have any name, and `JSON.parse` misreads some of them (`parseJsonObject` says which). */
const parseBody = (text: string): JsonObject => {
  if (!text.includes('\\')) return JSON.parse(text) as JsonObject;
  const parsed = parseJsonObject(text, limits);
  if (!parsed.ok) throw new SyntaxError(`the body of an activity cannot be read: ${parsed.error.detail}`);
  return parsed.value;
};

/** @throws SyntaxError for a row that is not one we wrote */
export const toActivity = (row: StoredActivity): Activity => {
  const { accountName, parameters = null, presented = [], ...body } = parseBody(row.body) as unknown as Body;
  return {
    tenant: row.tenant,
    id: row.id,
    time: row.time,
    type: row.type,
    outcome: row.outcome,
    reason: row.reason,
    account: row.account_id === null ? null : { id: row.account_id, name: accountName ?? '' },
    issuer: row.issuer,
    subject: row.subject,
    jti: row.jti,
    ...body,
    parameters,
    presented,
  };
};

/** The place of a row in its chain; `null` for one from before there were chains. What is missing of it is `''` or 0. */
export const toLink = ({ writer, number, previous, hash }: StoredActivity): Link | null =>
  writer === null && number === null && previous === null && hash === null
    ? null
    : { writer: writer ?? '', number: number ?? 0, previous: previous ?? '', hash: hash ?? '' };

/** @param activity fitted: what is read back is what was hashed */
export const toRow = (activity: Activity, link: Link): NewActivityRow => {
  const body: Body = {
    accountName: activity.account?.name ?? null,
    door: activity.door,
    actor: activity.actor,
    audience: activity.audience,
    tokenHash: activity.tokenHash,
    sourceAddress: activity.sourceAddress,
    checks: activity.checks,
    // Only refusals have them: the lines of issued tokens stay short.
    ...(activity.parameters === null ? {} : { parameters: activity.parameters }),
    ...(activity.presented.length === 0 ? {} : { presented: activity.presented }),
    details: activity.details,
  };
  return {
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
    body: JSON.stringify(body),
    ...link,
  };
};
