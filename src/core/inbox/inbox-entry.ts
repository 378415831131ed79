import type { JsonObject } from '../json.ts';
import type { RefusalReason } from '../oauth/reasons.ts';
import type { EpochMilliseconds } from '../time.ts';

/** What makes refused attempts one entry of the inbox. */
export interface AttemptIdentity {
  readonly tenant: string;
  /** Who vouches for the token, as it says; the trust domain of a JWT-SVID that does not say. */
  readonly issuer: string;
  readonly subject: string;
  /** Every audience of the token, joined by spaces. */
  readonly audience: string;
  /** Whether a key of a trusted issuer verified the signature. What strangers make up stands apart from what is true. */
  readonly verified: boolean;
}

/** Attempts that were refused because no account was meant, as one node saw them. */
export interface RefusedAttempts extends AttemptIdentity {
  /** An id for the entry, should these be its first attempts. */
  readonly id: string;
  readonly count: number;
  readonly firstSeenAt: EpochMilliseconds;
  readonly lastSeenAt: EpochMilliseconds;
  /** Of the last attempt. */
  readonly reason: RefusalReason;
  readonly door: string | null;
  /** The activity of the last attempt. */
  readonly receipt: string;
  /** A bounded sample of the claims, secrets out; `null` where they were not to be had. */
  readonly claims: JsonObject | null;
}

/** An entry of the inbox, without its sample. */
export type InboxEntry = Omit<RefusedAttempts, 'claims'>;

/** The longest issuer, subject and audience that an entry keeps, in UTF-16 code units. */
export const maxInboxText = 1024;

/** The largest sample, in characters of JSON. */
export const maxInboxClaims = 4096;

/** How many entries a tenant has at most: of verified attempts, and as many of all others. The last seen stay. */
export const maxInboxEntries = 500;
