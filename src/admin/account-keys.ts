import { type AccountKey, maxKeysPerAccount } from '../core/accounts/account-key.ts';
import { buildCredentialsFile, type CredentialsFile } from '../core/accounts/credentials-file.ts';
import type { AccountKeyAlgorithm } from '../core/accounts/account-key-algorithm.ts';
import { refuseExpiry } from '../core/accounts/parse-account-key.ts';
import { holdsRoles } from '../core/accounts/role.ts';
import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { partyOf } from '../core/activity/activity.ts';
import { ok, type Result } from '../core/result.ts';
import { tenantIssuer } from '../core/tenants/tenant.ts';
import { touchedKeysOf } from '../core/trust/touched.ts';
import type { Stores } from '../ports/stores.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, notFound, refuse, refuseInput, refuseStronger } from './admin-problem.ts';
import { changedMembers, changeTenant } from './change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { refuseLastAdministrator } from './last-administrator.ts';
import { applyPatch, type Patch } from './merge-patch.ts';
import {
  type AccountKeyRequest,
  newAccountKey,
  type PreparedAccountKey,
  prepareAccountKey,
} from './prepare-account-key.ts';
import { requireCurrent, stale, type VersionCondition } from './version-condition.ts';

/** A key that was just added, with the only copy of its private half where the pair was made here (A62). */
export interface AddedAccountKey {
  readonly key: AccountKey;
  readonly credentials: CredentialsFile | null;
}

/** What of a key can be changed. */
export type AccountKeyChange = Pick<AccountKey, 'status' | 'expiresAt'>;

/** Every key of an account, oldest first; there are at most {@link maxKeysPerAccount}. */
export const listAccountKeys = async (
  { storage }: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  accountId: string,
): Promise<Result<readonly AccountKey[], AdminProblem>> => {
  const { tenant } = actor.account;
  if ((await storage.serviceAccounts.find(tenant, accountId)) === null) return notFound('service account');
  return ok(await storage.accountKeys.listOf(tenant, accountId));
};

/** The key with this id or kid. */
export const getAccountKey = async (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  accountId: string,
  name: string,
): Promise<Result<AccountKey, AdminProblem>> => {
  const keys = await listAccountKeys(deps, actor, accountId);
  if (!keys.ok) return keys;
  const key = keyNamed(keys.value, name);
  return key === null ? notFound('key of this service account') : ok(key);
};

/** Gives an account one more key. */
export const createAccountKey = async (
  deps: AdminDependencies,
  actor: Actor,
  accountId: string,
  request: AccountKeyRequest,
): Promise<Result<AddedAccountKey, AdminProblem>> => {
  // Asked twice: here so that no key pair is made in vain, in the transaction because only there it holds.
  const admitted = await admitKey(deps.storage, actor, accountId);
  if (!admitted.ok) return admitted;
  const prepared = await prepareAccountKey(deps, actor, request, '');
  if (!prepared.ok) return prepared;
  return changeTenant(deps, actor, async (stores) => {
    const account = await admitKey(stores, actor, accountId);
    if (!account.ok) return account;
    const added = await insertAccountKey(deps, stores, account.value, prepared.value);
    return ok({
      value: added,
      touched: touchedKeysOf(account.value),
      activity: {
        type: 'account-key.create',
        reason: 'created',
        account: partyOf(account.value),
        details: { ...describeKey(added.key), generated: added.credentials !== null },
      },
    });
  });
};

/** Disables, enables or limits a key. */
export const patchAccountKey = (
  deps: AdminDependencies,
  actor: Actor,
  accountId: string,
  name: string,
  condition: VersionCondition,
  patch: Patch<AccountKeyChange>,
  force: boolean,
): Promise<Result<AccountKey, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const found = await findKey(stores, actor, accountId, name, condition);
    if (!found.ok) return found;
    const { account, keys, key: before } = found.value;
    const now = deps.clock.now();
    const over = patch.expiresAt === undefined ? [] : refuseExpiry(patch.expiresAt, now);
    if (over.length > 0) return refuseInput(over);
    const after: AccountKey = {
      ...before,
      ...applyPatch<AccountKeyChange>({ status: before.status, expiresAt: before.expiresAt }, patch),
      version: before.version + 1,
    };
    const keysAfter = keys.map((key) => (key === before ? after : key));
    const last = await refuseLastAdministrator(
      stores,
      { account, keys },
      { account, keys: keysAfter },
      { now, force },
    );
    if (!last.ok) return last;
    if (!(await stores.accountKeys.update(after))) return stale();
    return ok({
      value: after,
      touched: touchedKeysOf(account),
      activity: {
        type: 'account-key.change',
        reason: 'changed',
        account: partyOf(account),
        details: {
          ...describeKey(after),
          members: changedMembers(before, after, ['status', 'expiresAt']),
          status: after.status,
        },
      },
    });
  });

/** Takes a key away; assertions signed with it are refused from the next request on (A61). */
export const deleteAccountKey = (
  deps: AdminDependencies,
  actor: Actor,
  accountId: string,
  name: string,
  condition: VersionCondition,
  force: boolean,
): Promise<Result<void, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const found = await findKey(stores, actor, accountId, name, condition);
    if (!found.ok) return found;
    const { account, keys, key } = found.value;
    const last = await refuseLastAdministrator(
      stores,
      { account, keys },
      { account, keys: keys.filter((other) => other !== key) },
      { now: deps.clock.now(), force },
    );
    if (!last.ok) return last;
    if (!(await stores.accountKeys.remove(key.tenant, key.id, key.version))) return stale();
    return ok({
      value: undefined,
      touched: touchedKeysOf(account),
      activity: {
        type: 'account-key.delete',
        reason: 'deleted',
        account: partyOf(account),
        details: describeKey(key),
      },
    });
  });

/** Keeps a prepared key of an account that is there, within the transaction of its caller. */
export const insertAccountKey = async (
  deps: Pick<AdminDependencies, 'clock' | 'newId' | 'baseIssuer'>,
  stores: Pick<Stores, 'accountKeys'>,
  account: Pick<ServiceAccount, 'tenant' | 'id'>,
  { draft, privateKeyPem }: PreparedAccountKey,
): Promise<AddedAccountKey> => {
  const { tenant } = account;
  const key = newAccountKey(deps, { tenant, accountId: account.id }, draft);
  await stores.accountKeys.insert(key);
  if (privateKeyPem === null) return { key, credentials: null };
  const credentials = buildCredentialsFile({
    accountId: account.id,
    privateKeyPem,
    kid: key.kid,
    algorithm: key.algorithm as AccountKeyAlgorithm,
    tenant,
    issuer: tenantIssuer(deps.baseIssuer, tenant),
  });
  return { key, credentials };
};

/** What an activity says of a key. */
export const describeKey = ({ id, kid, thumbprint, algorithm, expiresAt }: AccountKey) => ({
  keyId: id,
  kid,
  thumbprint,
  algorithm,
  expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
});

const admitKey = async (
  stores: Pick<Stores, 'serviceAccounts' | 'accountKeys'>,
  actor: Actor,
  accountId: string,
): Promise<Result<ServiceAccount, AdminProblem>> => {
  const { tenant } = actor.account;
  const account = await stores.serviceAccounts.find(tenant, accountId);
  if (account === null) return notFound('service account');
  // Whoever holds a key is the account: a key for a stronger one would raise one's own rights (A106).
  if (!holdsRoles(actor.account.role, [account.role])) return refuseStronger();
  if ((await stores.accountKeys.listOf(tenant, accountId)).length < maxKeysPerAccount) return ok(account);
  return refuse(
    'too_many_keys',
    `An account has at most ${maxKeysPerAccount} keys. Delete one that is not used any more.`,
  );
};

const findKey = async (
  stores: Pick<Stores, 'serviceAccounts' | 'accountKeys'>,
  actor: Actor,
  accountId: string,
  name: string,
  condition: VersionCondition,
): Promise<
  Result<{ account: ServiceAccount; keys: readonly AccountKey[]; key: AccountKey }, AdminProblem>
> => {
  const { tenant } = actor.account;
  const account = await stores.serviceAccounts.find(tenant, accountId);
  if (account === null) return notFound('service account');
  if (!holdsRoles(actor.account.role, [account.role])) return refuseStronger();
  const keys = await stores.accountKeys.listOf(tenant, accountId);
  const key = requireCurrent('key of this service account', keyNamed(keys, name), condition);
  return key.ok ? ok({ account, keys, key: key.value }) : key;
};

/** By id first: a kid is chosen by its owner and could be made to look like the id of another key. */
const keyNamed = (keys: readonly AccountKey[], name: string): AccountKey | null =>
  keys.find(({ id }) => id === name) ?? keys.find(({ kid }) => kid === name) ?? null;
