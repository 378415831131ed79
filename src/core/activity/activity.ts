import type { JsonObject } from '../json.ts';
import type { ShownParameters } from '../oauth/show-parameters.ts';
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

/** A token of a request that was refused: what could be read of it, never the token and never its signature (A102). */
export interface PresentedJwt {
  /** Where it stood: the name of a form parameter, or `authorization` for the header. */
  readonly parameter: string;
  /** `null` where it is no JSON object in base64url. */
  readonly header: JsonObject | null;
  /** As {@link header}; of an encrypted token nothing can be read. */
  readonly claims: JsonObject | null;
  /** Whether its signature was checked and good; until then anybody may have written header and claims. */
  readonly verified: boolean;
}

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
  /** For a refusal: the form parameters, secrets out; `null` where none could be read. */
  readonly parameters: ShownParameters | null;
  /** For a refusal: the tokens it came with. */
  readonly presented: readonly PresentedJwt[];
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
  parameters: null,
  presented: [],
  details: null,
} as const satisfies Partial<Activity>;
