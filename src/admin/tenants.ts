import type { CredentialsFile } from '../core/accounts/credentials-file.ts';
import { ok, type Result } from '../core/result.ts';
import { parseTenant, type TenantInput } from '../core/tenants/parse-tenant.ts';
import { defaultTenant, defaultTenantSettings, type Tenant } from '../core/tenants/tenant.ts';
import type { Page, PageRequest } from '../ports/page.ts';
import { UniqueViolation } from '../ports/stores.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, notFound, refuse, refuseInput, refuseRate } from './admin-problem.ts';
import { buildChangeActivity, changedMembers, changeTenant } from './change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { applyPatch, type Patch } from './merge-patch.ts';
import { requireCurrent, stale, type VersionCondition } from './version-condition.ts';

/** A tenant that was made, with the credentials of its first Administrator, which are shown here once. */
export interface OpenedTenant {
  readonly tenant: Tenant;
  readonly credentials: CredentialsFile;
}

/** One page of all tenants. Callers see to it that only administrators of tenant `default` get here. */
export const listTenants = (
  deps: Pick<AdminDependencies, 'storage'>,
  _actor: Actor,
  page: PageRequest,
): Promise<Page<Tenant>> => deps.storage.tenants.list(page);

/** The tenant of this name. */
export const getTenant = async (
  deps: Pick<AdminDependencies, 'storage'>,
  _actor: Actor,
  name: string,
): Promise<Result<Tenant, AdminProblem>> => {
  const tenant = await deps.storage.tenants.find(name);
  return tenant === null ? notFound('tenant') : ok(tenant);
};

/** Makes a tenant with everything it starts with. Its activity is one of the actor's tenant, in the same transaction. */
export const createTenant = async (
  deps: AdminDependencies,
  actor: Actor,
  input: TenantInput,
): Promise<Result<OpenedTenant, AdminProblem>> => {
  const parsed = parseTenant(input);
  if (!parsed.ok) return refuseInput(parsed.error);
  const tenant: Tenant = {
    ...parsed.value,
    status: 'enabled',
    settings: defaultTenantSettings,
    createdAt: deps.clock.now(),
    version: 1,
  };
  // Looked up first because making the keys of a tenant is dear; the store decides if two arrive at once.
  if ((await deps.storage.tenants.find(tenant.name)) !== null) return taken(tenant.name);
  const waitSeconds = deps.keyGenerationLimit.take(actor.account.tenant);
  if (waitSeconds !== null) return refuseRate(waitSeconds);
  const activity = buildChangeActivity(deps, actor, {
    type: 'tenant.create',
    reason: 'created',
    details: { tenant: tenant.name },
  });
  try {
    const { credentials } = await deps.openTenant(tenant, (stores) => stores.activities.append([activity]));
    await deps.changed(tenant.name);
    return ok({ tenant, credentials });
  } catch (error) {
    if (error instanceof UniqueViolation && error.what === 'tenant') return taken(tenant.name);
    throw error;
  }
};

/** Disables, enables or describes a tenant. Tenant `default` cannot be disabled: nobody could enable it again. */
export const patchTenant = async (
  deps: AdminDependencies,
  actor: Actor,
  name: string,
  condition: VersionCondition,
  patch: Patch<Pick<Tenant, 'description' | 'status'>>,
): Promise<Result<Tenant, AdminProblem>> => {
  const result = await changeTenant<Tenant>(deps, actor, async (stores) => {
    const before = requireCurrent('tenant', await stores.tenants.find(name), condition);
    if (!before.ok) return before;
    const { description, status } = applyPatch(
      { description: before.value.description, status: before.value.status },
      patch,
    );
    if (name === defaultTenant && status === 'disabled') {
      return refuse(
        'default_tenant',
        'The default tenant cannot be disabled, because only its administrators could enable it again.',
      );
    }
    const parsed = parseTenant({ name, description });
    if (!parsed.ok) return refuseInput(parsed.error);
    const after: Tenant = { ...before.value, description, status, version: before.value.version + 1 };
    if (!(await stores.tenants.update(after))) return stale();
    if (name !== actor.account.tenant) await stores.revisions.bump(name);
    const members = changedMembers(before.value, after, ['description', 'status']);
    return ok({
      value: after,
      activity: { type: 'tenant.change', reason: 'changed', details: { tenant: name, status, members } },
    });
  });
  if (result.ok) await deps.changed(name);
  return result;
};

const taken = (name: string) =>
  refuse('already_exists', `There is a tenant ${name} already. Names of tenants are never reused.`);
