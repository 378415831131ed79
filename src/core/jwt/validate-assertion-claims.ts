import { failed, grant, passed, refuse, type Verdict } from '../activity/check.ts';
import { everyVerdict } from '../activity/every-verdict.ts';
import { present } from '../activity/present.ts';
import { type JsonObject, member } from '../json.ts';
import { hintAudience } from '../trust/hint-audience.ts';
import { type EpochSeconds, maxAssertionLifetimeSeconds } from '../time.ts';
import { checkExpiry, checkIssuedAt, checkLifetime, checkNotBefore, relative } from './check-times.ts';
import type { AssertionClaims } from './claims.ts';
import { readAudiences, readJti, readText } from './read-claim.ts';

/** What the claims of an own-key assertion are held against. */
export interface AssertionRules {
  readonly tenant: string;
  /** Our issuer identifier for this tenant. */
  readonly issuer: string;
  /** Further literals the tenant accepts as `aud`, for clients that cannot change. */
  readonly assertionAudiences: readonly string[];
  readonly now: EpochSeconds;
}

/**
 * Own-key assertion rules of the contract (§3), as the checks `claims.iss`, `.aud`, `.jti`, `.exp`, `.iat`, `.lifetime`,
 * `.nbf`. All of them are made; the first that fails gives the reason (CA-06 to CA-09, CA-11 to CA-15; A27, A60). To be
 * called after the signature is verified with a key of the account; that `jti` is new is checked last, elsewhere.
 */
export const validateAssertionClaims = (
  claims: JsonObject,
  rules: AssertionRules,
): Verdict<AssertionClaims> => {
  const verdict = everyVerdict({
    accountId: checkSelfIssued(claims, rules.tenant),
    audience: checkSoleAudience(claims, rules),
    jti: checkJti(claims),
    expiresAt: checkExpiryAhead(claims, rules.now),
    ...timesFromIssue(claims, rules.now),
    notBefore: checkNotBefore(claims, rules.now),
  });
  if (!verdict.ok) return verdict;
  const { accountId, jti, expiresAt } = verdict.value;
  return grant({ accountId, jti, expiresAt }, verdict.checks);
};

/**
 * The account an assertion says it comes from, or `null` where `iss` and `sub` are not one string. Unverified: only good
 * for finding the keys to verify it with.
 */
export const accountIdOfAssertion = (claims: JsonObject, tenant: string): string | null => {
  const issuer = readText(claims, 'iss');
  const subject = readText(claims, 'sub');
  if (!issuer.ok || !subject.ok || issuer.value !== subject.value) return null;
  const id = accountIdWithoutTenant(subject.value, tenant);
  return id === '' ? null : id;
};

/** `<id>`, `<tenant>.<id>` and `<tenant>.<id>.ExternalServiceAccount` all name the account `<id>` (contract §3). */
export const accountIdWithoutTenant = (subject: string, tenant: string): string => {
  const prefix = `${tenant}.`;
  const suffix = '.ExternalServiceAccount';
  if (!subject.startsWith(prefix)) return subject;
  const id = subject.slice(prefix.length);
  return id.endsWith(suffix) ? id.slice(0, -suffix.length) : id;
};

const checkSelfIssued = (claims: JsonObject, tenant: string): Verdict<string> => {
  const issuer = readText(claims, 'iss');
  if (!issuer.ok) return issuer;
  const subject = readText(claims, 'sub');
  if (!subject.ok) return subject;
  const expected = 'the same account id in iss and sub';
  const accountId = accountIdOfAssertion(claims, tenant);
  return accountId === null
    ? refuse('assertion_subject_mismatch', [
        failed(
          'claims.iss',
          expected,
          present({ iss: issuer.value, sub: subject.value }),
          'Put the clientId of the account into both.',
        ),
      ])
    : grant(accountId, () => [passed('claims.iss', expected, present(subject.value))]);
};

/** One audience, and it is ours: an assertion that another server may read too could be replayed here (CA-07, A27). */
const checkSoleAudience = (claims: JsonObject, rules: AssertionRules): Verdict<null> => {
  const audiences = readAudiences(claims);
  if (!audiences.ok) return withHint(audiences, 'Send our issuer identifier.');
  const accepted = [rules.issuer, ...rules.assertionAudiences];
  const expected = (): string => `${accepted.join(' or ')}, alone`;
  const presented = (): string => present(member(claims, 'aud'));
  const [sole, ...others] = audiences.value;
  if (others.length > 0) {
    const hint =
      'Send our issuer identifier alone: whoever else the assertion is for could send it here before you do.';
    return refuse('audience_several', [failed('claims.aud', expected(), presented(), hint)]);
  }
  return sole !== undefined && accepted.includes(sole)
    ? grant(null, () => [passed('claims.aud', expected(), presented())])
    : refuse('audience_mismatch', [
        failed(
          'claims.aud',
          expected(),
          presented(),
          [
            sole === undefined ? undefined : hintAudience(rules.issuer, sole),
            `Send our issuer identifier, ${rules.issuer}. For a client that cannot change, add its literal to assertionAudiences of the tenant.`,
          ]
            .filter((sentence) => sentence !== undefined)
            .join(' '),
        ),
      ]);
};

const checkJti = (claims: JsonObject): Verdict<string> => {
  const jti = readJti(claims);
  if (!jti.ok)
    return withHint(jti, 'An assertion works once. Give each one a jti of its own, a UUID for example.');
  return grant(jti.value, () => [passed('claims.jti', 'a string, never used before', present(jti.value))]);
};

const checkExpiryAhead = (claims: JsonObject, now: EpochSeconds): Verdict<EpochSeconds> => {
  const expiry = checkExpiry(claims, now);
  if (!expiry.ok) return expiry;
  const expected = (): string => `after ${now}, at most ${now + maxAssertionLifetimeSeconds}`;
  const presented = (): string => relative(expiry.value, now);
  return expiry.value <= now + maxAssertionLifetimeSeconds
    ? grant(expiry.value, () => [passed('claims.exp', expected(), presented())])
    : refuse('expires_too_far_ahead', [
        failed(
          'claims.exp',
          expected(),
          presented(),
          'Make the assertion right before it is sent and let it live a minute.',
        ),
      ]);
};

/** `iat` is optional here (CA-12); nothing can be measured from what is not there. */
const timesFromIssue = (claims: JsonObject, now: EpochSeconds) =>
  member(claims, 'iat') === undefined
    ? { issuedAt: grant(null, [passed('claims.iat', 'absent, or a time', 'absent')]) }
    : {
        issuedAt: checkIssuedAt(claims, now),
        lifetime: checkLifetime(
          claims,
          maxAssertionLifetimeSeconds,
          () => 'Let the assertion live a minute.',
        ),
      };

/** The refusal of a reader, which knows the claim and not what it is for, with what to do about it. */
const withHint = (refusal: Extract<Verdict<unknown>, { ok: false }>, hint: string): Verdict<never> =>
  refuse(
    refusal.reason,
    refusal.checks.map((check) => ({ ...check, hint })),
  );
