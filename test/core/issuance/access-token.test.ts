import { describe, expect, it } from 'vitest';
import { type AccessTokenOrder, buildAccessTokenClaims } from '../../../src/core/issuance/access-token.ts';
import { checkIssued } from '../../../src/core/issuance/check-issued.ts';
import { registered, serviceAccount } from '../../support/registered.ts';
import { checksOf } from '../../../src/core/activity/check.ts';

const now = 1_800_000_000;

const build = (changes: Partial<AccessTokenOrder> = {}) =>
  buildAccessTokenClaims({
    account: serviceAccount(),
    issuer: registered.ownIssuer,
    audience: 'https://api.example.com',
    scope: ['read', 'write'],
    jti: '0b7d1c1e-1111-4111-8111-111111111111',
    now,
    subjectExpiresAt: now + 300,
    ...changes,
  });

const lifetime = (changes: Partial<AccessTokenOrder>) => {
  const verdict = build(changes);
  return verdict.ok ? verdict.value.exp - verdict.value.iat : verdict.reason;
};

describe('buildAccessTokenClaims', () => {
  it('AT-04 AT-08 AT-13 CC-04 has exactly the claims of the contract', () => {
    expect(build()).toMatchObject({
      ok: true,
      value: {
        iss: registered.ownIssuer,
        sub: 'account-1',
        aud: 'https://api.example.com',
        client_id: 'account-1',
        iat: now,
        exp: now + 900,
        jti: '0b7d1c1e-1111-4111-8111-111111111111',
        scope: 'read write',
        account_name: 'deploy-payments',
        owning_team: 'payments',
      },
    });
    const verdict = build();
    expect(verdict.ok && Object.keys(verdict.value)).toHaveLength(10);
  });

  it('has a role only where the account has one', () => {
    const verdict = build({ account: serviceAccount({ role: 'auditor' }) });
    expect(verdict).toMatchObject({ ok: true, value: { role: 'auditor' } });
    const without = build();
    expect(without.ok && 'role' in without.value).toBe(false);
  });

  it('AT-10 an empty scope is an empty string', () => {
    expect(build({ scope: [] })).toMatchObject({ ok: true, value: { scope: '' } });
  });

  const capped = serviceAccount({ capToSubjectExpiry: true });

  it.each<[string, Partial<AccessTokenOrder>, number | string]>([
    ['900 s whatever the exchanged token has left', { subjectExpiresAt: now + 1 }, 900],
    ['900 s even when it has just expired', { subjectExpiresAt: now - 1 }, 900],
    ['900 s for an own key', { subjectExpiresAt: null }, 900],
    ['capped: what the exchanged token has left', { account: capped, subjectExpiresAt: now + 300 }, 300],
    ['capped: whole seconds', { account: capped, subjectExpiresAt: now + 300.9 }, 300],
    ['capped: never above 900 s', { account: capped, subjectExpiresAt: now + 7200 }, 900],
    ['capped: 900 s for an own key', { account: capped, subjectExpiresAt: null }, 900],
    ['capped: one second is enough', { account: capped, subjectExpiresAt: now + 1 }, 1],
    ['capped: less than one second is not', { account: capped, subjectExpiresAt: now + 0.9 }, 'expired'],
    ['capped: nothing left', { account: capped, subjectExpiresAt: now }, 'expired'],
    ['capped: less than nothing left', { account: capped, subjectExpiresAt: now - 30 }, 'expired'],
    ['a clock between two seconds', { now: now + 0.5 }, 900],
  ])('TX-15 AT-08 %s', (_name, changes, expected) => {
    expect(lifetime(changes)).toBe(expected);
  });

  it('AT-08 whole seconds, whatever the clock says', () => {
    expect(build({ now: now + 0.999 })).toMatchObject({ ok: true, value: { iat: now, exp: now + 900 } });
  });

  it('TX-15 shows the cap', () => {
    expect(checksOf(build({ account: capped }))).toMatchObject([
      { check: 'token.lifetime', presented: '300 s', ok: true },
    ]);
    expect(checksOf(build({ account: capped, subjectExpiresAt: now }))).toMatchObject([
      { ok: false, presented: '0 s' },
    ]);
    expect(checksOf(build())).toEqual([]);
  });
});

describe('checkIssued', () => {
  const header = { alg: 'ES256', typ: 'at+jwt', kid: 'k1' };
  const expectations = { issuer: registered.ownIssuer, audience: 'https://api.example.com' };
  const verdict = build({ account: serviceAccount({ role: 'viewer' }) });
  if (!verdict.ok) throw new Error(verdict.reason);
  const claims: Readonly<Record<string, unknown>> = verdict.value;
  const without = (name: string, members: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(members).filter(([each]) => each !== name));

  it('lets through what the builder makes', () => {
    expect(() => checkIssued(header, claims, expectations)).not.toThrow();
    expect(() =>
      checkIssued({ ...header, alg: 'RS256' }, without('role', claims), expectations),
    ).not.toThrow();
    expect(() => checkIssued(header, { ...claims, scope: '' }, expectations)).not.toThrow();
  });

  it.each(['iss', 'sub', 'aud', 'client_id', 'iat', 'exp', 'jti', 'scope', 'account_name', 'owning_team'])(
    'AT-04 %s must be there',
    (name) => {
      expect(() => checkIssued(header, without(name, claims), expectations)).toThrow(`${name} is missing`);
    },
  );

  it.each(['typ', 'alg', 'kid'])('AT-01 AT-03 %s must be in the header', (name) => {
    expect(() => checkIssued(without(name, header), claims, expectations)).toThrow(`${name} is missing`);
  });

  it.each<[string, Record<string, unknown>]>([
    ['AT-01 typ JWT', { typ: 'JWT' }],
    ['AT-01 typ in capitals', { typ: 'AT+JWT' }],
    ['AT-02 alg none', { alg: 'none' }],
    ['AT-02 alg HS256', { alg: 'HS256' }],
    ['AT-02 alg EdDSA', { alg: 'EdDSA' }],
    ['AT-03 kid empty', { kid: '' }],
    ['AT-03 a further member', { jku: 'https://x' }],
    ['AT-03 crit', { crit: [] }],
  ])('%s is a fault', (_name, changes) => {
    expect(() => checkIssued({ ...header, ...changes }, claims, expectations)).toThrow('header');
  });

  it.each<[string, Record<string, unknown>]>([
    ['AT-05 another issuer', { iss: `${registered.ownIssuer}/` }],
    ['AT-06 another audience', { aud: 'https://other' }],
    ['AT-06 an empty audience', { aud: '' }],
    ['AT-06 a list', { aud: ['https://api.example.com'] }],
    ['AT-08 901 s', { exp: now + 901 }],
    ['AT-08 no life', { exp: now }],
    ['AT-08 exp before iat', { exp: now - 1 }],
    ['AT-08 a fraction', { iat: now + 0.5 }],
    ['AT-08 a text', { exp: String(now + 900) }],
    ['AT-08 not a number', { exp: Number.NaN }],
    ['AT-08 no time', { iat: 0, exp: 900 }],
    ['AT-09 jti empty', { jti: '' }],
    ['AT-10 a list', { scope: ['read'] }],
    ['AT-10 two spaces', { scope: 'a  b' }],
    ['AT-10 a space at the end', { scope: 'a ' }],
    ['AT-10 a quote', { scope: 'a"' }],
    ['CC-04 sub and client_id apart', { client_id: 'account-2' }],
    ['AT-11 no such role', { role: 'root' }],
    ['AT-11 role null', { role: null }],
    ['AT-12 a foreign claim', { email: 'a@example.com' }],
    ['TX-16 act', { act: { sub: 'x' } }],
    ['AT-13 nbf', { nbf: now }],
    ['AT-13 cnf', { cnf: {} }],
    ['AT-13 undefined', { role: undefined }],
  ])('%s is a fault', (_name, changes) => {
    expect(() => checkIssued(header, { ...claims, ...changes }, expectations)).toThrow(
      'An access token of ours would be wrong',
    );
  });

  it('RS-12 names the member and not its value', () => {
    expect(() => checkIssued(header, { ...claims, jti: ['secret'] }, expectations)).toThrow(
      /^[^"]*jti is not[^"]*$/,
    );
    expect(() => checkIssued(header, { ...claims, jti: ['secret'] }, expectations)).not.toThrow('secret');
  });
});
