import type { CredentialsFile } from '../core/accounts/credentials-file.ts';
import {
  parseServiceAccount,
  type ServiceAccountDraft,
  type ServiceAccountInput,
} from '../core/accounts/parse-service-account.ts';
import { holdsRoles } from '../core/accounts/role.ts';
import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { partyOf } from '../core/activity/activity.ts';
import { ok, type Result } from '../core/result.ts';
import { tenantIssuer } from '../core/tenants/tenant.ts';
import { type FederationInput, federationIdentity } from '../core/trust/registration.ts';
import { touchedBy } from '../core/trust/touched.ts';
import type { RegistrationProblem } from '../core/trust/registration-problem.ts';
import type { Page, PageRequest } from '../ports/page.ts';
import type { ServiceAccountFilter, Stores } from '../ports/stores.ts';
import type { Actor } from './actor.ts';
import { describeKey, insertAccountKey } from './account-keys.ts';
import { type AdminProblem, notFound, refuseInput, refuseStronger } from './admin-problem.ts';
import { changedMembers, changeTenant } from './change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { issuersOf, registerIssuers } from './federation-issuers.ts';
import { clearInbox } from './clear-inbox.ts';
import { refuseLastAdministrator } from './last-administrator.ts';
import { lintAccount } from './lint-account.ts';
import { applyPatch, onlyDisables, type Patch } from './merge-patch.ts';
import { type AccountKeyRequest, prepareAccountKey } from './prepare-account-key.ts';
import { registrationPolicy } from './register-trusted-issuer.ts';
import { requireCurrent, stale, type VersionCondition } from './version-condition.ts';

/** A federation as it is asked for: with the place of the issuer's keys, and its id when it is one the account has. */
export interface FederationRequest extends FederationInput {
  readonly id: string | null;
  /** `null`: not said. */
  readonly jwksUri: string | null;
}

/** A service account as it is asked for. */
export interface ServiceAccountRequest extends Omit<ServiceAccountInput, 'federations'> {
  readonly federations: readonly FederationRequest[];
}

/** A service account with where the keys of each issuer of its federations come from. */
export interface ServiceAccountView {
  readonly account: ServiceAccount;
  /** By issuer; `null`: discovered or pinned. */
  readonly jwksUris: ReadonlyMap<string, string | null>;
}

/** A service account that was just made, with the only copy of its private key where the pair was made here. */
export interface CreatedServiceAccount extends ServiceAccountView {
  readonly credentials: CredentialsFile | null;
}

/** One page of the service accounts of the actor's tenant. */
export const listServiceAccounts = async (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  filter: ServiceAccountFilter,
  page: PageRequest,
): Promise<Page<ServiceAccountView>> => {
  const { items, nextCursor } = await deps.storage.serviceAccounts.list(actor.account.tenant, filter, page);
  const jwksUris = await issuersOf(deps.storage, actor.account.tenant, items);
  return { items: items.map((account) => ({ account, jwksUris })), nextCursor };
};

/** The service account with this id. */
export const getServiceAccount = async (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  id: string,
): Promise<Result<ServiceAccountView, AdminProblem>> => {
  const account = await deps.storage.serviceAccounts.find(actor.account.tenant, id);
  return account === null ? notFound('service account') : ok(await viewOf(deps.storage, account));
};

/** Makes a service account, with its first key where one is asked for, and registers the issuers of its federations that are not known yet. */
export const createServiceAccount = async (
  deps: AdminDependencies,
  actor: Actor,
  request: ServiceAccountRequest,
  firstKey: AccountKeyRequest | null,
): Promise<Result<CreatedServiceAccount, AdminProblem>> => {
  // Asked twice: here so that no key pair is made in vain, in the transaction because only there it holds (A63).
  const admitted = await admitAccount(deps, deps.storage, actor, request);
  if (!admitted.ok) return admitted;
  const prepared = firstKey === null ? ok(null) : await prepareAccountKey(deps, actor, firstKey, '/key');
  if (!prepared.ok) return prepared;
  return changeTenant(deps, actor, async (stores) => {
    const draft = await admitAccount(deps, stores, actor, request);
    if (!draft.ok) return draft;
    const now = deps.clock.now();
    const account = await withWarnings(deps, stores, {
      ...draft.value,
      tenant: actor.account.tenant,
      id: deps.newId(),
      createdAt: now,
      updatedAt: now,
      version: 1,
    });
    const registered = await registerIssuers(deps, stores, actor, request.federations);
    if (!registered.ok) return registered;
    await stores.serviceAccounts.insert(account);
    await clearInbox(stores, account.tenant, account.federations);
    const added =
      prepared.value === null ? null : await insertAccountKey(deps, stores, account, prepared.value);
    return ok({
      value: { ...(await viewOf(stores, account)), credentials: added?.credentials ?? null },
      touched: touchedBy(null, account, registered.value),
      activity: {
        type: 'service-account.create',
        reason: 'created',
        account: partyOf(account),
        details: {
          role: account.role,
          owningTeam: account.owningTeam,
          useCase: account.useCase,
          federations: account.federations.length,
          newIssuers: registered.value,
          ...(added === null ? {} : { ...describeKey(added.key), generated: added.credentials !== null }),
        },
      },
    });
  });
};

/** Changes a service account; a member that is given replaces the whole member (RFC 7396). */
export const patchServiceAccount = (
  deps: AdminDependencies,
  actor: Actor,
  id: string,
  condition: VersionCondition,
  patch: Patch<ServiceAccountRequest>,
  force: boolean,
): Promise<Result<ServiceAccountView, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const before = requireCurrent(
      'service account',
      await stores.serviceAccounts.find(actor.account.tenant, id),
      condition,
    );
    if (!before.ok) return before;
    const request = applyPatch<ServiceAccountRequest>(requestOf(before.value), patch);
    if (!holdsRoles(actor.account.role, [before.value.role, request.role])) return refuseStronger();
    const draft = onlyDisables(patch)
      ? ok({ ...before.value, status: 'disabled' as const })
      : await parseRequest(deps, stores, actor, request, before.value.federations);
    if (!draft.ok) return draft;
    const now = deps.clock.now();
    const keys = await stores.accountKeys.listOf(actor.account.tenant, id);
    const after = await withWarnings(deps, stores, {
      ...before.value,
      ...draft.value,
      updatedAt: now,
      version: before.value.version + 1,
    });
    const last = await refuseLastAdministrator(
      stores,
      { account: before.value, keys },
      { account: after, keys },
      { now, force },
    );
    if (!last.ok) return last;
    const registered = await registerIssuers(deps, stores, actor, patch.federations ?? []);
    if (!registered.ok) return registered;
    if (!(await stores.serviceAccounts.update(after))) return stale();
    if (patch.federations !== undefined) await clearInbox(stores, after.tenant, after.federations);
    return ok({
      value: await viewOf(stores, after),
      touched: touchedBy(before.value, after, registered.value),
      activity: {
        type: 'service-account.change',
        reason: 'changed',
        account: partyOf(after),
        details: {
          members: changedMembers(before.value, after, changeableMembers),
          role: after.role,
          status: after.status,
          newIssuers: registered.value,
        },
      },
    });
  });

/** Removes a service account with its federations and keys, and from credential providers. Its id is never given to another (A73). */
export const deleteServiceAccount = (
  deps: AdminDependencies,
  actor: Actor,
  id: string,
  condition: VersionCondition,
  force: boolean,
): Promise<Result<void, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const before = requireCurrent(
      'service account',
      await stores.serviceAccounts.find(actor.account.tenant, id),
      condition,
    );
    if (!before.ok) return before;
    if (!holdsRoles(actor.account.role, [before.value.role])) return refuseStronger();
    const keys = await stores.accountKeys.listOf(actor.account.tenant, id);
    const last = await refuseLastAdministrator(stores, { account: before.value, keys }, null, {
      now: deps.clock.now(),
      force,
    });
    if (!last.ok) return last;
    const bound = await stores.credentialProviders.ofAccount(actor.account.tenant, id);
    if (!(await stores.serviceAccounts.remove(actor.account.tenant, id, before.value.version)))
      return stale();
    return ok({
      value: undefined,
      // A credential provider with one account less is another one for those that stay.
      touched: bound.length === 0 ? touchedBy(before.value, null) : undefined,
      activity: {
        type: 'service-account.delete',
        reason: 'deleted',
        account: partyOf(before.value),
        details: {
          role: before.value.role,
          federations: before.value.federations.length,
          ...(bound.length === 0 ? {} : { credentialProviders: bound.map(({ name }) => name) }),
        },
      },
    });
  });

const changeableMembers = [
  'name',
  'description',
  'owningTeam',
  'useCase',
  'scopes',
  'audiences',
  'role',
  'status',
  'accessTokenAlgorithm',
  'capToSubjectExpiry',
  'federations',
] as const satisfies readonly (keyof ServiceAccountDraft)[];

const withWarnings = async (
  deps: Pick<AdminDependencies, 'presets'>,
  stores: Pick<Stores, 'serviceAccounts'>,
  account: ServiceAccount,
): Promise<ServiceAccount> => ({ ...account, warnings: await lintAccount(deps, stores, account) });

const requestOf = (account: ServiceAccount): ServiceAccountRequest => ({
  ...account,
  federations: account.federations.map((federation) => ({ ...federation, jwksUri: null })),
});

const admitAccount = async (
  deps: AdminDependencies,
  stores: Pick<Stores, 'teams' | 'useCases'>,
  actor: Actor,
  request: ServiceAccountRequest,
): Promise<Result<ServiceAccountDraft, AdminProblem>> =>
  holdsRoles(actor.account.role, [request.role])
    ? parseRequest(deps, stores, actor, request, [])
    : refuseStronger();

const parseRequest = async (
  deps: AdminDependencies,
  stores: Pick<Stores, 'teams' | 'useCases'>,
  actor: Actor,
  request: ServiceAccountRequest,
  existing: ServiceAccount['federations'],
): Promise<Result<ServiceAccountDraft, AdminProblem>> => {
  const { tenant } = actor.account;
  const foreign = refuseForeignIds(request.federations, existing);
  if (foreign.length > 0) return refuseInput(foreign);
  const input: ServiceAccountInput = {
    ...request,
    federations: request.federations.map((federation) => ({
      ...federation,
      id: idFor(deps, federation, existing),
    })),
  };
  const draft = parseServiceAccount(input, {
    issuer: tenantIssuer(deps.baseIssuer, tenant),
    teamExists: (await stores.teams.find(tenant, request.owningTeam)) !== null,
    useCase: await stores.useCases.find(tenant, request.useCase),
    registration: registrationPolicy(deps, tenant),
  });
  return draft.ok ? draft : refuseInput(draft.error);
};

/** A federation that stays the same one keeps its id, whether or not the caller repeats it. */
const idFor = (
  deps: Pick<AdminDependencies, 'newId'>,
  request: FederationRequest,
  existing: ServiceAccount['federations'],
): string => {
  const same = existing.find((federation) => federationIdentity(federation) === federationIdentity(request));
  return request.id ?? same?.id ?? deps.newId();
};

/** Ids are given by this server: one may be repeated, not chosen and not taken from another account (A108). */
const refuseForeignIds = (
  requests: readonly FederationRequest[],
  existing: ServiceAccount['federations'],
): readonly RegistrationProblem[] => {
  const known = new Set(existing.map(({ id }) => id));
  return requests.flatMap(({ id }, index) => {
    if (id === null || known.delete(id)) return [];
    return [
      {
        path: `/federations/${index}/id`,
        message: 'The account has no federation with this id. Leave the id out for a new one.',
      },
    ];
  });
};

const viewOf = async (
  stores: Pick<Stores, 'trustedIssuers'>,
  account: ServiceAccount,
): Promise<ServiceAccountView> => ({
  account,
  jwksUris: await issuersOf(stores, account.tenant, [account]),
});
