import type { AccountKey } from '../core/accounts/account-key.ts';
import type { Role } from '../core/accounts/role.ts';
import type { ServiceAccount, Status } from '../core/accounts/service-account.ts';
import type { Team } from '../core/accounts/team.ts';
import type { UseCase } from '../core/accounts/use-case.ts';
import type { Block, BlockKind, BlockTarget } from '../core/blocks/block.ts';
import type { CredentialProvider } from '../core/credential-providers/credential-provider.ts';
import type { InboxEntry, RefusedAttempts } from '../core/inbox/inbox-entry.ts';
import type { KeyState, SigningKey } from '../core/signing-keys/signing-key.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { Tenant } from '../core/tenants/tenant.ts';
import type { FederationGroup } from '../core/trust/federation-group.ts';
import type { Touched } from '../core/trust/touched.ts';
import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import type { ActivityStore } from './activity-store.ts';
import type { Page, PageRequest } from './page.ts';
import type { TrailStore } from './trail-store.ts';

/**
 * Rules shared by every store: text is compared code point by code point; a row belongs to a tenant and is invisible to
 * others (A107); `update` and `remove` are compare-and-swap on `version` and answer `false` when it is stale or gone
 * (A72); `insert` throws {@link UniqueViolation}; any other failure is a fault and throws (A67).
 */
export class UniqueViolation extends Error {
  override readonly name = 'UniqueViolation';
  /** What was not unique: `tenant`, `service-account`, `federation`, `trusted-issuer`, `team`, `use-case`, `account-key`, `signing-key`, `credential-provider`, `block`. */
  readonly what: string;
  constructor(what: string) {
    super(`${what} exists already`);
    this.what = what;
  }
}

export interface TenantStore {
  find(name: string): Promise<Tenant | null>;
  list(page: PageRequest): Promise<Page<Tenant>>;
  insert(tenant: Tenant): Promise<void>;
  /** Replaces the row whose version is `tenant.version - 1`. */
  update(tenant: Tenant): Promise<boolean>;
}

export interface TrustedIssuerStore {
  find(tenant: string, id: string): Promise<TrustedIssuer | null>;
  findByIssuer(tenant: string, issuer: string): Promise<TrustedIssuer | null>;
  list(tenant: string, page: PageRequest): Promise<Page<TrustedIssuer>>;
  insert(issuer: TrustedIssuer): Promise<void>;
  /** Replaces the row whose version is `issuer.version - 1`. */
  update(issuer: TrustedIssuer): Promise<boolean>;
  remove(tenant: string, id: string, version: number): Promise<boolean>;
}

/** What a list of service accounts may be narrowed by (contract §5). */
export interface ServiceAccountFilter {
  readonly team?: string;
  readonly useCase?: string;
  readonly status?: Status;
  readonly role?: Role;
  /** Part of the name or description, case-insensitive, taken literally (A117). */
  readonly q?: string;
}

/** What has to be known of the federations on an issuer to look up those that cover a subject. */
export interface FederationOutline {
  /** The distinct literal beginnings of patterns. */
  readonly prefixes: readonly string[];
  /** Accounts with a federation that no group knows, for an older version wrote it: they are looked at always. */
  readonly unplaced: readonly ServiceAccount[];
}

export interface ServiceAccountStore {
  find(tenant: string, id: string): Promise<ServiceAccount | null>;
  /** A page may hold less than its limit, and nothing at all, where `q` is given and another one follows. */
  list(tenant: string, filter: ServiceAccountFilter, page: PageRequest): Promise<Page<ServiceAccount>>;
  /** The account whose federation has this id. */
  findByFederation(tenant: string, federationId: string): Promise<ServiceAccount | null>;
  /** The accounts with a federation on this issuer, whatever their status: those made last, newest first, at most so many. */
  findByIssuer(tenant: string, issuer: string, newest: number): Promise<readonly ServiceAccount[]>;
  /** Of each group every account with a federation in it, whatever its status, oldest first. */
  findByGroups(groups: readonly FederationGroup[]): Promise<readonly (readonly ServiceAccount[])[]>;
  /**
   * Accounts whose subject or pattern on this issuer begins most like `subject`, by `nearForm`: those of the `limit`
   * federations before and behind it in order.
   */
  findNear(
    tenant: string,
    issuer: string,
    subject: string,
    limit: number,
  ): Promise<readonly ServiceAccount[]>;
  outlineOf(tenant: string, issuer: string): Promise<FederationOutline>;
  /** Account and its federations; {@link UniqueViolation} `service-account` for the name, `federation` for a federation held by any account of the tenant. */
  insert(account: ServiceAccount): Promise<void>;
  /** Replaces the row whose version is `account.version - 1`, with its federations. */
  update(account: ServiceAccount): Promise<boolean>;
  /** Removes the account with its federations and keys, and from every credential provider, whose version grows. */
  remove(tenant: string, id: string, version: number): Promise<boolean>;
}

export interface AccountKeyStore {
  /** The keys of one account, oldest first. */
  listOf(tenant: string, accountId: string): Promise<readonly AccountKey[]>;
  /** {@link UniqueViolation} `account-key` for a key the account has, or whose kid another key of it has. */
  insert(key: AccountKey): Promise<void>;
  /** Status and expiry of the key whose version is `key.version - 1`. */
  update(key: AccountKey): Promise<boolean>;
  remove(tenant: string, id: string, version: number): Promise<boolean>;
  /** Notes that a key was used at `usedAt`; a later time stays, and a key that is gone is none of its business. */
  touch(tenant: string, id: string, usedAt: EpochMilliseconds): Promise<void>;
}

export interface TeamStore {
  find(tenant: string, name: string): Promise<Team | null>;
  list(tenant: string, page: PageRequest): Promise<Page<Team>>;
  insert(team: Team): Promise<void>;
  update(team: Team): Promise<boolean>;
  remove(tenant: string, name: string, version: number): Promise<boolean>;
  /** Whether any account is owned by it. */
  inUse(tenant: string, name: string): Promise<boolean>;
}

export interface UseCaseStore {
  find(tenant: string, name: string): Promise<UseCase | null>;
  list(tenant: string, page: PageRequest): Promise<Page<UseCase>>;
  insert(useCase: UseCase): Promise<void>;
  update(useCase: UseCase): Promise<boolean>;
  remove(tenant: string, name: string, version: number): Promise<boolean>;
  /** Whether any account has it. */
  inUse(tenant: string, name: string): Promise<boolean>;
  /** Every scope that some account of this use case holds, for the check before it is narrowed. */
  scopesInUse(tenant: string, name: string): Promise<readonly string[]>;
}

/** The signing keys of a tenant with the sequence of its SPIFFE bundle, as of one instant. */
export interface SigningKeySet {
  /** Every key of the tenant that is not gone, oldest first. */
  readonly keys: readonly SigningKey[];
  /** `null` where no change of a JWT-SVID key was ever noted: an older version made the tenant. */
  readonly spiffeSequence: number | null;
}

export interface SigningKeyStore {
  /** Every key of the tenant that is not gone, oldest first. */
  listOf(tenant: string): Promise<readonly SigningKey[]>;
  readSet(tenant: string): Promise<SigningKeySet>;
  /**
   * Notes that the JWT-SVID keys of the tenant change, within the transaction of the change (SV-20): the sequence of its
   * bundle becomes `now`, in milliseconds, or one more than it was, whichever is greater.
   */
  raiseSpiffeSequence(tenant: string, now: EpochMilliseconds): Promise<void>;
  /** {@link UniqueViolation} `signing-key` also where purpose and algorithm have a prepared, or an active, key already (A69). */
  insert(key: SigningKey): Promise<void>;
  /** State and times of the row that is still in the state `from`; `UniqueViolation` where the new state has its key. */
  advance(key: SigningKey, from: KeyState): Promise<boolean>;
  /** Seals the same private key in another way; `false` where it was not sealed as `from` any more. */
  reseal(tenant: string, kid: string, from: string, to: string): Promise<boolean>;
  remove(tenant: string, kid: string): Promise<boolean>;
  /**
   * Tenants, by name, whose keys are anything but `slots` active ones that sign since `activatedBefore` or later: that
   * have a prepared or a retired one, an older one, or lack one.
   */
  tenantsToRotate(activatedBefore: EpochMilliseconds, slots: number): Promise<readonly string[]>;
}

export interface CredentialProviderStore {
  find(tenant: string, id: string): Promise<CredentialProvider | null>;
  list(tenant: string, page: PageRequest): Promise<Page<CredentialProvider>>;
  /** Every provider an account is bound to, oldest first. */
  ofAccount(tenant: string, accountId: string): Promise<readonly CredentialProvider[]>;
  /** {@link UniqueViolation} `credential-provider` for the name. */
  insert(provider: CredentialProvider): Promise<void>;
  /** Replaces the row whose version is `provider.version - 1`, with its accounts. */
  update(provider: CredentialProvider): Promise<boolean>;
  remove(tenant: string, id: string, version: number): Promise<boolean>;
}

/** Access tokens that were revoked before they expired (RFC 7009, IR-12). */
export interface RevokedTokenStore {
  /** Once is enough; again changes nothing. */
  revoke(tenant: string, jti: string, until: EpochMilliseconds): Promise<void>;
  isRevoked(tenant: string, jti: string): Promise<boolean>;
  /** Forgets at most `limit` tokens that have expired by themselves; how many. */
  forgetBefore(time: EpochMilliseconds, limit: number): Promise<number>;
}

/** What a list of blocks may be narrowed by. */
export interface BlockFilter {
  readonly kind?: BlockKind;
  /** Part of the target, its name or the reason, case-insensitive, taken literally (A117). */
  readonly q?: string;
}

/** Kill switches that were thrown. */
export interface BlockStore {
  find(tenant: string, id: string): Promise<Block | null>;
  /** The block whose target is the same one (`targetIdentity`). */
  findByTarget(tenant: string, target: BlockTarget): Promise<Block | null>;
  list(tenant: string, filter: BlockFilter, page: PageRequest): Promise<Page<Block>>;
  /** Every block of the tenant; those who insert see to it that they stay few (`maxBlocks`). */
  allOf(tenant: string): Promise<readonly Block[]>;
  /** {@link UniqueViolation} `block` for a target that is blocked already. */
  insert(block: Block): Promise<void>;
  remove(tenant: string, id: string, version: number): Promise<boolean>;
}

/** Refused attempts that matched no account, grouped (`AttemptIdentity`); bounded whatever strangers send. */
export interface InboxStore {
  find(tenant: string, id: string): Promise<(InboxEntry & Pick<RefusedAttempts, 'claims'>) | null>;
  /** Every entry of the tenant, the last seen first; at most twice `maxInboxEntries`. */
  list(tenant: string): Promise<readonly InboxEntry[]>;
  /**
   * Adds attempts to their entries, or makes those: counts add up, whoever counted. Then every tenant concerned keeps its
   * last seen {@link maxInboxEntries}, verified and others each.
   */
  add(attempts: readonly RefusedAttempts[]): Promise<void>;
  /** `false` where there is no such entry. */
  remove(tenant: string, id: string): Promise<boolean>;
}

/** Tells other nodes, and this one, that the configuration of a tenant changed. */
export interface RevisionStore {
  /** The revision of every tenant; one that grew means: read again. */
  all(): Promise<ReadonlyMap<string, number>>;
  /** Grows the revision of `tenant` by one, within the transaction of the change itself. */
  bump(tenant: string): Promise<void>;
  /** Notes, within the transaction that grew the revision, that it touched no more than this. Old notes go. */
  describe(tenant: string, touched: Touched): Promise<void>;
  /** What the revisions behind `after` up to `until` touched; `null` where that is not known of each of them. */
  touchedBetween(tenant: string, after: number, until: number): Promise<readonly Touched[] | null>;
}

/** Everything that is kept, seen from inside or outside a transaction. */
export interface Stores {
  readonly tenants: TenantStore;
  readonly trustedIssuers: TrustedIssuerStore;
  readonly serviceAccounts: ServiceAccountStore;
  readonly accountKeys: AccountKeyStore;
  readonly teams: TeamStore;
  readonly useCases: UseCaseStore;
  readonly signingKeys: SigningKeyStore;
  readonly credentialProviders: CredentialProviderStore;
  readonly revokedTokens: RevokedTokenStore;
  readonly blocks: BlockStore;
  readonly inbox: InboxStore;
  readonly activities: ActivityStore;
  readonly trail: TrailStore;
  readonly revisions: RevisionStore;
}
