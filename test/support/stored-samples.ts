import { randomUUID } from 'node:crypto';
import type { AccountKey } from '../../src/core/accounts/account-key.ts';
import type { ServiceAccount } from '../../src/core/accounts/service-account.ts';
import type { Team } from '../../src/core/accounts/team.ts';
import type { UseCase } from '../../src/core/accounts/use-case.ts';
import type { Block, BlockTarget } from '../../src/core/blocks/block.ts';
import type { Activity } from '../../src/core/activity/activity.ts';
import type { SigningKey } from '../../src/core/signing-keys/signing-key.ts';
import { defaultTenantSettings, type Tenant } from '../../src/core/tenants/tenant.ts';
import type { Federation } from '../../src/core/trust/federation.ts';
import type { TrustedIssuer } from '../../src/core/trust/trusted-issuer.ts';

/** One moment, in milliseconds, too large for 32 bits. */
export const sampleTime = 1_795_000_000_000;

/** A tenant of the given name. */
export const sampleTenant = (changes: Partial<Tenant> = {}): Tenant => ({
  name: `tenant-${randomUUID()}`,
  description: 'A world',
  status: 'enabled',
  settings: { ...defaultTenantSettings, assertionAudiences: ['https://sts.example/token'] },
  createdAt: sampleTime,
  version: 1,
  ...changes,
});

/** A trusted issuer with every optional member set. */
export const sampleTrustedIssuer = (changes: Partial<TrustedIssuer> = {}): TrustedIssuer => ({
  tenant: 'acme',
  id: randomUUID(),
  issuer: `https://issuer.example/${randomUUID()}`,
  jwksUri: 'https://issuer.example/jwks',
  jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AA', kid: 'k' }] },
  algorithms: ['RS256', 'ES256'],
  allowAccessTokenType: true,
  replay: 'single-use',
  staleIfErrorSeconds: 3600,
  caCertificates: '-----BEGIN CERTIFICATE-----\n…',
  status: 'enabled',
  createdAt: sampleTime,
  updatedAt: sampleTime + 1,
  version: 1,
  ...changes,
});

/** A federation with a subject of its own. */
export const sampleFederation = (changes: Partial<Federation> = {}): Federation => ({
  id: randomUUID(),
  issuer: 'https://issuer.example',
  subject: `repo:acme/${randomUUID()}`,
  subjectPattern: null,
  audience: 'https://sts.example',
  conditions: [
    { claim: 'repository_owner_id', equals: '8675309' },
    { claim: 'environment', oneOf: ['production', 'staging'] },
  ],
  cel: null,
  allowAdditionalAudiences: false,
  ...changes,
});

/** A service account with a name of its own. */
export const sampleAccount = (changes: Partial<ServiceAccount> = {}): ServiceAccount => ({
  tenant: 'acme',
  id: randomUUID(),
  name: `account-${randomUUID()}`,
  description: 'Deploys payments',
  owningTeam: 'default',
  useCase: 'custom-api-integration',
  scopes: ['certificates:read'],
  audiences: ['https://api.example.com'],
  role: null,
  status: 'enabled',
  accessTokenAlgorithm: 'RS256',
  capToSubjectExpiry: true,
  federations: [],
  createdAt: sampleTime,
  updatedAt: sampleTime,
  version: 1,
  ...changes,
});

/** A key of the account given. */
export const sampleAccountKey = (account: ServiceAccount, changes: Partial<AccountKey> = {}): AccountKey => ({
  tenant: account.tenant,
  id: randomUUID(),
  accountId: account.id,
  kid: randomUUID(),
  thumbprint: randomUUID(),
  algorithm: 'ES256',
  publicJwk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'BB' },
  status: 'enabled',
  expiresAt: sampleTime + 5,
  createdAt: sampleTime,
  lastUsedAt: null,
  version: 1,
  ...changes,
});

/** A team. */
export const sampleTeam = (changes: Partial<Team> = {}): Team => ({
  tenant: 'acme',
  name: `team-${randomUUID()}`,
  description: 'Payments',
  createdAt: sampleTime,
  version: 1,
  ...changes,
});

/** A use case. */
export const sampleUseCase = (changes: Partial<UseCase> = {}): UseCase => ({
  tenant: 'acme',
  name: `use-case-${randomUUID()}`,
  description: 'Reads certificates',
  scopes: ['certificates:read', 'certificates:write'],
  createdAt: sampleTime,
  version: 1,
  ...changes,
});

/** A block of this target. */
export const sampleBlock = (target: BlockTarget, changes: Partial<Block> = {}): Block => ({
  tenant: 'acme',
  id: randomUUID(),
  target,
  name: 'what it was called',
  reason: 'The runner was taken over',
  createdBy: { id: randomUUID(), name: 'ann' },
  createdAt: sampleTime,
  version: 1,
  ...changes,
});

/** A signing key. */
export const sampleSigningKey = (changes: Partial<SigningKey> = {}): SigningKey => ({
  tenant: 'acme',
  kid: randomUUID(),
  purpose: 'access-token',
  algorithm: 'ES256',
  publicJwk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'BB' },
  sealedPrivateKey: 'sealed',
  state: 'active',
  createdAt: sampleTime,
  activatedAt: sampleTime,
  retiredAt: null,
  ...changes,
});

/** An activity with every member set. */
export const sampleActivity = (changes: Partial<Activity> = {}): Activity => ({
  tenant: 'acme',
  id: randomUUID(),
  time: sampleTime,
  type: 'token.exchange',
  outcome: 'issued',
  reason: 'issued',
  door: 'token-exchange',
  account: { id: 'account-1', name: 'deploy-payments' },
  actor: { id: 'account-1', name: 'deploy-payments' },
  issuer: 'https://issuer.example',
  subject: 'repo:acme/payments',
  audience: 'https://sts.example',
  jti: randomUUID(),
  tokenHash: 'hash',
  sourceAddress: '127.0.0.1',
  checks: [{ check: 'claims.exp', expected: 'in the future', presented: '5', ok: true, hint: 'none' }],
  parameters: { grant_type: 'client_credentials', scope: ['a', 'b'] },
  presented: [
    {
      parameter: 'client_assertion',
      header: { alg: 'ES256' },
      claims: { sub: 'x', aud: ['y'], nested: { deep: [1, null, true] } },
      verified: true,
    },
  ],
  details: { count: 3, names: ['a', 'b'], flag: true, nothing: null, text: 'x' },
  ...changes,
});
