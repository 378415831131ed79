import { describe, expect, it } from 'vitest';
import { type SvidRules, validateSvidClaims } from '../../../src/core/jwt/validate-svid-claims.ts';
import type { JsonObject, JsonValue } from '../../../src/core/json.ts';

const now = 1_790_000_000;
const sub = 'spiffe://td.example/ns/payments/sa/deploy';
const rules: SvidRules = {
  issuer: 'spiffe://td.example',
  trustDomain: 'td.example',
  now,
  requireJti: false,
  authenticatesAt: null,
};
const client: SvidRules = { ...rules, authenticatesAt: 'https://sts.example' };
const good = { sub, aud: ['reports'], iat: now, exp: now + 300 };
/** The outcome for the good claims with `changes`; `undefined` leaves a claim out. */
const outcome = (changes: Readonly<Record<string, JsonValue | undefined>>, by: SvidRules = rules): string => {
  const claims = JSON.parse(JSON.stringify({ ...good, ...changes })) as JsonObject;
  const verdict = validateSvidClaims(claims, by);
  return verdict.ok ? 'good' : verdict.reason;
};

describe('the claims of a JWT-SVID (JWT-SVID §3, §4)', () => {
  it('SV-16 give subject, audiences and times, and the trust domain as issuer', () => {
    const verdict = validateSvidClaims({ ...good, jti: 'x' }, rules);
    expect(verdict).toMatchObject({
      ok: true,
      value: {
        issuer: 'spiffe://td.example',
        subject: sub,
        audiences: ['reports'],
        issuedAt: now,
        expiresAt: now + 300,
        jti: 'x',
      },
    });
  });

  it.each<[string, Readonly<Record<string, JsonValue | undefined>>, string]>([
    ['without iss, iat and jti', { iat: undefined }, 'good'],
    ['whatever its iss says', { iss: 'https://somebody.example' }, 'good'],
    ['aud a string', { aud: 'reports' }, 'good'],
    ['several audiences are for the federation to judge', { aud: ['reports', 'other'] }, 'good'],
    ['no aud', { aud: undefined }, 'claim_missing'],
    ['aud empty', { aud: [] }, 'claim_malformed'],
    ['no exp', { exp: undefined }, 'claim_missing'],
    ['exp a text', { exp: `${now + 300}` }, 'claim_malformed'],
    ['exp now', { exp: now }, 'expired'],
    ['exp past', { exp: now - 1 }, 'expired'],
    ['7200 s with iat', { exp: now + 7200 }, 'good'],
    ['7201 s with iat', { exp: now + 7201 }, 'lifetime_too_long'],
    ['7200 s without iat', { iat: undefined, exp: now + 7200 }, 'good'],
    ['7201 s without iat', { iat: undefined, exp: now + 7201 }, 'expires_too_far_ahead'],
    ['an old one whose life was too long', { iat: now - 7000, exp: now + 300 }, 'lifetime_too_long'],
    ['iat 60 s ahead', { iat: now + 60, exp: now + 300 }, 'good'],
    ['iat 61 s ahead', { iat: now + 61, exp: now + 300 }, 'issued_in_the_future'],
    ['iat a text', { iat: `${now}` }, 'claim_malformed'],
    ['iat null', { iat: null }, 'claim_malformed'],
    ['nbf to come', { nbf: now + 61 }, 'not_yet_valid'],
    ['jti a number', { jti: 1 }, 'claim_malformed'],
    ['cnf', { cnf: { jwk: {} } }, 'token_bound_to_a_key'],
    ['no sub', { sub: undefined }, 'claim_missing'],
    ['sub no SPIFFE ID', { sub: 'deploy' }, 'claim_malformed'],
    ['SV-17 sub of another trust domain', { sub: 'spiffe://other.example/x' }, 'claim_malformed'],
    ['sub the trust domain itself', { sub: 'spiffe://td.example' }, 'claim_malformed'],
    ['SV-05 sub not canonical', { sub: 'spiffe://TD.example/x' }, 'claim_malformed'],
    ['sub with a dot segment', { sub: 'spiffe://td.example/a/../b' }, 'claim_malformed'],
  ])('SV-16 %s', (_what, changes, expected) => expect(outcome(changes)).toBe(expected));

  it('a jti is wanted where tokens work once', () => {
    expect(outcome({}, { ...rules, requireJti: true })).toBe('claim_missing');
    expect(outcome({ jti: 'x' }, { ...rules, requireJti: true })).toBe('good');
  });

  it.each<[string, Readonly<Record<string, JsonValue | undefined>>, string]>([
    ['our issuer as a string', { aud: 'https://sts.example' }, 'good'],
    ['our issuer as the one of an array', { aud: ['https://sts.example'] }, 'good'],
    ['a second audience', { aud: ['https://sts.example', 'reports'] }, 'audience_several'],
    ['our issuer twice', { aud: ['https://sts.example', 'https://sts.example'] }, 'claim_malformed'],
    ['another audience', { aud: 'reports' }, 'audience_mismatch'],
    ['the token endpoint', { aud: 'https://sts.example/token' }, 'audience_mismatch'],
    ['a slash more', { aud: 'https://sts.example/' }, 'audience_mismatch'],
    ['3600 s left', { aud: 'https://sts.example', exp: now + 3600 }, 'good'],
    ['3601 s left', { aud: 'https://sts.example', exp: now + 3601 }, 'expires_too_far_ahead'],
    [
      '3600 s left of a longer life',
      { aud: 'https://sts.example', iat: now - 3600, exp: now + 3600 },
      'good',
    ],
    [
      '3601 s left without iat',
      { aud: 'https://sts.example', iat: undefined, exp: now + 3601 },
      'expires_too_far_ahead',
    ],
  ])('CA-21 as client authentication: %s', (_what, changes, expected) =>
    expect(outcome(changes, client)).toBe(expected),
  );
});
