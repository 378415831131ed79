import { buildCredentialsFile, type CredentialsFile } from '../core/accounts/credentials-file.ts';
import type { AccountKey } from '../core/accounts/account-key.ts';
import type { ServiceAccount } from '../core/accounts/service-account.ts';
import type { Team } from '../core/accounts/team.ts';
import { anyScope, type UseCase } from '../core/accounts/use-case.ts';
import type { SigningKey } from '../core/signing-keys/signing-key.ts';
import { type Tenant, tenantIssuer } from '../core/tenants/tenant.ts';
import { createTenantSigningKeys } from '../keys/create-signing-keys.ts';
import type { Clock } from '../ports/clock.ts';
import type { NewId } from '../ports/identifiers.ts';
import type { GenerateAccountKeyPair } from '../ports/key-pair-generator.ts';
import type { SigningBackend } from '../ports/signing-backend.ts';
import type { Stores } from '../ports/stores.ts';

/** Everything a tenant is born with (contract §2), made before the transaction that keeps it. */
export interface TenantContents {
  readonly tenant: Tenant;
  readonly team: Team;
  readonly useCases: readonly UseCase[];
  readonly signingKeys: readonly SigningKey[];
  readonly administrator: ServiceAccount;
  readonly administratorKey: AccountKey;
  /** The only copy of the administrator's private key; shown once and kept nowhere. */
  readonly credentials: CredentialsFile;
}

/** What making a tenant uses. */
export interface TenantFoundry {
  readonly backend: Pick<SigningBackend, 'generate'>;
  readonly generateAccountKeyPair: GenerateAccountKeyPair;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly baseIssuer: string;
}

const defaultTeam = 'default';

/** The use cases every tenant starts with (contract §1). */
const initialUseCases = [
  {
    name: 'cert-manager-issuer',
    description: 'A cert-manager issuer that requests and reads certificates.',
    scopes: ['certificate-issuance', 'certificates:issue', 'certificates:read', 'certificates:request'],
  },
  {
    name: 'custom-api-integration',
    description: 'A workload that calls APIs of your own; any scope.',
    scopes: [anyScope],
  },
] as const;

/** Makes the contents of a new tenant: keys off the event loop, nothing stored yet. */
export const prepareTenantContents = async (
  { backend, generateAccountKeyPair, clock, newId, baseIssuer }: TenantFoundry,
  tenant: Tenant,
): Promise<TenantContents> => {
  const { name } = tenant;
  const [signingKeys, pair] = await Promise.all([
    createTenantSigningKeys({ backend, clock }, name),
    generateAccountKeyPair('ES256'),
  ]);
  const now = clock.now();
  const born = { tenant: name, createdAt: now, version: 1 };
  const accountId = newId();
  return {
    tenant,
    team: { ...born, name: defaultTeam, description: 'Owns what nobody else owns.' },
    useCases: initialUseCases.map((useCase) => ({ ...born, ...useCase })),
    signingKeys,
    administrator: {
      ...born,
      id: accountId,
      name: 'administrator',
      description: 'The first administrator of this tenant.',
      owningTeam: defaultTeam,
      useCase: 'custom-api-integration',
      scopes: [],
      audiences: [],
      role: 'administrator',
      status: 'enabled',
      accessTokenAlgorithm: null,
      capToSubjectExpiry: false,
      federations: [],
      updatedAt: now,
    },
    administratorKey: {
      tenant: name,
      id: newId(),
      accountId,
      kid: pair.kid,
      thumbprint: pair.kid,
      algorithm: 'ES256',
      publicJwk: pair.publicJwk,
      status: 'enabled',
      expiresAt: null,
      createdAt: now,
      lastUsedAt: null,
      version: 1,
    },
    credentials: buildCredentialsFile({
      accountId,
      privateKeyPem: pair.privateKeyPem,
      kid: pair.kid,
      algorithm: 'ES256',
      tenant: name,
      issuer: tenantIssuer(baseIssuer, name),
    }),
  };
};

/** Keeps a tenant with its contents; `UniqueViolation` `tenant` when the name is taken. For use inside a transaction. */
export const insertTenantContents = async (stores: Stores, contents: TenantContents): Promise<void> => {
  await stores.tenants.insert(contents.tenant);
  await stores.teams.insert(contents.team);
  for (const useCase of contents.useCases) await stores.useCases.insert(useCase);
  for (const key of contents.signingKeys) await stores.signingKeys.insert(key);
  await stores.signingKeys.raiseSpiffeSequence(contents.tenant.name, contents.tenant.createdAt);
  await stores.serviceAccounts.insert(contents.administrator);
  await stores.accountKeys.insert(contents.administratorKey);
  await stores.revisions.bump(contents.tenant.name);
};
