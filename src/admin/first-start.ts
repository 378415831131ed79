import { type Activity, blankActivity, partyOf } from '../core/activity/activity.ts';
import { defaultTenant, defaultTenantSettings, type Tenant } from '../core/tenants/tenant.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { CredentialsVault } from '../ports/credentials-vault.ts';
import type { Storage } from '../ports/storage.ts';
import { insertTenantContents, prepareTenantContents, type TenantFoundry } from './tenant-contents.ts';

/** What the first start uses. */
export interface FirstStart extends TenantFoundry {
  readonly storage: Storage;
  /** Where the first administrator's credentials go. */
  readonly vault: CredentialsVault;
}

/**
 * On an empty store: tenant `default` with its contents and one Administrator, whose credentials are put away before the
 * commit and shown after it, so that no kill between the two loses them (contract §2, A113). Afterwards: only finishes
 * what such a kill left behind.
 */
export const prepareFirstStart = async (deps: FirstStart): Promise<'first' | 'again'> => {
  const { storage, vault, clock, newId } = deps;
  if (await isBorn(storage)) {
    await finishInterrupted(deps);
    return 'again';
  }
  const contents = await prepareTenantContents(deps, rootTenant(clock.now()));
  const { id } = contents.administrator;
  try {
    await vault.put(contents.credentials);
    await storage.transaction(async (stores) => {
      await insertTenantContents(stores, contents);
      await stores.activities.append([bornActivity(newId(), clock.now(), contents.administrator)]);
    });
  } catch (error) {
    // Another process was first, here or on another node; its administrator is the one.
    if (!(await isBorn(storage))) throw error;
    await vault.discard(id);
    return 'again';
  }
  await vault.show(id);
  return 'first';
};

const isBorn = async ({ tenants }: Pick<Storage, 'tenants'>): Promise<boolean> =>
  (await tenants.find(defaultTenant)) !== null;

const rootTenant = (createdAt: EpochMilliseconds): Tenant => ({
  name: defaultTenant,
  description: 'The tenant at the root of the issuer.',
  status: 'enabled',
  settings: defaultTenantSettings,
  createdAt,
  version: 1,
});

/**
 * A start that was killed between commit and show left the only credentials pending. What else is pending belongs to an
 * administrator that can no longer come to be, for the tenant is there.
 */
const finishInterrupted = async ({ storage, vault }: FirstStart): Promise<void> => {
  for (const accountId of await vault.pending()) {
    const isOurs = (await storage.serviceAccounts.find(defaultTenant, accountId)) !== null;
    await (isOurs ? vault.show(accountId) : vault.discard(accountId));
  }
};

const bornActivity = (id: string, time: number, administrator: { id: string; name: string }): Activity => ({
  ...blankActivity,
  tenant: defaultTenant,
  id,
  time,
  type: 'tenant.create',
  outcome: 'changed',
  reason: 'first-start',
  account: partyOf(administrator),
});
