import type { Status } from '../accounts/service-account.ts';
import type { AccessTokenAlgorithm } from '../jwt/algorithms.ts';
import type { EpochMilliseconds } from '../time.ts';

/** The tenant that lives at the root of the issuer (contract §1). */
export const defaultTenant = 'default';

/** An isolated world with its own issuer, keys, accounts and activities. Its name is its key and never reused. */
export interface Tenant {
  readonly name: string;
  readonly description: string;
  readonly status: Status;
  readonly settings: TenantSettings;
  readonly createdAt: EpochMilliseconds;
  readonly version: number;
}

/** What an administrator may set for a tenant (contract §5). */
export interface TenantSettings {
  readonly accessTokenAlgorithm: AccessTokenAlgorithm;
  /** Further literals accepted as `aud` of own-key assertions, for clients that cannot change. */
  readonly assertionAudiences: readonly string[];
  /** Accept third-party tokens as `client_assertion` (CC-02). */
  readonly federatedClientAssertion: boolean;
  /** Refuse scopes that are not held instead of dropping them. */
  readonly strictScopes: boolean;
  readonly activityRetentionDays: number;
  /**
   * The SPIFFE trust domain this tenant issues JWT-SVIDs for; `null` until its first credential provider names one, or an
   * administrator does.
   */
  readonly trustDomain: string | null;
}

/** The settings a tenant starts with. */
export const defaultTenantSettings: TenantSettings = {
  accessTokenAlgorithm: 'ES256',
  assertionAudiences: [],
  federatedClientAssertion: true,
  strictScopes: false,
  activityRetentionDays: 90,
  trustDomain: null,
};

/** The issuer identifier of `tenant` below the configured `baseIssuer` (contract §1). */
export const tenantIssuer = (baseIssuer: string, tenant: string): string =>
  tenant === defaultTenant ? baseIssuer : `${baseIssuer}/t/${tenant}`;

/** The audience of the admin API of the tenant whose issuer is given (contract §5). */
export const adminAudience = (issuer: string): string => `${issuer}/api/v1`;
