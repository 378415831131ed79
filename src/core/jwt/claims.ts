import type { Seen } from '../activity/check.ts';
import { type JsonObject, member } from '../json.ts';
import type { EpochSeconds } from '../time.ts';

/** The claims of a third-party token that keeps the rules of the contract (§3). */
export interface ThirdPartyClaims {
  /** The registered issuer that vouches for them: `iss`, or the trust domain of a JWT-SVID. */
  readonly issuer: string;
  readonly subject: string;
  /** At least one, all different. Whether more than one is good is for the federation to say (ST-19). */
  readonly audiences: readonly string[];
  /** Whole seconds, rounded down; `null` in a JWT-SVID that does not say (JWT-SVID §3). */
  readonly issuedAt: EpochSeconds | null;
  /** Whole seconds, rounded down. */
  readonly expiresAt: EpochSeconds;
  readonly jti: string | null;
  /** All claims as they came; read them through `member` (A35). */
  readonly claims: JsonObject;
}

/** What an own-key assertion that keeps the rules of the contract (§3) says. */
export interface AssertionClaims {
  /** The account that vouches for itself, without the tenant around it. */
  readonly accountId: string;
  /** Single-use: to be consumed last, after every other check (CA-14). */
  readonly jti: string;
  /** Whole seconds, rounded down. */
  readonly expiresAt: EpochSeconds;
}

/** Issuer, subject and audience as far as they are strings, for the record of a decision. Nothing of it is verified. */
export const seenInClaims = (claims: JsonObject): Seen => {
  const issuer = member(claims, 'iss');
  const subject = member(claims, 'sub');
  const audience = member(claims, 'aud');
  const seen: { issuer?: string; subject?: string; audience?: string } = {};
  if (typeof issuer === 'string') seen.issuer = issuer;
  if (typeof subject === 'string') seen.subject = subject;
  if (typeof audience === 'string') seen.audience = audience;
  else if (Array.isArray(audience))
    seen.audience = audience.filter((entry) => typeof entry === 'string').join(' ');
  return seen;
};
