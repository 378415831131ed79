import type { Party } from '../core/activity/activity.ts';
import type { AccessTokenAlgorithm } from '../core/jwt/algorithms.ts';
import { planRotation, type RotationPolicy, type RotationStep } from '../core/signing-keys/plan-rotation.ts';
import type { KeyPurpose, SigningKey } from '../core/signing-keys/signing-key.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { NewId } from '../ports/identifiers.ts';
import type { GeneratedKey, SigningBackend } from '../ports/signing-backend.ts';
import type { Storage } from '../ports/storage.ts';
import { type Stores, UniqueViolation } from '../ports/stores.ts';
import { newSigningKey, type SigningKeySlot, signingKeySlots } from './create-signing-keys.ts';
import { buildRotationActivity } from './rotation-activity.ts';

/** What rotating uses. */
export interface SigningKeyRotation {
  readonly storage: Pick<Storage, 'transaction'> & Pick<Stores, 'signingKeys'>;
  readonly backend: SigningBackend;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
  readonly policies: Readonly<Record<KeyPurpose, RotationPolicy>>;
  /** Tells this node, after the commit, that the keys of a tenant changed. */
  readonly changed: (tenant: string) => Promise<void>;
}

/** Who asked for a rotation; `null` where a key was simply due. */
export interface RotationOrder {
  readonly actor: Party | null;
  readonly sourceAddress: string | null;
  /** Rotate what is not due yet as well. */
  readonly now: boolean;
  readonly purpose?: KeyPurpose | undefined;
  readonly algorithm?: AccessTokenAlgorithm | undefined;
}

/** Nobody asked: what is due is done. */
export const whatIsDue: RotationOrder = { actor: null, sourceAddress: null, now: false };

/** More steps than a slot ever has at one instant, and tries of them; a plan that never ends would be a defect. */
const maxSteps = 20;

/**
 * Does every step that is due for the signing keys of `tenant` (contract §1, §7). Keys are made, tried and destroyed outside
 * the transaction; inside it the plan is made once more from what is there then, so of several nodes one does each step
 * (A69).
 *
 * @returns the slots whose next key has to wait until another one is gone
 */
export const rotateSigningKeys = async (
  deps: SigningKeyRotation,
  tenant: string,
  order: RotationOrder = whatIsDue,
): Promise<readonly SigningKeySlot[]> => {
  const full: SigningKeySlot[] = [];
  const faults: unknown[] = [];
  for (const slot of signingKeySlots.filter((each) => isMeant(each, order)))
    try {
      if ((await rotateSlot(deps, tenant, slot, order)) === 'full') full.push(slot);
    } catch (error) {
      // One key that cannot be made or opened does not keep the others from their turn (A70).
      faults.push(error);
    }
  if (faults.length > 0)
    throw faults.length === 1
      ? faults[0]
      : new AggregateError(faults, `signing keys could not be rotated: ${faults.map(String).join('; ')}`);
  return full;
};

const isMeant = ({ purpose, algorithm }: SigningKeySlot, order: RotationOrder): boolean =>
  (order.purpose ?? purpose) === purpose && (order.algorithm ?? algorithm) === algorithm;

const rotateSlot = async (
  deps: SigningKeyRotation,
  tenant: string,
  slot: SigningKeySlot,
  order: RotationOrder,
): Promise<'done' | 'full'> => {
  let rotateNow = order.now;
  let fresh: GeneratedKey | null = null;
  // While a commit is under way nobody knows whether the key is in use: better one too many than one gone.
  let doubtful = false;
  try {
    for (let count = 0; count < maxSteps; count += 1) {
      const keys = await deps.storage.signingKeys.listOf(tenant);
      const plan = planOf(keys, slot, deps, rotateNow);
      if (plan.step === 'none') return 'done';
      if (plan.step === 'full') return 'full';
      const key = 'kid' in plan ? keys.find(({ kid }) => kid === plan.kid) : undefined;
      if (makesKey(plan)) fresh ??= await deps.backend.generate(slot.purpose, slot.algorithm);
      // A key that cannot be opened must not take over from one that works.
      if (plan.step === 'activate' && key !== undefined) await deps.backend.open(key);
      doubtful = true;
      const taken = await takeStep(deps, tenant, slot, { plan, fresh, rotateNow, order });
      doubtful = false;
      if (!taken) continue;
      if (plan.step === 'drop' && key !== undefined) await deps.backend.destroy(key);
      if (!makesKey(plan)) continue;
      fresh = null;
      rotateNow = false;
    }
    return 'done';
  } finally {
    // Another node was first.
    if (fresh !== null && !doubtful) await deps.backend.destroy(fresh);
  }
};

const makesKey = ({ step }: RotationStep): boolean => step === 'prepare' || step === 'replace';

const planOf = (
  all: readonly SigningKey[],
  { purpose, algorithm }: SigningKeySlot,
  { policies, clock }: Pick<SigningKeyRotation, 'policies' | 'clock'>,
  rotateNow: boolean,
): RotationStep => {
  const ofPurpose = all.filter((key) => key.purpose === purpose);
  const ofSlot = ofPurpose.filter((key) => key.algorithm === algorithm);
  return planRotation(ofSlot, ofPurpose.length, policies[purpose], clock.now(), rotateNow);
};

interface PlannedStep {
  readonly plan: RotationStep;
  readonly fresh: GeneratedKey | null;
  readonly rotateNow: boolean;
  readonly order: RotationOrder;
}

/** One step in one transaction with its activity; `false` where another node changed something first: plan again. */
const takeStep = async (
  deps: SigningKeyRotation,
  tenant: string,
  slot: SigningKeySlot,
  { plan, fresh, rotateNow, order }: PlannedStep,
): Promise<boolean> => {
  try {
    const taken = await deps.storage.transaction(async (stores) => {
      // Takes the lock of the tenant's revision: what is read from here on stays true until the commit.
      await stores.revisions.bump(tenant);
      const keys = await stores.signingKeys.listOf(tenant);
      if (JSON.stringify(planOf(keys, slot, deps, rotateNow)) !== JSON.stringify(plan)) return false;
      const ofSlot = keys.filter(
        ({ purpose, algorithm }) => purpose === slot.purpose && algorithm === slot.algorithm,
      );
      const kid = await applyStep(stores, tenant, { plan, slot, fresh }, ofSlot, deps.clock.now());
      if (slot.purpose === 'jwt-svid') await stores.signingKeys.raiseSpiffeSequence(tenant, deps.clock.now());
      const details = { kid, ...slot };
      await stores.activities.append([
        buildRotationActivity(deps, tenant, { step: plan.step, ...order, details }),
      ]);
      return true;
    });
    if (taken) await deps.changed(tenant);
    return taken;
  } catch (error) {
    if (error instanceof UniqueViolation) return false;
    throw error;
  }
};

/** Writes the step; the kid of the key it is about. */
const applyStep = async (
  { signingKeys }: Pick<Stores, 'signingKeys'>,
  tenant: string,
  { plan, slot, fresh }: Pick<PlannedStep, 'plan' | 'fresh'> & { readonly slot: SigningKeySlot },
  ofSlot: readonly SigningKey[],
  now: EpochMilliseconds,
): Promise<string> => {
  const retireActive = async (): Promise<void> => {
    const active = ofSlot.find(({ state }) => state === 'active');
    if (active !== undefined)
      await signingKeys.advance({ ...active, state: 'retired', retiredAt: now }, 'active');
  };
  switch (plan.step) {
    case 'prepare':
    case 'replace': {
      if (fresh === null) throw new Error('a key was planned and none was made');
      const key = newSigningKey(tenant, slot, fresh, now);
      if (plan.step === 'replace') await retireActive();
      await signingKeys.insert(plan.step === 'replace' ? { ...key, state: 'active', activatedAt: now } : key);
      return key.kid;
    }
    case 'activate': {
      const next = ofSlot.find(({ kid }) => kid === plan.kid);
      if (next === undefined) throw new Error('the key that was to sign is gone');
      await retireActive();
      await signingKeys.advance({ ...next, state: 'active', activatedAt: now }, 'prepared');
      return next.kid;
    }
    case 'drop':
      await signingKeys.remove(tenant, plan.kid);
      return plan.kid;
    case 'none':
    case 'full':
      throw new Error('there is nothing to write');
  }
};
