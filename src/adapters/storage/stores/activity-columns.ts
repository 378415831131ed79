import type { NewActivityRow } from './activity-row.ts';

/** The columns that a line is written to: first those of what it says, then those of its place. A test holds them to the table. */
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
