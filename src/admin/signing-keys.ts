import { partyOf } from '../core/activity/activity.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { nextChange, type NextChange } from '../core/signing-keys/next-change.ts';
import { findSuccessor, goneAt } from '../core/signing-keys/plan-rotation.ts';
import type { KeyPurpose, SigningKey } from '../core/signing-keys/signing-key.ts';
import { newSigningKey, type SigningKeySlot, signingKeySlots } from '../keys/create-signing-keys.ts';
import { rotateSigningKeys } from '../keys/rotate-signing-keys.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { GeneratedKey, SigningBackend } from '../ports/signing-backend.ts';
import type { Stores } from '../ports/stores.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, notFound, refuse } from './admin-problem.ts';
import { changeTenant } from './change.ts';
import type { AdminDependencies } from './dependencies.ts';

/** A signing key, and what comes next for it. */
export interface SigningKeyView {
  readonly key: SigningKey;
  readonly ageSeconds: number;
  readonly next: NextChange;
}

/** Which keys a rotation is asked for; what is left out means every one. */
export type WhichKeys = { readonly [Member in keyof SigningKeySlot]?: SigningKeySlot[Member] | undefined };

/** Every signing key of the actor's tenant that is published, oldest first. */
export const listSigningKeys = async (
  deps: Pick<AdminDependencies, 'storage' | 'clock' | 'rotation'>,
  actor: Actor,
): Promise<readonly SigningKeyView[]> => {
  const keys = await deps.storage.signingKeys.listOf(actor.account.tenant);
  const now = deps.clock.now();
  return keys.map((key) => ({
    key,
    ageSeconds: Math.max(0, Math.floor((now - key.createdAt) / 1000)),
    next: nextChange(key, keys, deps.rotation.policies[key.purpose], now),
  }));
};

/**
 * Begins a rotation now: the next key is published at once and signs as soon as every verifier can know it (A68). One that
 * was begun already goes on as it is. Refused where none of the keys meant has room beside the retired ones (A69).
 */
export const rotateNow = async (
  deps: Pick<AdminDependencies, 'storage' | 'clock' | 'rotation'>,
  actor: Actor,
  which: WhichKeys,
): Promise<Result<readonly SigningKeyView[], AdminProblem>> => {
  const full = await rotateSigningKeys(deps.rotation, actor.account.tenant, {
    actor: partyOf(actor.account),
    sourceAddress: actor.sourceAddress,
    now: true,
    ...which,
  });
  const keys = await listSigningKeys(deps, actor);
  return full.length > 0 && full.length === countMeant(which) ? refuseFull(deps, keys, full) : ok(keys);
};

const countMeant = ({ purpose, algorithm }: WhichKeys): number =>
  signingKeySlots.filter(
    (slot) => (purpose ?? slot.purpose) === slot.purpose && (algorithm ?? slot.algorithm) === slot.algorithm,
  ).length;

const refuseFull = (
  { clock, rotation }: Pick<AdminDependencies, 'clock' | 'rotation'>,
  keys: readonly SigningKeyView[],
  full: readonly SigningKeySlot[],
) => {
  const purposes: readonly KeyPurpose[] = full.map(({ purpose }) => purpose);
  const rooms = keys
    .filter(({ key }) => key.state === 'retired' && purposes.includes(key.purpose))
    .map(({ key }) => goneAt(key, rotation.policies[key.purpose]));
  const waitMs = Math.min(...rooms) - clock.now();
  return fail<AdminProblem>({
    code: 'rate_limited',
    detail:
      'As many keys are published as verifiers are sure to read. Come back when the oldest retired one is gone, after the time in Retry-After.',
    retryAfterSeconds: Number.isFinite(waitMs) ? Math.max(1, Math.ceil(waitMs / 1000)) : 60,
  });
};

/**
 * Withdraws a key that may be in the wrong hands: it is published no longer, so that nothing it signed verifies, and where
 * it was the active one another signs at once (A71). Known to every node within seconds.
 */
export const revokeSigningKey = async (
  deps: AdminDependencies,
  actor: Actor,
  kid: string,
): Promise<Result<readonly SigningKeyView[], AdminProblem>> => {
  const { tenant } = actor.account;
  const { backend } = deps.rotation;
  const known = await findKey(deps.storage, tenant, kid);
  if (known === null) return notFound('signing key');
  // Made before the transaction, and only where nothing is prepared that could take over.
  const heir = known.prepared !== null && (await opens(backend, known.prepared)) ? known.prepared : null;
  const spare =
    known.key.state === 'active' && heir === null
      ? await backend.generate(known.key.purpose, known.key.algorithm)
      : null;
  const revoked = await changeTenant<Revoked>(deps, actor, async (stores) => {
    const found = await findKey(stores, tenant, kid);
    if (found === null) return notFound('signing key');
    const { key } = found;
    await stores.signingKeys.remove(tenant, kid);
    const successor = key.state === 'active' ? await succeed(stores, found, spare, deps.clock.now()) : null;
    if (key.state === 'active' && successor === null)
      return refuse(
        'in_use',
        'The keys changed at this very moment, and this one is still there. Try again.',
      );
    const { purpose, algorithm, state } = key;
    const details = { kid, purpose, algorithm, state, successor };
    return ok({
      value: { key, successor },
      activity: { type: 'signing-key.revoke', reason: 'deleted', details },
    });
  });
  if (spare !== null && (!revoked.ok || revoked.value.successor !== spare.publicJwk.kid))
    await backend.destroy(spare);
  if (!revoked.ok) return revoked;
  await backend.destroy(revoked.value.key);
  await deps.keysChanged(tenant);
  return ok(await listSigningKeys(deps, actor));
};

interface Revoked {
  readonly key: SigningKey;
  /** The kid of the key that signs instead; `null` where the revoked one signed nothing any more, or not yet. */
  readonly successor: string | null;
}

/** Whether the private half is within reach; one that is not must never be what signs. */
const opens = (backend: Pick<SigningBackend, 'open'>, key: SigningKey): Promise<boolean> =>
  backend.open(key).then(
    () => true,
    () => false,
  );

/**
 * Lets `spare` sign from now on, or where there is none the prepared key, which most verifiers know already; the kid. A
 * prepared key beside a spare is one that cannot be opened: it goes.
 */
const succeed = async (
  { signingKeys }: Pick<Stores, 'signingKeys'>,
  { key, prepared }: FoundKey,
  spare: GeneratedKey | null,
  now: EpochMilliseconds,
): Promise<string | null> => {
  const signsNow = { state: 'active', activatedAt: now } as const;
  if (prepared !== null && spare === null) {
    await signingKeys.advance({ ...prepared, ...signsNow }, 'prepared');
    return prepared.kid;
  }
  if (spare === null) return null;
  if (prepared !== null) await signingKeys.remove(key.tenant, prepared.kid);
  await signingKeys.insert({ ...newSigningKey(key.tenant, key, spare, now), ...signsNow });
  return spare.publicJwk.kid;
};

interface FoundKey {
  readonly key: SigningKey;
  readonly prepared: SigningKey | null;
}

/** The key of that name, and the prepared one that comes after it. */
const findKey = async (
  { signingKeys }: Pick<Stores, 'signingKeys'>,
  tenant: string,
  kid: string,
): Promise<FoundKey | null> => {
  const keys = await signingKeys.listOf(tenant);
  const key = keys.find((each) => each.kid === kid);
  if (key === undefined) return null;
  return { key, prepared: findSuccessor(key, keys) ?? null };
};
