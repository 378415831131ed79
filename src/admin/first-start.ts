import type { Activity } from '../core/activity/activity.ts';
import { defaultTenant, defaultTenantSettings, type Tenant } from '../core/tenants/tenant.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { CredentialsVault } from '../ports/credentials-vault.ts';
import type { Storage } from '../ports/storage.ts';
import { UniqueViolation } from '../ports/stores.ts';
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
  if ((await storage.tenants.find(defaultTenant)) !== null) {
    await finishInterrupted(deps);
    return 'again';
  }
  const contents = await prepareTenantContents(deps, rootTenant(clock.now()));
  await vault.put(contents.credentials);
  try {
    await storage.transaction(async (stores) => {
      await insertTenantContents(stores, contents);
      await stores.activities.append([bornActivity(newId(), clock.now(), contents.administrator)]);
    });
  } catch (error) {
    if (!(error instanceof UniqueViolation)) throw error;
    // Another node was first; its administrator is the one.
    await vault.discard();
    return 'again';
  }
  await vault.show();
  return 'first';
};

const rootTenant = (createdAt: EpochMilliseconds): Tenant => ({
  name: defaultTenant,
  description: 'The tenant at the root of the issuer.',
  status: 'enabled',
  settings: defaultTenantSettings,
  createdAt,
  version: 1,
});

const finishInterrupted = async ({ storage, vault }: FirstStart): Promise<void> => {
  const id = await vault.pendingAccount();
  if (id === null) return;
  if ((await storage.serviceAccounts.find(defaultTenant, id)) === null) await vault.discard();
  else await vault.show();
};

const bornActivity = (id: string, time: number, administrator: { id: string; name: string }): Activity => ({
  tenant: defaultTenant,
  id,
  time,
  type: 'tenant.create',
  outcome: 'changed',
  reason: 'first-start',
  door: null,
  account: { id: administrator.id, name: administrator.name },
  actor: null,
  issuer: null,
  subject: null,
  audience: null,
  jti: null,
  tokenHash: null,
  sourceAddress: null,
  checks: [],
  details: null,
});
