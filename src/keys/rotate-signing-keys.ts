import { type Activity, blankActivity, type Party } from '../core/activity/activity.ts';
import type { AccessTokenAlgorithm } from '../core/jwt/algorithms.ts';
import { planRotation, type RotationPolicy, type RotationStep } from '../core/signing-keys/plan-rotation.ts';
import type { KeyPurpose, SigningKey } from '../core/signing-keys/signing-key.ts';
import type { Clock } from '../ports/clock.ts';
import type { NewId } from '../ports/identifiers.ts';
import type { SigningBackend } from '../ports/signing-backend.ts';
import type { Storage } from '../ports/storage.ts';
import { type Stores, UniqueViolation } from '../ports/stores.ts';
import { newSigningKey, signingKeySlots } from './create-signing-keys.ts';

/** What rotating uses. */
export interface SigningKeyRotation {
  readonly storage: Pick<Storage, 'transaction'> & Pick<Stores, 'signingKeys'>;
  readonly backend: Pick<SigningBackend, 'generate'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
  readonly policies: Readonly<Record<KeyPurpose, RotationPolicy>>;
  /** Tells this node, after the commit, that the keys of a tenant changed. */
  readonly changed: (tenant: string) => void;
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

/** More steps than a slot ever has at one instant; a plan that never ends would be a defect. */
const maxSteps = 10;

/**
 * Does every step that is due for the signing keys of `tenant` (contract §1, §7). The key is made outside the transaction;
 * inside it the plan is made once more from what is there then, so of several nodes one does each step (A69).
 */
export const rotateSigningKeys = async (
  deps: SigningKeyRotation,
  tenant: string,
  order: RotationOrder = whatIsDue,
): Promise<void> => {
  for (const { purpose, algorithm } of signingKeySlots) {
    if ((order.purpose ?? purpose) !== purpose || (order.algorithm ?? algorithm) !== algorithm) continue;
    let rotateNow = order.now;
    for (let count = 0; count < maxSteps; count += 1) {
      const plan = planOf(await deps.storage.signingKeys.listOf(tenant), purpose, algorithm, deps, rotateNow);
      if (plan.step === 'none') break;
      const made = plan.step === 'prepare' || plan.step === 'replace'
        ? await deps.backend.generate(purpose, algorithm)
        : null;
      const fresh = made === null ? null : newSigningKey(tenant, purpose, algorithm, made, deps.clock.now());
      if (!(await takeStep(deps, tenant, { purpose, algorithm }, plan, fresh, order, rotateNow))) break;
      if (plan.step === 'prepare') rotateNow = false;
    }
  }
};

const planOf = (
  all: readonly SigningKey[],
  purpose: KeyPurpose,
  algorithm: AccessTokenAlgorithm,
  { policies, clock }: Pick<SigningKeyRotation, 'policies' | 'clock'>,
  rotateNow: boolean,
): RotationStep => {
  const ofPurpose = all.filter((key) => key.purpose === purpose);
  const slot = ofPurpose.filter((key) => key.algorithm === algorithm);
  return planRotation(slot, ofPurpose.length, policies[purpose], clock.now(), rotateNow);
};

/** One step in one transaction with its activity; `false` where another node was first, which is as good. */
const takeStep = async (
  deps: SigningKeyRotation,
  tenant: string,
  { purpose, algorithm }: Pick<SigningKey, 'purpose' | 'algorithm'>,
  planned: RotationStep,
  fresh: SigningKey | null,
  order: RotationOrder,
  rotateNow: boolean,
): Promise<boolean> => {
  try {
    const done = await deps.storage.transaction(async (stores) => {
      // Takes the lock of the tenant's revision: what is read from here on stays true until the commit.
      await stores.revisions.bump(tenant);
      const all = await stores.signingKeys.listOf(tenant);
      const step = planOf(all, purpose, algorithm, deps, rotateNow);
      if (JSON.stringify(step) !== JSON.stringify(planned)) return false;
      const kid = await applyStep(stores, all, step, fresh, deps.clock.now());
      await stores.activities.append([rotationActivity(deps, tenant, order, step, { kid, purpose, algorithm })]);
      return true;
    });
    if (done) deps.changed(tenant);
    return done;
  } catch (error) {
    if (error instanceof UniqueViolation) return false;
    throw error;
  }
};

const applyStep = async (
  { signingKeys }: Pick<Stores, 'signingKeys'>,
  all: readonly SigningKey[],
  step: RotationStep,
  fresh: SigningKey | null,
  now: number,
): Promise<string> => {
  switch (step.step) {
    case 'none':
      return '';
    case 'prepare':
    case 'replace': {
      if (fresh === null) throw new Error('a key was planned and none was made');
      const active = step.step === 'replace';
      await signingKeys.insert({ ...fresh, state: active ? 'active' : 'prepared', activatedAt: active ? now : null });
      return fresh.kid;
    }
    case 'activate': {
      const next = all.find(({ kid }) => kid === step.kid);
      if (next === undefined) throw new Error('the key that was to sign is gone');
      const before = all.find(
        (key) => key.state === 'active' && key.purpose === next.purpose && key.algorithm === next.algorithm,
      );
      if (before !== undefined) await signingKeys.advance({ ...before, state: 'retired', retiredAt: now }, 'active');
      await signingKeys.advance({ ...next, state: 'active', activatedAt: now }, 'prepared');
      return next.kid;
    }
    case 'drop':
      await signingKeys.remove(all[0]?.tenant ?? '', step.kid);
      return step.kid;
  }
};

const rotationActivity = (
  { newId, clock }: Pick<SigningKeyRotation, 'newId' | 'clock'>,
  tenant: string,
  { actor, sourceAddress }: RotationOrder,
  { step }: RotationStep,
  details: { readonly kid: string; readonly purpose: KeyPurpose; readonly algorithm: AccessTokenAlgorithm },
): Activity => ({
  ...blankActivity,
  tenant,
  id: newId(),
  time: clock.now(),
  type: `signing-key.${step}`,
  outcome: 'changed',
  reason: 'rotated',
  actor,
  sourceAddress,
  details,
});
