import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import {
  accountIdOfAssertion,
  validateAssertionClaims,
} from '../../../src/core/jwt/validate-assertion-claims.ts';
import type { RefusalReason } from '../../../src/core/oauth/reasons.ts';
import { testNow as now } from '../../support/jws.ts';
import { expectGranted, expectRefused } from '../../support/verdicts.ts';
import { checksOf } from '../../../src/core/activity/check.ts';

const id = '0b8e4a52-6a30-4f9b-b169-8beb8202f723';
const issuer = 'https://sts.example.com/t/acme';
const literal = 'api.venafi.cloud/v1/oauth/token/serviceaccount';
const good = { iss: id, sub: id, aud: issuer, jti: 'j-1', iat: now, exp: now + 60 };

const validate = (changes: Record<string, unknown>, assertionAudiences: readonly string[] = []) => {
  const claims = JSON.parse(JSON.stringify({ ...good, ...changes })) as JsonObject;
  return validateAssertionClaims(claims, { tenant: 'acme', issuer, assertionAudiences, now });
};
const named = (name: string) => ({ iss: name, sub: name });

describe('own-key assertions that keep the rules', () => {
  it('are narrowed, and every check is shown', () => {
    const verdict = validate({});
    expect(expectGranted(verdict)).toEqual({ accountId: id, jti: 'j-1', expiresAt: now + 60 });
    expect(checksOf(verdict).map(({ check }) => check)).toEqual([
      'claims.iss',
      'claims.aud',
      'claims.jti',
      'claims.exp',
      'claims.iat',
      'claims.lifetime',
      'claims.nbf',
    ]);
  });

  it.each([id, `acme.${id}`, `acme.${id}.ExternalServiceAccount`])('CA-06 iss and sub are %s', (name) => {
    expect(expectGranted(validate(named(name))).accountId).toBe(id);
  });

  it.each<[string, Record<string, unknown>]>([
    ['CA-07 aud in an array of one', { aud: [issuer] }],
    ['CA-12 a life of 3600 s', { exp: now + 3600 }],
    ['CA-12 no iat', { iat: undefined, exp: now + 3600 }],
    ['CA-11 exp one second ahead', { exp: now + 1 }],
    ['CA-13 nbf 60 s ahead', { nbf: now + 60 }],
    ['iat 60 s ahead', { iat: now + 60, exp: now + 120 }],
    ['CA-15 a jti of 256 bytes', { jti: 'j'.repeat(256) }],
  ])('%s', (_, changes) => {
    expectGranted(validate(changes));
  });

  it('a literal the tenant lists is accepted as aud, alone', () => {
    expectGranted(validate({ aud: literal }, [literal]));
    expectGranted(validate({ aud: [literal] }, [literal]));
    expectRefused(validate({ aud: literal }), 'audience_mismatch', 'claims.aud');
    expectRefused(validate({ aud: [issuer, literal] }, [literal]), 'audience_several', 'claims.aud');
  });
});

describe('own-key assertions that break a rule', () => {
  it.each<[string, Record<string, unknown>, RefusalReason, string]>([
    ['CA-06 A60 iss is not sub', { iss: 'other' }, 'assertion_subject_mismatch', 'claims.iss'],
    [
      'CA-06 iss and sub name one account in two forms',
      { iss: `acme.${id}` },
      'assertion_subject_mismatch',
      'claims.iss',
    ],
    ['CA-06 only the tenant is named', named('acme.'), 'assertion_subject_mismatch', 'claims.iss'],
    ['CA-06 no iss', { iss: undefined }, 'claim_missing', 'claims.iss'],
    ['A60 no sub', { sub: undefined }, 'claim_missing', 'claims.sub'],
    ['CA-06 a numeric iss and sub', { iss: 7, sub: 7 }, 'claim_malformed', 'claims.iss'],
    ['CA-07 two audiences', { aud: [issuer, 'https://other.example'] }, 'audience_several', 'claims.aud'],
    ['CA-07 the audience twice', { aud: [issuer, issuer] }, 'claim_malformed', 'claims.aud'],
    ['CA-07 an empty array', { aud: [] }, 'claim_malformed', 'claims.aud'],
    ['A27 another server', { aud: 'https://other.example' }, 'audience_mismatch', 'claims.aud'],
    ['CA-08 A27 the token endpoint', { aud: `${issuer}/token` }, 'audience_mismatch', 'claims.aud'],
    ['CA-09 A27 a slash added', { aud: `${issuer}/` }, 'audience_mismatch', 'claims.aud'],
    [
      'CA-09 an upper-case host',
      { aud: 'https://STS.example.com/t/acme' },
      'audience_mismatch',
      'claims.aud',
    ],
    ['CA-09 a port', { aud: 'https://sts.example.com:443/t/acme' }, 'audience_mismatch', 'claims.aud'],
    [
      'the issuer of the server, not of the tenant',
      { aud: 'https://sts.example.com' },
      'audience_mismatch',
      'claims.aud',
    ],
    ['no aud', { aud: undefined }, 'claim_missing', 'claims.aud'],
    ['CA-14 A41 no jti', { jti: undefined }, 'claim_missing', 'claims.jti'],
    ['CA-15 an empty jti', { jti: '' }, 'claim_malformed', 'claims.jti'],
    ['CA-15 A41 a jti of 257 bytes', { jti: 'j'.repeat(257) }, 'claim_malformed', 'claims.jti'],
    ['a numeric jti', { jti: 1 }, 'claim_malformed', 'claims.jti'],
    ['CA-11 no exp', { exp: undefined }, 'claim_missing', 'claims.exp'],
    ['CA-11 exp as a string', { exp: String(now + 60) }, 'claim_malformed', 'claims.exp'],
    ['A60 expired 1 s ago', { iat: now - 60, exp: now - 1 }, 'expired', 'claims.exp'],
    ['A60 expired 5 min ago', { iat: now - 360, exp: now - 300 }, 'expired', 'claims.exp'],
    [
      'CA-12 exp 3601 s ahead, no iat',
      { iat: undefined, exp: now + 3601 },
      'expires_too_far_ahead',
      'claims.exp',
    ],
    [
      'CA-12 exp 3601 s ahead with an iat ahead',
      { iat: now + 30, exp: now + 3601 },
      'expires_too_far_ahead',
      'claims.exp',
    ],
    ['A60 a life of a year', { exp: now + 31_536_000 }, 'expires_too_far_ahead', 'claims.exp'],
    [
      'CA-12 A60 a life of 3601 s',
      { iat: now - 10, exp: now + 3591 },
      'lifetime_too_long',
      'claims.lifetime',
    ],
    ['exp equal to iat', { iat: now + 10, exp: now + 10 }, 'lifetime_not_positive', 'claims.lifetime'],
    ['CA-12 iat 61 s ahead', { iat: now + 61, exp: now + 100 }, 'issued_in_the_future', 'claims.iat'],
    ['iat null', { iat: null }, 'claim_malformed', 'claims.iat'],
    ['CA-13 nbf 300 s ahead', { nbf: now + 300 }, 'not_yet_valid', 'claims.nbf'],
    ['CA-13 nbf as a string', { nbf: 'x' }, 'claim_malformed', 'claims.nbf'],
  ])('%s', (_, changes, reason, check) => {
    expectRefused(validate(changes), reason, check);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no audience', { aud: undefined }, 'issuer identifier'],
    ['two audiences', { aud: [issuer, 'https://other.example'] }, 'issuer identifier alone'],
    ['another audience', { aud: 'https://other.example' }, 'assertionAudiences'],
    ['no jti', { jti: undefined }, 'a UUID'],
    ['exp far ahead', { iat: undefined, exp: now + 259_200 }, 'live a minute'],
    ['a long life', { iat: now - 10, exp: now + 3591 }, 'live a minute'],
    ['exp in milliseconds', { exp: (now + 60) * 1000 }, 'milliseconds'],
    ['nbf as a string', { nbf: '0' }, 'JSON numbers'],
    ['iat ahead', { iat: now + 61, exp: now + 100 }, 'NTP'],
  ])('the receipt says what to do about %s', (_, changes, hint) => {
    const failures = checksOf(validate(changes)).filter(({ ok }) => !ok);
    expect(failures.map((failure) => failure.hint)).toContainEqual(expect.stringContaining(hint));
  });

  it('another tenant in front is part of the id, which then names nobody', () => {
    expect(expectGranted(validate(named(`other.${id}`))).accountId).toBe(`other.${id}`);
    expect(expectGranted(validate(named(`${id}.ExternalServiceAccount`))).accountId).toBe(
      `${id}.ExternalServiceAccount`,
    );
  });
});

describe('the account an assertion says it comes from', () => {
  it.each<[JsonObject, string | null]>([
    [{ iss: id, sub: id }, id],
    [{ iss: `acme.${id}`, sub: `acme.${id}` }, id],
    [{ iss: `acme.${id}.ExternalServiceAccount`, sub: `acme.${id}.ExternalServiceAccount` }, id],
    [{ iss: id, sub: 'other' }, null],
    [{ iss: id, sub: `acme.${id}` }, null],
    [{ iss: id }, null],
    [{ sub: id }, null],
    [{ iss: '', sub: '' }, null],
    [{ iss: 'acme.', sub: 'acme.' }, null],
    [{ iss: ['a'], sub: ['a'] }, null],
    [{}, null],
  ])('of %j is %s', (claims, account) => {
    expect(accountIdOfAssertion(claims, 'acme')).toBe(account);
  });
});
