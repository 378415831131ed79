import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { member } from '../core/json.ts';
import { adminAudience, tenantIssuer } from '../core/tenants/tenant.ts';
import type { BlockStore, ServiceAccountStore, TenantStore } from '../ports/stores.ts';
import type { VerifyOwnToken } from './verify-own-token.ts';

/** What an access token of ours says at the admin API: who it is, or that it is not accepted (RFC 6750 §3.1). */
export type VerifiedAccessToken =
  | { readonly ok: true; readonly account: ServiceAccount }
  | { readonly ok: false; readonly error: 'invalid_token' };

/** Verifies an access token for the admin API of `tenant`. Throws when the store or the keys are out of reach. */
export type VerifyAccessToken = (tenant: string, token: string) => Promise<VerifiedAccessToken>;

const invalid: VerifiedAccessToken = { ok: false, error: 'invalid_token' };

/**
 * Verifies access tokens for the admin API (AT-14). The account, its block and the tenant are read from the store each time: a token
 * says who called, only the present registration says what that may do (A65).
 */
export const createAccessTokenVerifier =
  ({
    verifyOwnToken,
    accounts,
    tenants,
    blocks,
    baseIssuer,
  }: {
    readonly verifyOwnToken: VerifyOwnToken;
    readonly accounts: Pick<ServiceAccountStore, 'find'>;
    readonly tenants: Pick<TenantStore, 'find'>;
    readonly blocks: Pick<BlockStore, 'findByTarget'>;
    readonly baseIssuer: string;
  }): VerifyAccessToken =>
  async (tenant, token) => {
    const own = await verifyOwnToken(tenant, token, adminAudience(tenantIssuer(baseIssuer, tenant)));
    if (!own.ok) return invalid;
    // A token bound to a key is no bearer token, and no proof of possession is read here.
    if (member(own.value.claims, 'cnf') !== undefined) return invalid;
    const { accountId } = own.value;
    const [found, account, block] = await Promise.all([
      tenants.find(tenant),
      accounts.find(tenant, accountId),
      blocks.findByTarget(tenant, { kind: 'account', account: accountId }),
    ]);
    if (found?.status !== 'enabled' || account?.status !== 'enabled' || block !== null) return invalid;
    return { ok: true, account };
  };
