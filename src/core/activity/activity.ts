import type { EpochMilliseconds } from '../time.ts';
import type { Check } from './check.ts';

/** Who an activity is about or who did it, by the name of that time. */
export interface Party {
  readonly id: string;
  readonly name: string;
}

/** An account as an activity names it. */
export const partyOf = ({ id, name }: Party): Party => ({ id, name });

/** What became of it (contract §5). */
export type Outcome = 'issued' | 'refused' | 'changed';

/** One line of the audit trail; `id` is also the receipt a refused caller gets (contract §5). */
export interface Activity {
  readonly tenant: string;
  readonly id: string;
  readonly time: EpochMilliseconds;
  /** What kind of event, for example `token`, `service-account.create`. */
  readonly type: string;
  readonly outcome: Outcome;
  /** A refusal reason, `issued`, or for a change a short word such as `created`. */
  readonly reason: string;
  /** The door of the token endpoint, or `null` for an act of administration. */
  readonly door: string | null;
  /** The service account concerned. */
  readonly account: Party | null;
  /** The administrator, or the service account itself, that acted. */
  readonly actor: Party | null;
  readonly issuer: string | null;
  readonly subject: string | null;
  readonly audience: string | null;
  /** `jti` of the token issued or revoked. */
  readonly jti: string | null;
  /** Base64url SHA-256 of the presented token; finds it again without keeping it. */
  readonly tokenHash: string | null;
  /** The socket's address, or what a trusted proxy said. */
  readonly sourceAddress: string | null;
  readonly checks: readonly Check[];
  /** For a change: which members, never a secret. For a summary of strangers: the counts. */
  readonly details: Readonly<Record<string, string | number | boolean | null | readonly string[]>> | null;
}

/** The members that say nothing where there is nothing to say. */
export const blankActivity = {
  door: null,
  account: null,
  actor: null,
  issuer: null,
  subject: null,
  audience: null,
  jti: null,
  tokenHash: null,
  sourceAddress: null,
  checks: [],
  details: null,
} as const satisfies Partial<Activity>;
