import { parseTenantSettings } from '../core/tenants/parse-settings.ts';
import type { Tenant, TenantSettings } from '../core/tenants/tenant.ts';
import { ok, type Result } from '../core/result.ts';
import type { Stores } from '../ports/stores.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, notFound, refuse, refuseInput } from './admin-problem.ts';
import { changedMembers, changeTenant } from './change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { refuseForeignTrustDomain } from './foreign-trust-domain.ts';
import { applyPatch, type Patch } from './merge-patch.ts';
import { requireCurrent, stale, type VersionCondition } from './version-condition.ts';

/** The tenant of the actor, whose settings are asked for. */
export const getSettings = async (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
): Promise<Result<Tenant, AdminProblem>> => {
  const tenant = await deps.storage.tenants.find(actor.account.tenant);
  return tenant === null ? notFound('tenant') : ok(tenant);
};

/** Changes settings of the actor's tenant. None of them is a path, a module or an address to connect to (A114). */
export const patchSettings = (
  deps: AdminDependencies,
  actor: Actor,
  condition: VersionCondition,
  patch: Patch<TenantSettings>,
): Promise<Result<Tenant, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const before = requireCurrent('tenant', await stores.tenants.find(actor.account.tenant), condition);
    if (!before.ok) return before;
    const settings = parseTenantSettings(applyPatch(before.value.settings, patch));
    if (!settings.ok) return refuseInput(settings.error);
    const moves = settings.value.trustDomain !== before.value.settings.trustDomain;
    if (moves && (await hasProviders(stores, before.value.name)))
      return refuse(
        'in_use',
        'Credential providers of this tenant issue for the trust domain it has. Delete them first.',
      );
    const { trustDomain } = settings.value;
    const foreign =
      moves && trustDomain !== null
        ? await refuseForeignTrustDomain(stores, before.value.name, trustDomain, '/trustDomain')
        : null;
    if (foreign !== null) return refuseInput([foreign]);
    const after: Tenant = { ...before.value, settings: settings.value, version: before.value.version + 1 };
    if (!(await stores.tenants.update(after))) return stale();
    const members = changedMembers(before.value.settings, after.settings, settingNames);
    return ok({
      value: after,
      activity: { type: 'settings.change', reason: 'changed', details: { members } },
    });
  });

const hasProviders = async (
  { credentialProviders }: Pick<Stores, 'credentialProviders'>,
  tenant: string,
): Promise<boolean> => (await credentialProviders.list(tenant, { limit: 1, cursor: null })).items.length > 0;

const settingNames = [
  'accessTokenAlgorithm',
  'assertionAudiences',
  'federatedClientAssertion',
  'strictScopes',
  'activityRetentionDays',
  'trustDomain',
] as const satisfies readonly (keyof TenantSettings)[];
