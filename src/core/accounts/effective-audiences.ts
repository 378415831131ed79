import { adminAudience } from '../tenants/tenant.ts';
import type { ServiceAccount } from './service-account.ts';

/** For which audiences an account may have tokens. */
export interface EffectiveAudiences {
  /** Taken when none is asked for; one of {@link allowed}. */
  readonly default: string;
  readonly allowed: readonly string[];
}

/**
 * The audiences of an account (contract §3, §5): those registered, the first being the default; without any, the admin API
 * for an account with a role and our issuer for one without. A role always opens the admin API besides.
 *
 * @param issuer the issuer identifier of the account's tenant
 */
export const effectiveAudiences = (
  account: Pick<ServiceAccount, 'audiences' | 'role'>,
  issuer: string,
): EffectiveAudiences => {
  const admin = account.role === null ? [] : [adminAudience(issuer)];
  const [fallback = issuer] = admin;
  const [first = fallback, ...rest] = account.audiences;
  return { default: first, allowed: [...new Set([first, ...rest, ...admin])] };
};
