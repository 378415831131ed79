import { randomBytes } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSignatureVerifier } from '../../src/adapters/signature/signature-verifier.ts';
import { createLocalSigningBackend } from '../../src/adapters/signing/local.ts';
import type { ServiceAccount } from '../../src/core/accounts/service-account.ts';
import type { SigningKey } from '../../src/core/signing-keys/signing-key.ts';
import { defaultTenantSettings, type Tenant } from '../../src/core/tenants/tenant.ts';
import { createTenantSigningKeys } from '../../src/keys/create-signing-keys.ts';
import { createKeyRing, type KeyRing } from '../../src/keys/key-ring-view.ts';
import { signJwt } from '../../src/keys/sign-jwt.ts';
import { createAccessTokenVerifier, type VerifyAccessToken } from '../../src/keys/verify-access-token.ts';
import { createOwnTokenVerifier } from '../../src/keys/verify-own-token.ts';
import { keyRingParts } from '../support/key-ring-parts.ts';
import { createMemorySigningKeys, type MemorySigningKeys } from '../support/memory-signing-keys.ts';
import { type Block, targetIdentity } from '../../src/core/blocks/block.ts';
import { sampleBlock } from '../support/stored-samples.ts';

const baseIssuer = 'https://sts.example';
const now = 1_790_000_000;
const refused = { ok: false, error: 'invalid_token' };
const backend = createLocalSigningBackend({ keyEncryptionKey: randomBytes(32) });
const clock = { now: () => now * 1000, monotonic: () => 0 };

const account: ServiceAccount = {
  tenant: 'default',
  id: '7d9a4b1e-2c3f-4a5b-8c6d-9e0f1a2b3c4d',
  name: 'administrator',
  description: '',
  owningTeam: 'default',
  useCase: 'custom-api-integration',
  scopes: [],
  audiences: [],
  role: 'administrator',
  status: 'enabled',
  accessTokenAlgorithm: null,
  capToSubjectExpiry: false,
  federations: [],
  createdAt: 0,
  updatedAt: 0,
  version: 1,
};
const tenantOf = (name: string): Tenant => ({
  name,
  description: '',
  status: 'enabled',
  settings: defaultTenantSettings,
  createdAt: 0,
  version: 1,
});
const goodClaims = {
  iss: baseIssuer,
  sub: account.id,
  aud: `${baseIssuer}/api/v1`,
  client_id: account.id,
  iat: now - 10,
  exp: now + 890,
  jti: 'a-jti',
  scope: '',
};

let rows: readonly SigningKey[];
let acmeRows: readonly SigningKey[];
beforeAll(async () => {
  rows = await createTenantSigningKeys({ backend, clock }, 'default');
  acmeRows = await createTenantSigningKeys({ backend, clock }, 'acme');
});

let keys: MemorySigningKeys;
let ring: KeyRing;
let accounts: ServiceAccount[];
let tenants: Tenant[];
let revoked: Set<string>;
let blocks: Block[];
let verify: VerifyAccessToken;
beforeEach(() => {
  keys = createMemorySigningKeys([...rows, ...acmeRows]);
  ring = createKeyRing({ ...keyRingParts, signingKeys: keys, backend, clock });
  accounts = [account, { ...account, tenant: 'acme' }];
  tenants = [tenantOf('default'), tenantOf('acme')];
  revoked = new Set();
  blocks = [];
  verify = createAccessTokenVerifier({
    verifyOwnToken: createOwnTokenVerifier({
      keyRing: ring,
      verifier: createSignatureVerifier(),
      clock,
      baseIssuer,
      revokedTokens: { isRevoked: async (tenant, jti) => revoked.has(`${tenant} ${jti}`) },
    }),
    baseIssuer,
    accounts: {
      find: async (tenant, id) => accounts.find((one) => one.tenant === tenant && one.id === id) ?? null,
    },
    tenants: { find: async (name) => tenants.find((one) => one.name === name) ?? null },
    blocks: {
      findByTarget: async (tenant, target) =>
        blocks.find(
          (one) => one.tenant === tenant && targetIdentity(one.target) === targetIdentity(target),
        ) ?? null,
    },
  });
});

interface IssueOptions {
  readonly typ?: string;
  readonly tenant?: string;
  readonly purpose?: 'access-token' | 'jwt-svid';
  readonly algorithm?: 'ES256' | 'RS256';
}

const issue = async (
  changes: Readonly<Record<string, unknown>> = {},
  { typ = 'at+jwt', tenant = 'default', purpose = 'access-token', algorithm = 'ES256' }: IssueOptions = {},
): Promise<string> =>
  signJwt(await ring.signer(tenant, purpose, algorithm), { typ }, { ...goodClaims, ...changes });

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('an access token at the admin API', () => {
  it.each(['ES256', 'RS256'] as const)('AT-14 is accepted when it is good: %s', async (algorithm) => {
    expect(await verify('default', await issue({}, { algorithm }))).toEqual({ ok: true, account });
  });

  it.each(['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+Jwt'])(
    'AT-14 may have typ %s',
    async (typ) => {
      expect(await verify('default', await issue({}, { typ }))).toMatchObject({ ok: true });
    },
  );

  it.each(['JWT', 'JOSE', 'client-authentication+jwt', 'dpop+jwt', 'wit+jwt', 'at+jwtx', 'text/at+jwt', ''])(
    'AT-14 is refused with typ %j, though signed by us',
    async (typ) => {
      expect(await verify('default', await issue({}, { typ }))).toEqual(refused);
    },
  );

  it('AT-14 is refused without typ', async () => {
    const signer = await ring.signer('default', 'access-token', 'ES256');
    const input = `${encode({ alg: 'ES256', kid: signer.kid })}.${encode(goodClaims)}`;
    const token = `${input}.${Buffer.from(await signer.sign(input)).toString('base64url')}`;
    expect(await verify('default', token)).toEqual(refused);
  });

  it('AT-17 is refused when a JWT-SVID key signed it', async () => {
    expect(await verify('default', await issue({}, { purpose: 'jwt-svid' }))).toEqual(refused);
  });

  it.each([
    ['with a slash', { iss: `${baseIssuer}/` }],
    ['of another tenant', { iss: `${baseIssuer}/t/acme` }],
    ['of JWT-SVIDs', { iss: `${baseIssuer}/spiffe` }],
    ['absent', { iss: undefined }],
    ['in an array', { iss: [baseIssuer] }],
  ])('AT-14 is refused with an iss %s', async (_case, changes) => {
    expect(await verify('default', await issue(changes))).toEqual(refused);
  });

  it.each([
    ['of another API', { aud: 'https://api.example.com' }],
    ['the issuer', { aud: baseIssuer }],
    ['with a slash', { aud: `${baseIssuer}/api/v1/` }],
    ['longer', { aud: `${baseIssuer}/api/v10` }],
    ['of another tenant', { aud: `${baseIssuer}/t/acme/api/v1` }],
    ['an empty array', { aud: [] }],
    ['nested', { aud: [[`${baseIssuer}/api/v1`]] }],
    ['absent', { aud: undefined }],
  ])('AT-14 is refused with an aud %s', async (_case, changes) => {
    expect(await verify('default', await issue(changes))).toEqual(refused);
  });

  it('AT-14 may have further audiences', async () => {
    expect(
      await verify('default', await issue({ aud: ['https://x', `${baseIssuer}/api/v1`] })),
    ).toMatchObject({ ok: true });
  });

  it.each([
    [now + 1, true],
    [now, false],
    [now - 1, false],
    [String(now + 100), false],
    [undefined, false],
    [null, false],
  ])('AT-14 with exp %j at second 1790000000: %s', async (exp, good) => {
    expect((await verify('default', await issue({ exp }))).ok).toBe(good);
  });

  it('AT-14 is refused when it is bound to a key, which nothing here proves', async () => {
    expect(await verify('default', await issue({ cnf: { jkt: 'x' } }))).toEqual(refused);
  });

  it('AT-14 is refused when it was changed, cut, or is no token at all', async () => {
    const token = await issue();
    const [header, , signature] = token.split('.');
    const forged = `${header}.${encode({ ...goodClaims, sub: 'someone else' })}.${signature}`;
    for (const bad of [
      forged,
      token.slice(0, -2),
      `${token}A`,
      `${token} `,
      `${header}..${signature}`,
      '',
      'x',
      '..',
    ])
      expect(await verify('default', bad)).toEqual(refused);
    expect(await verify('default', token)).toMatchObject({ ok: true });
  });

  it('A03 A07 is refused when the header names another algorithm, another key, or none', async () => {
    const signer = await ring.signer('default', 'access-token', 'RS256');
    const other = await ring.signer('default', 'access-token', 'ES256');
    const signed = async (header: object): Promise<string> => {
      const input = `${encode(header)}.${encode(goodClaims)}`;
      return `${input}.${Buffer.from(await signer.sign(input)).toString('base64url')}`;
    };
    const good = { alg: 'RS256', typ: 'at+jwt', kid: signer.kid };
    expect(await verify('default', await signed(good))).toMatchObject({ ok: true });
    const bad = [
      { ...good, alg: 'PS256' },
      { ...good, alg: 'RS512' },
      { ...good, alg: 'none' },
      { ...good, alg: 'HS256' },
      { ...good, kid: other.kid },
      { ...good, kid: '__proto__' },
      { ...good, kid: undefined },
    ];
    for (const header of bad) expect(await verify('default', await signed(header))).toEqual(refused);
  });

  it('A107 is refused at another tenant, and so is one of its keys with our issuer in it', async () => {
    const ofAcme = { iss: `${baseIssuer}/t/acme`, aud: `${baseIssuer}/t/acme/api/v1` };
    expect(await verify('acme', await issue(ofAcme, { tenant: 'acme' }))).toMatchObject({ ok: true });
    expect(await verify('acme', await issue())).toEqual(refused);
    expect(await verify('default', await issue(ofAcme, { tenant: 'acme' }))).toEqual(refused);
    expect(await verify('default', await issue({}, { tenant: 'acme' }))).toEqual(refused);
    expect(await verify('acme', await issue(ofAcme))).toEqual(refused);
    expect(await verify('nowhere', await issue())).toEqual(refused);
  });

  it('A65 stops at once with its account or its tenant', async () => {
    const token = await issue();
    expect(await verify('default', token)).toMatchObject({ ok: true });
    accounts = [{ ...account, status: 'disabled' }];
    expect(await verify('default', token)).toEqual(refused);
    accounts = [];
    expect(await verify('default', token)).toEqual(refused);
    accounts = [account];
    tenants = [{ ...tenantOf('default'), status: 'disabled' }];
    expect(await verify('default', token)).toEqual(refused);
    tenants = [tenantOf('default')];
    expect(await verify('default', token)).toMatchObject({ ok: true });
    const target = { kind: 'account', account: account.id } as const;
    blocks = [sampleBlock(target, { tenant: 'acme' }), sampleBlock({ ...target, account: 'another' })];
    expect(await verify('default', token)).toMatchObject({ ok: true });
    blocks.push(sampleBlock(target, { tenant: 'default' }));
    expect(await verify('default', token)).toEqual(refused);
  });

  it('IR-12 is refused once it was revoked, in its own tenant only', async () => {
    const token = await issue();
    revoked.add('acme a-jti').add('default another-jti');
    expect(await verify('default', token)).toMatchObject({ ok: true });
    revoked.add('default a-jti');
    expect(await verify('default', token)).toEqual(refused);
  });

  it.each([
    ['without jti', { jti: undefined }],
    ['with a jti that is no text', { jti: 7 }],
    ['without sub', { sub: undefined }],
  ])('IR-05 is refused %s, which could not be looked up', async (_case, changes) => {
    expect(await verify('default', await issue(changes))).toEqual(refused);
  });

  it('A106 has the role its account has now, not the one in the token', async () => {
    const token = await issue({ role: 'administrator' });
    accounts = [{ ...account, role: 'viewer' }];
    expect(await verify('default', token)).toMatchObject({ ok: true, account: { role: 'viewer' } });
  });

  it('MD-15 outlives the retirement of its key, and not its removal', async () => {
    const token = await issue();
    const replacement = await createTenantSigningKeys({ backend, clock }, 'default');
    const retired = rows.map((row) => ({ ...row, state: 'retired' as const, retiredAt: now * 1000 }));
    keys.set('default', [...retired, ...replacement]);
    await ring.reload('default');
    expect(await verify('default', token)).toMatchObject({ ok: true });
    keys.set('default', replacement);
    await ring.reload('default');
    expect(await verify('default', token)).toEqual(refused);
  });

  it('A68 is accepted when its key is only prepared here: the node that signed with it heard first', async () => {
    const token = await issue();
    keys.set(
      'default',
      rows.map((row) => ({ ...row, state: 'prepared' as const, activatedAt: null })),
    );
    await ring.reload('default');
    expect(await verify('default', token)).toMatchObject({ ok: true });
  });

  it('A67 is neither accepted nor refused when the store does not answer', async () => {
    const token = await issue();
    ring.forget('default');
    keys.breakWith(new Error('store down'));
    await expect(verify('default', token)).rejects.toThrow('store down');
  });
});
