import { failed, grant, passed, refuse, type Verdict } from '../activity/check.ts';
import { everyVerdict } from '../activity/every-verdict.ts';
import { present } from '../activity/present.ts';
import type { JsonObject } from '../json.ts';
import { type EpochSeconds, maxThirdPartyLifetimeSeconds } from '../time.ts';
import {
  checkExpiry,
  checkIssuedAt,
  checkLifetime,
  checkNotBefore,
  type IssuerClock,
} from './check-times.ts';
import { hintSpelling } from '../trust/hint-spelling.ts';
import type { ThirdPartyClaims } from './claims.ts';
import { checkAudiences, checkJti, checkNotBoundToKey } from './check-bearer-claims.ts';
import { readText } from './read-claim.ts';

/** What the claims of a third-party token are held against. */
export interface ThirdPartyRules {
  /** The registered issuer whose key verified the token. */
  readonly issuer: string;
  readonly now: EpochSeconds;
  /** What is known of the clock of the issuer, for the hints alone. */
  readonly clock?: IssuerClock;
  /** For an issuer whose tokens work once (contract §3, `replay: "single-use"`). */
  readonly requireJti: boolean;
}

/**
 * Third-party token rules of the contract (§3), as the checks `claims.iss`, `.sub`, `.aud`, `.iat`, `.exp`, `.lifetime`,
 * `.nbf`, `.jti`, `.cnf`. All of them are made; the first that fails gives the reason (ST-12, ST-15, ST-18, ST-22 to
 * ST-27, ST-30; A21 to A26). To be called after the signature is verified, never before (ST-32).
 */
export const validateThirdPartyClaims = (
  claims: JsonObject,
  rules: ThirdPartyRules,
): Verdict<ThirdPartyClaims> => {
  const verdict = everyVerdict({
    issuer: checkIssuer(claims, rules.issuer),
    subject: checkSubject(claims),
    audiences: checkAudiences(claims),
    issuedAt: checkIssuedAt(claims, rules.now, rules.clock),
    expiresAt: checkExpiry(claims, rules.now, rules.clock),
    lifetime: checkLifetime(claims, maxThirdPartyLifetimeSeconds, hintForLifetime),
    notBefore: checkNotBefore(claims, rules.now, rules.clock),
    jti: checkJti(claims, rules.requireJti),
    confirmation: checkNotBoundToKey(claims),
  });
  if (!verdict.ok) return verdict;
  const { issuer, subject, audiences, issuedAt, expiresAt, jti } = verdict.value;
  return grant({ issuer, subject, audiences, issuedAt, expiresAt, jti, claims }, verdict.checks);
};

/** Code point by code point: no trimming, no case folding, no slash added or taken away (ST-12, A28). */
const checkIssuer = (claims: JsonObject, expected: string): Verdict<string> => {
  const issuer = readText(claims, 'iss');
  if (!issuer.ok) return issuer;
  return issuer.value === expected
    ? grant(issuer.value, () => [passed('claims.iss', expected, expected)])
    : refuse('issuer_unknown', [
        failed('claims.iss', expected, present(issuer.value), hintSpelling(expected, issuer.value)),
      ]);
};

const checkSubject = (claims: JsonObject): Verdict<string> => {
  const subject = readText(claims, 'sub');
  if (!subject.ok) return subject;
  return grant(subject.value, () => [
    passed('claims.sub', 'a string that is not empty', present(subject.value)),
  ]);
};

const hintForLifetime = (): string =>
  'Have the workload ask its platform for a token that lives minutes; two hours are the most.';
