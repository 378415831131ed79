import { type AccountKey, isUsableKey } from '../core/accounts/account-key.ts';
import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { ok, type Result } from '../core/result.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { Stores, TrustedIssuerStore } from '../ports/stores.ts';
import { type AdminProblem, refuse } from './admin-problem.ts';

/** An account as far as it matters for who administers a tenant. */
export interface AdministratorState {
  readonly account: Pick<ServiceAccount, 'id' | 'tenant' | 'role' | 'status' | 'federations'>;
  readonly keys: readonly Pick<AccountKey, 'status' | 'expiresAt'>[];
}

/**
 * Refuses what would leave a tenant without an enabled administrator, for nobody could ever change it again; and, unless
 * `force` is set, without one who has a usable key, or a federation whose issuer is not disabled, to sign in with.
 *
 * @param after the account as it would be; `null`: it is gone
 */
export const refuseLastAdministrator = async (
  { serviceAccounts, trustedIssuers }: Pick<Stores, 'serviceAccounts' | 'trustedIssuers'>,
  before: AdministratorState,
  after: AdministratorState | null,
  { now, force }: { readonly now: EpochMilliseconds; readonly force: boolean },
): Promise<Result<void, AdminProblem>> => {
  const { id, tenant } = before.account;
  const others = (ableToSignInAt: EpochMilliseconds | null): Promise<number> =>
    serviceAccounts.countOtherAdministrators(tenant, id, ableToSignInAt);
  if (isAdministrator(before) && !isAdministrator(after) && (await others(null)) === 0)
    return refuse(
      'last_administrator',
      'This is the last enabled administrator of the tenant. Give another service account the role first.',
    );
  const isAble = (state: AdministratorState | null) => mayAdminister(trustedIssuers, state, now);
  if (!(await isAble(before)) || (await isAble(after))) return ok(undefined);
  if ((await others(force ? null : now)) > 0) return ok(undefined);
  return refuse(
    'last_administrator',
    'No other administrator of the tenant has a federation or a usable key to sign in with. Give one of them a key first; where another administrator exists, ?force=true overrides this.',
  );
};

const isAdministrator = (state: AdministratorState | null): boolean =>
  state !== null && state.account.role === 'administrator' && state.account.status === 'enabled';

const mayAdminister = async (
  trustedIssuers: Pick<TrustedIssuerStore, 'findByIssuer'>,
  state: AdministratorState | null,
  now: EpochMilliseconds,
): Promise<boolean> => {
  if (state === null || !isAdministrator(state)) return false;
  const { account, keys } = state;
  if (keys.some((key) => isUsableKey(key, now))) return true;
  for (const issuer of new Set(account.federations.map((federation) => federation.issuer)))
    if ((await trustedIssuers.findByIssuer(account.tenant, issuer))?.status !== 'disabled') return true;
  return false;
};
