import type { CredentialProvider } from '../core/credential-providers/credential-provider.ts';
import {
  type CompiledProvider,
  type CredentialProviderInput,
  parseCredentialProvider,
} from '../core/credential-providers/parse-credential-provider.ts';
import { ok, type Result } from '../core/result.ts';
import type { Page, PageRequest } from '../ports/page.ts';
import type { Stores } from '../ports/stores.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, notFound, refuseInput } from './admin-problem.ts';
import { changedMembers, changeTenant } from './change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { refuseForeignTrustDomain } from './foreign-trust-domain.ts';
import { applyPatch, type Patch } from './merge-patch.ts';
import { requireCurrent, stale, type VersionCondition } from './version-condition.ts';

const what = 'credential provider';

/** One page of the credential providers of the actor's tenant. */
export const listCredentialProviders = (
  { storage }: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  page: PageRequest,
): Promise<Page<CredentialProvider>> => storage.credentialProviders.list(actor.account.tenant, page);

/** The credential provider with this id. */
export const getCredentialProvider = async (
  { storage }: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  id: string,
): Promise<Result<CredentialProvider, AdminProblem>> => {
  const provider = await storage.credentialProviders.find(actor.account.tenant, id);
  return provider === null ? notFound(what) : ok(provider);
};

/** Makes a credential provider. The first one of a tenant also says which trust domain the tenant issues for (A81). */
export const createCredentialProvider = (
  deps: AdminDependencies,
  actor: Actor,
  input: CredentialProviderInput,
): Promise<Result<CredentialProvider, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const parsed = await parseInput(deps, stores, actor, input);
    if (!parsed.ok) return parsed;
    const { tenant } = actor.account;
    const { trustDomain } = parsed.value.subject;
    const chosen = await chooseTrustDomain(stores, tenant, trustDomain);
    if (!chosen.ok) return chosen;
    const now = deps.clock.now();
    const provider: CredentialProvider = {
      ...input,
      tenant,
      id: deps.newId(),
      createdAt: now,
      updatedAt: now,
      version: 1,
    };
    await stores.credentialProviders.insert(provider);
    return ok({
      value: provider,
      activity: {
        type: 'credential-provider.create',
        reason: 'created',
        details: { ...describe(provider), ...(chosen.value ? { trustDomain } : {}) },
      },
    });
  });

/** Changes a credential provider; a member that is given replaces the whole member (RFC 7396). */
export const patchCredentialProvider = (
  deps: AdminDependencies,
  actor: Actor,
  id: string,
  condition: VersionCondition,
  patch: Patch<CredentialProviderInput>,
): Promise<Result<CredentialProvider, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const before = requireCurrent(
      what,
      await stores.credentialProviders.find(actor.account.tenant, id),
      condition,
    );
    if (!before.ok) return before;
    const after: CredentialProvider = {
      ...applyPatch<CredentialProvider>(before.value, patch),
      updatedAt: deps.clock.now(),
      version: before.value.version + 1,
    };
    const parsed = await parseInput(deps, stores, actor, after);
    if (!parsed.ok) return parsed;
    if (!(await stores.credentialProviders.update(after))) return stale();
    const members = changedMembers(before.value, after, changeableMembers);
    return ok({
      value: after,
      activity: {
        type: 'credential-provider.change',
        reason: 'changed',
        details: { ...describe(after), members },
      },
    });
  });

/** Removes a credential provider; JWT-SVIDs that it gave live on until they expire. */
export const deleteCredentialProvider = (
  deps: AdminDependencies,
  actor: Actor,
  id: string,
  condition: VersionCondition,
): Promise<Result<void, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const before = requireCurrent(
      what,
      await stores.credentialProviders.find(actor.account.tenant, id),
      condition,
    );
    if (!before.ok) return before;
    const { tenant, version } = before.value;
    if (!(await stores.credentialProviders.remove(tenant, id, version))) return stale();
    return ok({
      value: undefined,
      activity: {
        type: 'credential-provider.delete',
        reason: 'deleted',
        details: describe(before.value),
      },
    });
  });

const changeableMembers = [
  'name',
  'description',
  'resourceSet',
  'serviceAccounts',
  'subject',
  'audience',
  'lifetimeMinutes',
  'algorithm',
  'claims',
] as const satisfies readonly (keyof CredentialProviderInput)[];

const describe = ({ id, name, subject, audience }: CredentialProvider) => ({
  provider: id,
  name,
  subject: subject.value,
  audience,
});

const parseInput = async (
  deps: Pick<AdminDependencies, 'templateEnvironment'>,
  stores: Stores,
  actor: Actor,
  input: CredentialProviderInput,
): Promise<Result<CompiledProvider, AdminProblem>> => {
  const { tenant } = actor.account;
  const accounts = new Set<string>();
  for (const id of new Set(input.serviceAccounts))
    if ((await stores.serviceAccounts.find(tenant, id)) !== null) accounts.add(id);
  const parsed = parseCredentialProvider(input, {
    accounts,
    trustDomain: (await stores.tenants.find(tenant))?.settings.trustDomain ?? null,
    environmentNames: new Set(Object.keys(deps.templateEnvironment)),
  });
  return parsed.ok ? parsed : refuseInput(parsed.error);
};

/** Whether the trust domain became that of the tenant just now; one that another tenant has is a `UniqueViolation`. */
const chooseTrustDomain = async (
  stores: Pick<Stores, 'tenants' | 'trustedIssuers'>,
  name: string,
  trustDomain: string,
): Promise<Result<boolean, AdminProblem>> => {
  const tenant = await stores.tenants.find(name);
  if (tenant === null) return notFound('tenant');
  if (tenant.settings.trustDomain !== null) return ok(false);
  const foreign = await refuseForeignTrustDomain(stores, name, trustDomain, '/subject/value');
  if (foreign !== null) return refuseInput([foreign]);
  const settings = { ...tenant.settings, trustDomain };
  // An administrator of tenant `default` may change the row at the same time: no provider without its trust domain.
  return (await stores.tenants.update({ ...tenant, settings, version: tenant.version + 1 }))
    ? ok(true)
    : stale();
};
