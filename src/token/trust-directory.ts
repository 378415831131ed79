import { LRUCache } from 'lru-cache';
import type { AccountKey } from '../core/accounts/account-key.ts';
import { type Blocks, buildBlocks, noBlocks } from '../core/blocks/blocks.ts';
import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { type ReadyProvider, readyProvider } from '../core/credential-providers/ready-provider.ts';
import type { Tenant } from '../core/tenants/tenant.ts';
import { buildFederationIndex, type FederationIndex } from '../core/trust/federation-index.ts';
import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import type { SignatureVerifier, VerificationKey } from '../ports/signature-verifier.ts';
import type { Stores } from '../ports/stores.ts';

/** A trusted issuer with its federations, compiled once and not at every request. */
export interface IssuerEntry {
  readonly trustedIssuer: TrustedIssuer;
  readonly federations: FederationIndex;
}

/** A key of an account, ready to verify with. */
export interface UsableKey extends AccountKey {
  readonly verificationKey: VerificationKey;
}

/** A service account with its keys. */
export interface AccountEntry {
  readonly account: ServiceAccount;
  readonly keys: readonly UsableKey[];
}

/** What was registered, as the token endpoint needs it: read from the store once and kept until it changes. */
export interface TrustDirectory {
  tenant(name: string): Promise<Tenant | null>;
  issuer(tenant: string, issuer: string): Promise<IssuerEntry | null>;
  account(tenant: string, id: string): Promise<AccountEntry | null>;
  /** The credential providers an account is bound to, oldest first, those that cannot be used here among them. */
  providers(tenant: string, accountId: string): Promise<readonly ReadyProvider[]>;
  /** What is blocked in the tenant; nothing where there is no such tenant. */
  blocks(tenant: string): Promise<Blocks>;
  /** Reads everything of `tenant` again from now on; what was already being read is not believed either (A66). */
  forget(tenant: string): void;
  /** {@link forget} for every tenant. */
  forgetAll(): void;
}

interface Kept<T> {
  readonly generation: string;
  /** `null`: it is not there; strangers' questions cost one read and not one each. */
  readonly value: Promise<T | null>;
}

/**
 * A cache whose entries carry the generation of their tenant. Forgetting a tenant starts a new one: what was read before,
 * or is still being read, is not believed any more and gives way to the next read of the same name.
 */
export const createTrustDirectory = (
  stores: Pick<
    Stores,
    'tenants' | 'trustedIssuers' | 'serviceAccounts' | 'accountKeys' | 'credentialProviders' | 'blocks'
  >,
  verifier: Pick<SignatureVerifier, 'importKey'>,
  {
    maxEntries = 20_000,
    environmentNames = new Set(),
  }: { readonly maxEntries?: number; readonly environmentNames?: ReadonlySet<string> } = {},
): TrustDirectory => {
  const generations = new Map<string, number>();
  let epoch = 0;

  const cacheOf = <T extends object>(read: (tenant: string, name: string) => Promise<T | null>) => {
    const cache = new LRUCache<string, Kept<T>>({ max: maxEntries });
    return (tenant: string, name: string): Promise<T | null> => {
      const key = `${tenant}\n${name}`;
      const generation = `${epoch}.${generations.get(tenant) ?? 0}`;
      const kept = cache.get(key);
      if (kept?.generation === generation) return kept.value;
      const entry = { generation, value: read(tenant, name) };
      cache.set(key, entry);
      entry.value.catch(() => {
        if (cache.peek(key) === entry) cache.delete(key);
      });
      return entry.value;
    };
  };

  const providers = cacheOf(async (tenant, accountId) => {
    const bound = await stores.credentialProviders.ofAccount(tenant, accountId);
    return bound.map((provider) => readyProvider(provider, environmentNames));
  });
  const tenants = cacheOf((tenant) => stores.tenants.find(tenant));
  const keptBlocks = cacheOf(async (tenant) => buildBlocks(await stores.blocks.allOf(tenant)));
  const blocks = async (tenant: string): Promise<Blocks> => (await keptBlocks(tenant, '')) ?? noBlocks;
  return {
    tenant: (name) => tenants(name, ''),
    issuer: cacheOf(async (tenant, name) => {
      const trustedIssuer = await stores.trustedIssuers.findByIssuer(tenant, name);
      if (trustedIssuer === null) return null;
      const accounts = await stores.serviceAccounts.findByIssuer(tenant, name);
      return { trustedIssuer, federations: buildFederationIndex(accounts, name, await blocks(tenant)) };
    }),
    account: cacheOf(async (tenant, id) => {
      const account = await stores.serviceAccounts.find(tenant, id);
      if (account === null) return null;
      const keys = await stores.accountKeys.listOf(tenant, id);
      return { account, keys: keys.map((key) => ({ ...key, verificationKey: importStored(verifier, key) })) };
    }),
    blocks,
    providers: async (tenant, accountId) => (await providers(tenant, accountId)) ?? [],
    forget: (tenant) => void generations.set(tenant, (generations.get(tenant) ?? 0) + 1),
    forgetAll: () => {
      epoch += 1;
    },
  };
};

const importStored = (verifier: Pick<SignatureVerifier, 'importKey'>, key: AccountKey): VerificationKey => {
  const imported = verifier.importKey({ ...key.publicJwk });
  if (!imported.ok) throw new Error(`stored key ${key.kid} cannot be imported: ${imported.error}`);
  return imported.value;
};
