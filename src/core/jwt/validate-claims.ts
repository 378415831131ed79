import { failed, grant, passed, refuse, type Verdict } from '../activity/check.ts';
import { everyVerdict } from '../activity/every-verdict.ts';
import { present } from '../activity/present.ts';
import { type JsonObject, member } from '../json.ts';
import { type EpochSeconds, maxThirdPartyLifetimeSeconds } from '../time.ts';
import { checkExpiry, checkIssuedAt, checkLifetime, checkNotBefore } from './check-times.ts';
import type { ThirdPartyClaims } from './claims.ts';
import { readAudiences, readJti, readText } from './read-claim.ts';

/** What the claims of a third-party token are held against. */
export interface ThirdPartyRules {
  /** The registered issuer whose key verified the token. */
  readonly issuer: string;
  readonly now: EpochSeconds;
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
    issuedAt: checkIssuedAt(claims, rules.now),
    expiresAt: checkExpiry(claims, rules.now),
    lifetime: checkLifetime(claims, maxThirdPartyLifetimeSeconds, hintForLifetime),
    notBefore: checkNotBefore(claims, rules.now),
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
    ? grant(issuer.value, [passed('claims.iss', expected, expected)])
    : refuse('issuer_unknown', [failed('claims.iss', expected, present(issuer.value))]);
};

const checkSubject = (claims: JsonObject): Verdict<string> => {
  const subject = readText(claims, 'sub');
  if (!subject.ok) return subject;
  return grant(subject.value, [passed('claims.sub', 'a string that is not empty', present(subject.value))]);
};

const checkAudiences = (claims: JsonObject): Verdict<readonly string[]> => {
  const audiences = readAudiences(claims);
  if (!audiences.ok) return audiences;
  return grant(audiences.value, [
    passed('claims.aud', 'one or more audiences', present(member(claims, 'aud'))),
  ]);
};

const checkJti = (claims: JsonObject, required: boolean): Verdict<string | null> => {
  const expected = required ? 'a string: tokens of this issuer work once' : 'absent, or a string';
  const value = member(claims, 'jti');
  if (value === undefined && !required) return grant(null, [passed('claims.jti', expected, 'absent')]);
  const jti = readJti(claims);
  if (!jti.ok) return jti;
  return grant(jti.value, [passed('claims.jti', expected, present(value))]);
};

/** Such a token is worth nothing without a proof that nobody asks for here; taken as a bearer token it could be stolen (ST-30). */
const checkNotBoundToKey = (claims: JsonObject): Verdict<null> => {
  const expected = 'absent: a bearer token';
  const cnf = member(claims, 'cnf');
  return cnf === undefined
    ? grant(null, [passed('claims.cnf', expected, 'absent')])
    : refuse('token_bound_to_a_key', [
        failed(
          'claims.cnf',
          expected,
          present(cnf),
          'The token is bound to a key of its holder (RFC 7800) and does not count alone. Ask the issuer for a bearer token.',
        ),
      ]);
};

const hintForLifetime = (seconds: number): string =>
  seconds > 21_600
    ? 'Tokens that EKS, AKS and Azure managed identities hand out by default live 24 h. Ask for a projected service account token with expirationSeconds of at most 7200.'
    : 'Ask the issuer for a shorter life: Kubernetes has expirationSeconds on a projected token; GitLab follows the timeout of the job.';
