import { describe, expect, it } from 'vitest';
import { defaultTenantSettings } from '../../src/core/tenants/tenant.ts';
import { createJwtSigner } from '../../src/keys/sign-jwt.ts';
import { explainTokenRequest, type SampleRequest } from '../../src/token/explain.ts';
import type { Explanations } from '../../src/token/explanations.ts';
import { createExplanations } from '../support/explain-agreement.ts';
import { trustedIssuer } from '../support/foreign-keys.ts';
import { ownIssuer, pairTime, type Registration } from '../support/random-pairs.ts';
import { federation, serviceAccount } from '../support/registered.ts';
import { urn } from '../support/test-bureau.ts';

const issuer = 'https://ci.example.com';
const account = serviceAccount({ federations: [federation({ issuer })] });
const registration: Registration = {
  tenant: {
    name: 'default',
    description: '',
    status: 'enabled',
    settings: defaultTenantSettings,
    createdAt: 0,
    version: 1,
  },
  issuers: [trustedIssuer({ issuer, replay: 'single-use' })],
  accounts: [account],
  keys: [
    {
      tenant: 'default',
      id: 'key-1',
      accountId: account.id,
      kid: 'kid-1',
      thumbprint: 'thumbprint-1',
      algorithm: 'RS256',
      publicJwk: { kty: 'RSA' },
      status: 'enabled',
      expiresAt: null,
      createdAt: 0,
      lastUsedAt: null,
      version: 1,
    },
  ],
  providers: [],
  blocks: [],
  unsigned: [],
};

const now = pairTime / 1000;
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A token whose signature the fake verifier takes as good. */
const tokenOf = (claims: object): string =>
  `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}.${Buffer.from('\u0001').toString('base64url')}`;
const assertion = tokenOf({
  iss: account.id,
  sub: account.id,
  aud: ownIssuer,
  iat: now,
  exp: now + 60,
  jti: 'once',
});
const thirdParty = tokenOf({
  iss: issuer,
  sub: account.federations[0]?.subject,
  aud: account.federations[0]?.audience,
  iat: now,
  exp: now + 60,
  jti: 'once',
});

const explain = async (
  token: string,
  parameters: SampleRequest['parameters'] = [],
  { deps = {}, change = {} }: { deps?: Partial<Explanations>; change?: Partial<Registration> } = {},
) => {
  const explained = await explainTokenRequest(
    { ...createExplanations({ ...registration, ...change }), ...deps },
    { tenant: 'default', sample: { token }, clientId: null, parameters, at: 'now' },
  );
  if (!explained.ok) throw new Error(explained.error.message);
  return explained.value;
};

describe('explainTokenRequest', () => {
  it('signs nothing: the signer of the key ring is found and never asked', async () => {
    let signed = 0;
    const keyRing: Explanations['keyRing'] = {
      signer: async (_tenant, _purpose, algorithm) =>
        createJwtSigner({
          kid: 'our-key',
          algorithm,
          sign: async () => {
            signed += 1;
            return new Uint8Array([1]);
          },
        }),
    };
    const { granted } = await explain(thirdParty, [], { deps: { keyRing } });
    expect([granted?.header, signed]).toEqual([{ alg: 'ES256', typ: 'at+jwt', kid: 'our-key' }, 0]);
    expect(granted).not.toHaveProperty('access_token');
  });

  it('a missing signing key is found as the token endpoint would find it, with all that was looked at before', async () => {
    const explained = await explain(thirdParty, [], { change: { unsigned: ['ES256'] } });
    expect([explained.reason, explained.error?.status, explained.account?.id]).toEqual([
      'signing_key_unavailable',
      503,
      account.id,
    ]);
    expect(explained.evidence.checks().at(-1)).toMatchObject({ check: 'signing-key', ok: false });
    expect(explained.candidateChecks.length).toBeGreaterThan(0);
  });

  it('a store that does not answer is a fault and no refusal', async () => {
    const replayGuard: Explanations['replayGuard'] = {
      isUsed: () => Promise.reject(new Error('the store is down')),
    };
    await expect(explain(thirdParty, [], { deps: { replayGuard } })).rejects.toThrow('the store is down');
  });

  it('CA-14 one proof shown twice in one request is replayed, as the real guard would have it', async () => {
    const parameters: SampleRequest['parameters'] = [
      ['grant_type', urn.jwtBearer],
      ['client_assertion_type', urn.assertionType],
    ];
    const twice = await explain(assertion, [...parameters, ['client_assertion', assertion]]);
    expect(twice.reason).toBe('replayed');
    const other = tokenOf({
      iss: account.id,
      sub: account.id,
      aud: ownIssuer,
      exp: now + 60,
      jti: 'another',
    });
    expect((await explain(assertion, [...parameters, ['client_assertion', other]])).reason).toBe('issued');
  });

  it('a jti that was used is looked up and not used', async () => {
    const asked: string[][] = [];
    const guardOf = (used: boolean): Explanations['replayGuard'] => ({
      isUsed: async (...use) => {
        asked.push(use);
        return used;
      },
    });
    expect((await explain(thirdParty, [], { deps: { replayGuard: guardOf(false) } })).reason).toBe('issued');
    expect((await explain(thirdParty, [], { deps: { replayGuard: guardOf(true) } })).reason).toBe('replayed');
    expect(asked).toEqual([
      ['default', issuer, 'once'],
      ['default', issuer, 'once'],
    ]);
  });

  it('a token beside is verified although the sample of a refusal is looked at a second time', async () => {
    const expired = tokenOf({ iss: issuer, sub: 'x', aud: 'y', iat: now - 900, exp: now - 300, jti: 'z' });
    const explained = await explain(expired);
    expect([explained.reason, explained.assumed]).toEqual(['expired', ['candidates']]);
    expect(explained.evidence.presented()).toMatchObject([{ verified: true }]);
  });
});
