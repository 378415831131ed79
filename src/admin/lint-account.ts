import type { ServiceAccount } from '../core/accounts/service-account.ts';
import type { Federation } from '../core/trust/federation.ts';
import { lintFederations } from '../core/trust/lint/lint-federations.ts';
import type { RegistrationWarning } from '../core/trust/lint/warning.ts';
import type { Stores } from '../ports/stores.ts';
import type { AdminDependencies } from './dependencies.ts';

/** Of each issuer so many accounts are compared, those made last: a save stays quick however many there are. */
const maxCompared = 500;

/**
 * The accounts that have a federation on one of the issuers, without the one in question.
 *
 * @param exceptId `null`: it has no id yet
 */
export const accountsSharing = async (
  stores: Pick<Stores, 'serviceAccounts'>,
  tenant: string,
  federations: readonly Pick<Federation, 'issuer'>[],
  exceptId: string | null,
): Promise<readonly ServiceAccount[]> => {
  const found = new Map<string, ServiceAccount>();
  for (const issuer of new Set(federations.map((federation) => federation.issuer)))
    for (const account of await stores.serviceAccounts.findByIssuer(tenant, issuer, maxCompared))
      if (account.id !== exceptId) found.set(account.id, account);
  return [...found.values()];
};

/** What may not be meant in an account that is about to be saved, beside those that are there. */
export const lintAccount = async (
  deps: Pick<AdminDependencies, 'presets'>,
  stores: Pick<Stores, 'serviceAccounts'>,
  { tenant, id, federations }: Pick<ServiceAccount, 'tenant' | 'id' | 'federations'>,
): Promise<readonly RegistrationWarning[]> =>
  lintFederations(federations, {
    presets: deps.presets,
    others: await accountsSharing(stores, tenant, federations, id),
  });
