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
): Promise<readonly SigningKeyView[]> =>
  viewsOf(deps, await deps.storage.signingKeys.listOf(actor.account.tenant));

const viewsOf = (
  { clock, rotation }: Pick<AdminDependencies, 'clock' | 'rotation'>,
  keys: readonly SigningKey[],
): readonly SigningKeyView[] => {
  const now = clock.now();
  return keys.map((key) => ({
    key,
    ageSeconds: Math.max(0, Math.floor((now - key.createdAt) / 1000)),
    next: nextChange(key, keys, rotation.policies[key.purpose], now),
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
 *
 * Where no other key can be made or opened at the moment, it is withdrawn all the same: nothing is signed until the rotation
 * can make one. Once the withdrawal is durable nothing that fails afterwards changes the answer.
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
  const heirs = await prepareHeirs(deps, known);
  const revoked = await changeTenant<Revoked>(deps, actor, async (stores) => {
    const found = await findKey(stores, tenant, kid);
    if (found === null) return notFound('signing key');
    const { key } = found;
    const now = deps.clock.now();
    await stores.signingKeys.remove(tenant, kid);
    const successor = key.state === 'active' ? await succeed(stores, found, heirs, now) : null;
    if (key.state === 'active' && successor === null && !heirs.none)
      return refuse(
        'in_use',
        'The keys changed at this very moment, and this one is still there. Try again.',
      );
    if (key.purpose === 'jwt-svid') await stores.signingKeys.raiseSpiffeSequence(tenant, now);
    const { purpose, algorithm, state } = key;
    const details = { kid, purpose, algorithm, state, successor };
    return ok({
      value: { key, successor, views: viewsOf(deps, await stores.signingKeys.listOf(tenant)) },
      activity: { type: 'signing-key.revoke', reason: 'deleted', details },
    });
  });
  const { spare } = heirs;
  const isSpareUsed = revoked.ok && revoked.value.successor === spare?.publicJwk.kid;
  if (spare !== null && !isSpareUsed) await backend.destroy(spare).catch(deps.reportFault);
  if (!revoked.ok) return revoked;
  await backend.destroy(revoked.value.key).catch(deps.reportFault);
  await deps.keysChanged(tenant).catch(deps.reportFault);
  return ok(revoked.value.views);
};

interface Revoked {
  readonly key: SigningKey;
  /** The kid of the key that signs instead; `null` where the revoked one signed nothing, or no other can. */
  readonly successor: string | null;
  /** Every key that is left. */
  readonly views: readonly SigningKeyView[];
}

/** What may take over from a key: one of the two, or none. */
interface Heirs {
  /** The prepared key, which most verifiers know already. */
  readonly prepared: SigningKey | null;
  /** A key made for the purpose. */
  readonly spare: GeneratedKey | null;
  /** An heir was needed and there is none. */
  readonly none: boolean;
}

/** Made before the transaction, and only where nothing is prepared that could take over. */
const prepareHeirs = async (
  { rotation: { backend }, reportFault }: Pick<AdminDependencies, 'rotation' | 'reportFault'>,
  { key, prepared }: FoundKey,
): Promise<Heirs> => {
  if (key.state !== 'active') return { prepared: null, spare: null, none: false };
  if (prepared !== null && (await opens(backend, prepared))) return { prepared, spare: null, none: false };
  try {
    const spare = await backend.generate(key.purpose, key.algorithm);
    return { prepared: null, spare, none: false };
  } catch (error) {
    reportFault(error);
    return { prepared: null, spare: null, none: true };
  }
};

/** Whether the private half is within reach; one that is not must never be what signs. */
const opens = (backend: Pick<SigningBackend, 'open'>, key: SigningKey): Promise<boolean> =>
  backend.open(key).then(
    () => true,
    () => false,
  );

/**
 * Lets the heir sign from now on; its kid, or `null` where there is none. A prepared key beside a spare is one that cannot be
 * opened: it goes.
 */
const succeed = async (
  { signingKeys }: Pick<Stores, 'signingKeys'>,
  { key, prepared }: FoundKey,
  heirs: Heirs,
  now: EpochMilliseconds,
): Promise<string | null> => {
  const signsNow = { state: 'active', activatedAt: now } as const;
  if (heirs.spare !== null) {
    if (prepared !== null) await signingKeys.remove(key.tenant, prepared.kid);
    await signingKeys.insert({ ...newSigningKey(key.tenant, key, heirs.spare, now), ...signsNow });
    return heirs.spare.publicJwk.kid;
  }
  if (prepared === null || prepared.kid !== heirs.prepared?.kid) return null;
  await signingKeys.advance({ ...prepared, ...signsNow }, 'prepared');
  return prepared.kid;
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
