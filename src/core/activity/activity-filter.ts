import type { EpochMilliseconds } from '../time.ts';
import type { Activity, Outcome } from './activity.ts';

/** What a list or an export of activities may be narrowed by; every given member must hold. */
export interface ActivityFilter {
  /** First millisecond included. */
  readonly from?: EpochMilliseconds;
  /** First millisecond not included. */
  readonly to?: EpochMilliseconds;
  readonly type?: string;
  readonly outcome?: Outcome;
  readonly reason?: string;
  /** Id of the service account concerned. */
  readonly account?: string;
  /** Id of the account that acted. */
  readonly actor?: string;
  readonly issuer?: string;
  readonly subject?: string;
  readonly door?: string;
  readonly audience?: string;
  readonly jti?: string;
  /** The id of the line. */
  readonly receipt?: string;
  readonly tokenHash?: string;
  readonly sourceAddress?: string;
  /** Text anywhere in the line as JSON; A to Z in either case. */
  readonly q?: string;
}

/** A to Z alone: what both databases fold in the same way. */
export const foldCase = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** `text` as it stands inside a JSON string. */
export const insideJson = (text: string): string => JSON.stringify(text).slice(1, -1);

const equal = (wanted: string | undefined, value: string | null | undefined): boolean =>
  wanted === undefined || wanted === value;

/** Whether a line fits. Long texts are compared as they are: whoever asks cuts what was cut when it was stored. */
export const fitsFilter = (activity: Activity, filter: ActivityFilter): boolean =>
  activity.time >= (filter.from ?? Number.NEGATIVE_INFINITY) &&
  activity.time < (filter.to ?? Number.POSITIVE_INFINITY) &&
  equal(filter.receipt, activity.id) &&
  equal(filter.type, activity.type) &&
  equal(filter.outcome, activity.outcome) &&
  equal(filter.reason, activity.reason) &&
  equal(filter.account, activity.account?.id) &&
  equal(filter.actor, activity.actor?.id) &&
  equal(filter.issuer, activity.issuer) &&
  equal(filter.subject, activity.subject) &&
  equal(filter.door, activity.door) &&
  equal(filter.audience, activity.audience) &&
  equal(filter.jti, activity.jti) &&
  equal(filter.tokenHash, activity.tokenHash) &&
  equal(filter.sourceAddress, activity.sourceAddress) &&
  (filter.q === undefined || foldCase(JSON.stringify(activity)).includes(foldCase(insideJson(filter.q))));
