import { LRUCache } from 'lru-cache';
import type { AccountKey } from '../core/accounts/account-key.ts';
import { type Blocks, buildBlocks } from '../core/blocks/blocks.ts';
import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { type ReadyProvider, readyProvider } from '../core/credential-providers/ready-provider.ts';
import type { Tenant } from '../core/tenants/tenant.ts';
import { buildPatternPrefixes, type PatternPrefixes } from '../core/trust/federation-group.ts';
import type { Touched } from '../core/trust/touched.ts';
import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import type { SignatureVerifier, VerificationKey } from '../ports/signature-verifier.ts';
import type { Stores } from '../ports/stores.ts';
import { type CacheLimits, createFederationCache, defaultCacheLimits } from './federation-cache.ts';
import { lookUpFederations } from './look-up-federations.ts';
import type { RegisteredFederations } from './registered-federations.ts';

/** A trusted issuer with the federations on it. */
export interface IssuerEntry {
  readonly trustedIssuer: TrustedIssuer;
  readonly federations: RegisteredFederations;
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
  /**
   * Reads everything of `tenant` again from now on, or what was touched where no more was; what was already being read is
   * not believed either (A66).
   */
  forget(tenant: string, touched?: Touched): void;
  /** {@link forget} for every tenant. */
  forgetAll(): void;
}

interface Kept<T> {
  readonly generation: number;
  /** `null`: it is not there; strangers' questions cost one read and not one each. */
  readonly value: Promise<T>;
  /** The same once it is read. */
  readonly known?: T;
}

/** A trusted issuer with what looking up federations on it needs. */
interface KnownIssuer extends IssuerEntry {
  readonly prefixes: PatternPrefixes;
}

/** What may be chosen about a {@link createTrustDirectory}. */
export interface TrustDirectoryOptions {
  /** The most tenants, issuers, accounts and so on that are kept, each. */
  readonly maxEntries?: number;
  readonly environmentNames?: ReadonlySet<string>;
  readonly federations?: CacheLimits;
  /** Runs a task at the end of the turn. */
  readonly schedule?: (task: () => void) => void;
}

/**
 * A cache whose entries carry the generation of their tenant. Forgetting a tenant starts a new one: what was read before,
 * or is still being read, is not believed any more and gives way to the next read of the same name. However many accounts
 * there are, what is kept of them is bounded, and one of them is read from the store in one step.
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
    federations: limits = defaultCacheLimits,
    schedule = setImmediate,
  }: TrustDirectoryOptions = {},
): TrustDirectory => {
  // One count for all, so that whichever of the two is greater is the later one.
  let forgotten = 0;
  let everything = 0;
  const generations = new Map<string, number>();
  const generationOf = (tenant: string): number => Math.max(everything, generations.get(tenant) ?? 0);

  const cacheOf = <T extends object | null>(read: (tenant: string, name: string) => Promise<T>) => {
    // Sizes of 1 and no `max`, which would make room for all of them before the first one comes.
    const cache = new LRUCache<string, Kept<T>>({ maxSize: maxEntries, sizeCalculation: () => 1 });
    const find = (tenant: string, name: string): Promise<T> => {
      const key = `${tenant}\n${name}`;
      const generation = generationOf(tenant);
      const kept = cache.get(key);
      if (kept?.generation === generation) return kept.value;
      const entry = { generation, value: read(tenant, name) };
      cache.set(key, entry);
      entry.value.then(
        (known) => {
          if (cache.peek(key) === entry) cache.set(key, { ...entry, known });
        },
        () => {
          if (cache.peek(key) === entry) cache.delete(key);
        },
      );
      return entry.value;
    };
    const forget = (
      tenant: string,
      name: string,
      unless: (known: NonNullable<T>) => boolean = () => false,
    ): void => {
      const key = `${tenant}\n${name}`;
      const known = cache.peek(key)?.known ?? null;
      if (known === null || !unless(known)) cache.delete(key);
    };
    return { find, forget };
  };

  const providers = cacheOf(async (tenant, accountId) => {
    const bound = await stores.credentialProviders.ofAccount(tenant, accountId);
    return bound.map((provider) => readyProvider(provider, environmentNames));
  });
  const tenants = cacheOf((tenant) => stores.tenants.find(tenant));
  const keptBlocks = cacheOf(async (tenant) => buildBlocks(await stores.blocks.allOf(tenant)));
  const blocks = (tenant: string): Promise<Blocks> => keptBlocks.find(tenant, '');
  const federations = createFederationCache(stores.serviceAccounts, {
    generationOf,
    blocks,
    limits,
    schedule,
  });
  const issuers = cacheOf(async (tenant, name): Promise<KnownIssuer | null> => {
    const trustedIssuer = await stores.trustedIssuers.findByIssuer(tenant, name);
    if (trustedIssuer === null) return null;
    const outline = await stores.serviceAccounts.outlineOf(tenant, name);
    const prefixes = buildPatternPrefixes(outline.prefixes);
    const known = { tenant, issuer: name, prefixes, unplaced: outline.unplaced };
    const lookUp = { store: stores.serviceAccounts, cache: federations, blocks };
    return { trustedIssuer, prefixes, federations: lookUpFederations(lookUp, known) };
  });
  const accounts = cacheOf(async (tenant, id): Promise<AccountEntry | null> => {
    const account = await stores.serviceAccounts.find(tenant, id);
    if (account === null) return null;
    const keys = await stores.accountKeys.listOf(tenant, id);
    return { account, keys: keys.map((key) => ({ ...key, verificationKey: importStored(verifier, key) })) };
  });

  const forgetTouched = (tenant: string, touched: Touched): void => {
    for (const id of touched.accounts) {
      accounts.forget(tenant, id);
      providers.forget(tenant, id);
    }
    for (const issuer of touched.issuers) issuers.forget(tenant, issuer);
    for (const group of touched.groups) {
      federations.forget(group);
      // A pattern may begin with a text that none did before.
      if (group.kind === 'prefix')
        issuers.forget(tenant, group.issuer, ({ prefixes }) => prefixes.has(group.text));
    }
  };

  return {
    tenant: (name) => tenants.find(name, ''),
    issuer: issuers.find,
    account: accounts.find,
    blocks,
    providers: providers.find,
    forget: (tenant, touched) => {
      if (touched === undefined) generations.set(tenant, (forgotten += 1));
      else forgetTouched(tenant, touched);
    },
    forgetAll: () => {
      everything = forgotten += 1;
    },
  };
};

const importStored = (verifier: Pick<SignatureVerifier, 'importKey'>, key: AccountKey): VerificationKey => {
  const imported = verifier.importKey({ ...key.publicJwk });
  if (!imported.ok) throw new Error(`stored key ${key.kid} cannot be imported: ${imported.error}`);
  return imported.value;
};
