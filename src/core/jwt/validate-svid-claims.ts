import { failed, grant, passed, refuse, type Verdict } from '../activity/check.ts';
import { everyVerdict } from '../activity/every-verdict.ts';
import { present } from '../activity/present.ts';
import { type JsonObject, member } from '../json.ts';
import { parseSpiffeId } from '../spiffe/spiffe-id.ts';
import { type EpochSeconds, maxAssertionLifetimeSeconds, maxThirdPartyLifetimeSeconds } from '../time.ts';
import { checkAudiences, checkJti, checkNotBoundToKey } from './check-bearer-claims.ts';
import {
  checkExpiry,
  checkIssuedAt,
  checkLifetime,
  checkNotBefore,
  type IssuerClock,
  relative,
} from './check-times.ts';
import type { ThirdPartyClaims } from './claims.ts';
import { readText } from './read-claim.ts';

/** What the claims of a JWT-SVID are held against. */
export interface SvidRules {
  /** The registered issuer whose bundle verified it, and the trust domain that is. */
  readonly issuer: string;
  readonly trustDomain: string;
  readonly now: EpochSeconds;
  readonly requireJti: boolean;
  /** What is known of the clock of the trust domain, for the hints alone. */
  readonly clock?: IssuerClock;
  /** Our issuer identifier where the JWT-SVID authenticates a client (CA-21); `null` where it is exchanged. */
  readonly authenticatesAt: string | null;
}

/**
 * The claims of another trust domain's JWT-SVID, as the checks `claims.sub`, `.aud`, `.iat`, `.exp`, `.lifetime`, `.nbf`,
 * `.jti`, `.cnf` (JWT-SVID §3, §4; SV-16, SV-17; contract §3). Unlike other third-party tokens it need not say who issued
 * it, nor when. To be called after the signature is verified, never before (ST-32).
 */
export const validateSvidClaims = (claims: JsonObject, rules: SvidRules): Verdict<ThirdPartyClaims> => {
  const { issuer, now, authenticatesAt } = rules;
  const verdict = everyVerdict({
    subject: checkSubject(claims, rules.trustDomain),
    audiences: authenticatesAt === null ? checkAudiences(claims) : checkSoleAudience(claims, authenticatesAt),
    issuedAt: checkIssue(claims, rules),
    expiresAt: checkTimeLeft(claims, rules),
    lifetime: checkLife(claims),
    notBefore: checkNotBefore(claims, now, rules.clock),
    jti: checkJti(claims, rules.requireJti),
    confirmation: checkNotBoundToKey(claims),
  });
  if (!verdict.ok) return verdict;
  const { subject, audiences, issuedAt, expiresAt, jti } = verdict.value;
  return grant({ issuer, subject, audiences, issuedAt, expiresAt, jti, claims }, verdict.checks);
};

/** A workload of the trust domain: the domain itself, without a path, is none (JWT-SVID §3.1). */
const checkSubject = (claims: JsonObject, trustDomain: string): Verdict<string> => {
  const subject = readText(claims, 'sub');
  if (!subject.ok) return subject;
  const expected = `the SPIFFE ID of a workload of ${trustDomain}`;
  const id = parseSpiffeId(subject.value);
  return id.ok && id.value.trustDomain === trustDomain && id.value.path !== ''
    ? grant(subject.value, [passed('claims.sub', expected, present(subject.value))])
    : refuse('claim_malformed', [
        failed('claims.sub', expected, present(subject.value), id.ok ? undefined : id.error),
      ]);
};

/** A client assertion is for us alone: whoever else may read it could send it here (CA-07, CA-21). */
const checkSoleAudience = (claims: JsonObject, issuer: string): Verdict<readonly string[]> => {
  const audiences = checkAudiences(claims);
  if (!audiences.ok) return audiences;
  const [sole, ...others] = audiences.value;
  const expected = `${issuer}, alone`;
  const presented = present(member(claims, 'aud'));
  if (sole === issuer && others.length === 0)
    return grant(audiences.value, [passed('claims.aud', expected, presented)]);
  return refuse(audiences.value.includes(issuer) ? 'audience_several' : 'audience_mismatch', [
    failed('claims.aud', expected, presented, 'Fetch a JWT-SVID for our issuer identifier and nothing else.'),
  ]);
};

const checkIssue = (
  claims: JsonObject,
  { now, clock }: Pick<SvidRules, 'now' | 'clock'>,
): Verdict<EpochSeconds | null> =>
  member(claims, 'iat') === undefined
    ? grant(null, [passed('claims.iat', 'absent, or a time', 'absent')])
    : checkIssuedAt(claims, now, clock);

/** What can be measured where `iat` is there. */
const checkLife = (claims: JsonObject): Verdict<null> =>
  member(claims, 'iat') === undefined
    ? grant(null)
    : checkLifetime(claims, maxThirdPartyLifetimeSeconds, () => hintForLife);

/** What is left of a life: bounded where nothing says when it began, and for a client assertion, which nobody uses up (CA-21). */
const checkTimeLeft = (
  claims: JsonObject,
  { now, clock, authenticatesAt }: Pick<SvidRules, 'now' | 'clock' | 'authenticatesAt'>,
): Verdict<EpochSeconds> => {
  const expiry = checkExpiry(claims, now, clock);
  const mostSeconds = authenticatesAt === null ? maxThirdPartyLifetimeSeconds : maxAssertionLifetimeSeconds;
  const isMeasured = authenticatesAt === null && member(claims, 'iat') !== undefined;
  if (!expiry.ok || isMeasured) return expiry;
  const expected = `after ${now}, at most ${now + mostSeconds}`;
  const presented = relative(expiry.value, now);
  return expiry.value <= now + mostSeconds
    ? grant(expiry.value, [passed('claims.exp', expected, presented)])
    : refuse('expires_too_far_ahead', [failed('claims.exp', expected, presented, hintForLife)]);
};

const hintForLife =
  'Shorten the life of JWT-SVIDs at their server: SPIRE has default_jwt_svid_ttl and, on an entry, jwtSVIDTTL.';
