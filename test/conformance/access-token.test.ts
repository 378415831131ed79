import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/adapters/identifiers/new-id.ts';
import type { ServiceAccount } from '../../src/core/accounts/service-account.ts';
import { checkIssued } from '../../src/core/issuance/check-issued.ts';
import { tenantIssuer } from '../../src/core/tenants/tenant.ts';
import { type IssuanceOrder, issueToken } from '../../src/token/issue-token.ts';
import { createPublishedServer, type PublishedServer } from '../support/published-server.ts';

const now = 1_790_000_000;
const audience = 'https://api.example.com';

let server: PublishedServer;
beforeAll(async () => {
  server = await createPublishedServer();
});
afterAll(() => server.app.close());

const account: ServiceAccount = {
  tenant: 'default',
  id: '7d9a4b1e-2c3f-4a5b-8c6d-9e0f1a2b3c4d',
  name: 'deploy-payments',
  description: 'secret plans',
  owningTeam: 'payments',
  useCase: 'custom-api-integration',
  scopes: ['a', 'b'],
  audiences: [audience],
  role: null,
  status: 'enabled',
  accessTokenAlgorithm: null,
  capToSubjectExpiry: false,
  federations: [],
  createdAt: 0,
  updatedAt: 0,
  version: 1,
};

const issue = async (changes: Partial<IssuanceOrder> = {}) => {
  const tenant = changes.tenant ?? 'default';
  const issued = await issueToken(
    { keyRing: server.ring, clock: { now: () => now * 1000 + 999 }, newId },
    {
      tenant,
      issuer: tenantIssuer(server.baseIssuer, tenant),
      settings: { accessTokenAlgorithm: 'ES256' },
      account,
      audience,
      scope: ['a', 'b'],
      subjectExpiresAt: now + 60,
      ...changes,
    },
  );
  if (!issued.ok) throw new Error(issued.reason);
  const { accessToken } = issued.value;
  return { ...issued.value, header: decodeProtectedHeader(accessToken), claims: decodeJwt(accessToken) };
};

const publishedKids = async (path: string): Promise<readonly unknown[]> =>
  ((await server.read(path))['keys'] as { kid: string }[]).map(({ kid }) => kid);

/** RFC 9068 validation by code nobody here wrote, from the published documents alone. */
const validate = async (tenant: string, accessToken: string) => {
  const issuer = new URL(tenantIssuer(server.baseIssuer, tenant));
  const fetchFromServer = async (url: string): Promise<Response> => {
    const answer = await server.app.inject(new URL(url).pathname);
    return new Response(answer.body, {
      status: answer.statusCode,
      headers: { 'content-type': String(answer.headers['content-type']) },
    });
  };
  const options = { [oauth.customFetch]: fetchFromServer };
  const discovery = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options });
  const metadata = await oauth.processDiscoveryResponse(issuer, discovery);
  const request = new Request('https://api.example.com/x', {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  // Its clock is the real one; the token's is a fixed one.
  const skew = now - Math.floor(Date.now() / 1000);
  return oauth.validateJwtAccessToken(metadata, request, audience, { ...options, [oauth.clockSkew]: skew });
};

it('AT-01 the header says at+jwt', async () => {
  expect((await issue()).header.typ).toBe('at+jwt');
});

describe('AT-02 the algorithm', () => {
  it('AT-02 is ES256 by default', async () => {
    expect((await issue()).header.alg).toBe('ES256');
  });

  it.each([
    ['the tenant', { settings: { accessTokenAlgorithm: 'RS256' as const } }, 'RS256'],
    ['the account', { account: { ...account, accessTokenAlgorithm: 'RS256' as const } }, 'RS256'],
    [
      'the account before the tenant',
      {
        account: { ...account, accessTokenAlgorithm: 'ES256' as const },
        settings: { accessTokenAlgorithm: 'RS256' as const },
      },
      'ES256',
    ],
  ])('AT-02 is chosen by %s', async (_who, changes, algorithm) => {
    const { header, accessToken } = await issue(changes);
    expect(header.alg).toBe(algorithm);
    await expect(validate('default', accessToken)).resolves.toBeDefined();
  });
});

it.each(['default', 'acme'])(
  'AT-03 the header has only alg, typ and a kid that is published (tenant %s)',
  async (tenant) => {
    const { header } = await issue({ tenant });
    expect(Object.keys(header)).toEqual(['alg', 'typ', 'kid']);
    const path = `${tenant === 'default' ? '' : '/t/acme'}/.well-known/jwks.json`;
    expect(await publishedKids(path)).toContain(header.kid);
  },
);

describe('AT-04 the claims', () => {
  it('AT-04 AT-13 are these and no others', async () => {
    const { claims, jti } = await issue();
    expect(claims).toEqual({
      iss: 'https://sts.example',
      sub: account.id,
      aud: audience,
      client_id: account.id,
      iat: now,
      exp: now + 900,
      jti,
      scope: 'a b',
      account_name: 'deploy-payments',
      owning_team: 'payments',
    });
  });

  it('AT-04 RFC 9068 §4 pass the validation of oauth4webapi, for every tenant', async () => {
    for (const tenant of ['default', 'acme'])
      expect(await validate(tenant, (await issue({ tenant })).accessToken)).toMatchObject({
        client_id: account.id,
      });
    await expect(validate('acme', (await issue()).accessToken)).rejects.toThrow();
  });

  const header = { alg: 'ES256', typ: 'at+jwt', kid: 'k' };
  const expectations = { issuer: 'https://sts.example', audience };
  const without = (name: string, claims: object) =>
    Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));

  it.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti', 'scope'])(
    'AT-04 without %s none is signed',
    async (name) => {
      const { claims } = await issue();
      expect(() => checkIssued(header, claims, expectations)).not.toThrow();
      expect(() => checkIssued(header, without(name, claims), expectations)).toThrow(name);
    },
  );

  it.each([
    ['AT-05', { iss: 'https://sts.example/' }],
    ['AT-06', { aud: [audience] }],
    ['AT-06', { aud: '' }],
    ['AT-08', { exp: now + 901 }],
    ['AT-08', { exp: now + 0.5 }],
    ['AT-08', { iat: String(now) }],
    ['AT-10', { scope: ['a'] }],
    ['AT-12', { email: 'a@example.com' }],
    ['AT-12', { cnf: {} }],
    ['AT-12', { act: { sub: 'x' } }],
    ['AT-13', { note: 'x' }],
  ])('%s with %j none is signed', async (_item, wrong) => {
    const { claims } = await issue();
    expect(() => checkIssued(header, { ...claims, ...wrong }, expectations)).toThrow();
  });
});

it.each(['default', 'acme'])(
  'AT-05 iss is the issuer of the metadata, byte for byte (tenant %s)',
  async (tenant) => {
    const path = `/.well-known/oauth-authorization-server${tenant === 'default' ? '' : '/t/acme'}`;
    expect((await issue({ tenant })).claims.iss).toBe((await server.read(path))['issuer']);
  },
);

it('AT-06 aud is one string, the audience decided on, never the client', async () => {
  const { claims } = await issue({ audience: 'https://other.example' });
  expect(claims.aud).toBe('https://other.example');
  expect(claims.aud).not.toBe(claims['client_id']);
});

describe('AT-08 the lifetime', () => {
  it('AT-08 is 900 whole seconds, whatever the life of the token that came', async () => {
    for (const subjectExpiresAt of [now + 1, now + 7200, null]) {
      const { claims, expiresIn } = await issue({ subjectExpiresAt });
      expect(claims).toMatchObject({ iat: now, exp: now + 900 });
      expect(expiresIn).toBe(900);
      expect(claims).not.toHaveProperty('nbf');
    }
  });

  it('AT-08 TX-15 is only ever shortened', async () => {
    const capped = { ...account, capToSubjectExpiry: true };
    expect((await issue({ account: capped, subjectExpiresAt: now + 60 })).expiresIn).toBe(60);
    expect((await issue({ account: capped, subjectExpiresAt: now + 7200 })).expiresIn).toBe(900);
  });
});

it('AT-09 jti is never used twice', async () => {
  const tokens = await Promise.all(Array.from({ length: 200 }, () => issue()));
  expect(new Set(tokens.map(({ claims }) => claims.jti)).size).toBe(200);
});

it.each([
  [['a', 'b'], 'a b'],
  [['a'], 'a'],
  [[], ''],
])('AT-10 scope %j is the string %j', async (scope, text) => {
  expect((await issue({ scope })).claims['scope']).toBe(text);
});

it('AT-11 contract §3 role is there where the account has one, and only there', async () => {
  expect((await issue({ account: { ...account, role: 'viewer' } })).claims).toMatchObject({ role: 'viewer' });
  for (const name of ['role', 'roles', 'groups', 'entitlements'])
    expect((await issue()).claims).not.toHaveProperty(name);
});

it('AT-12 AT-13 nothing of the description, the federations or the presented token is in it', async () => {
  const { accessToken } = await issue();
  const text = Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString();
  expect(text).not.toContain('secret plans');
  expect(text).not.toContain('custom-api-integration');
});

it('AT-17 is signed by no key of the JWT-SVIDs', async () => {
  const { header } = await issue();
  expect(await publishedKids('/spiffe/.well-known/jwks.json')).not.toContain(header.kid);
});
