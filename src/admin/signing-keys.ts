import { partyOf } from '../core/activity/activity.ts';
import type { AccessTokenAlgorithm } from '../core/jwt/algorithms.ts';
import { ok, type Result } from '../core/result.ts';
import { nextChange, type NextChange } from '../core/signing-keys/next-change.ts';
import type { KeyPurpose, SigningKey } from '../core/signing-keys/signing-key.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import { newSigningKey } from '../keys/create-signing-keys.ts';
import { rotateSigningKeys } from '../keys/rotate-signing-keys.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, notFound } from './admin-problem.ts';
import { changeTenant } from './change.ts';
import type { AdminDependencies } from './dependencies.ts';

/** A signing key, and what comes next for it. */
export interface SigningKeyView {
  readonly key: SigningKey;
  readonly ageSeconds: number;
  readonly next: NextChange | null;
}

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
    next: nextChange(key, keys, deps.rotation.policies[key.purpose]),
  }));
};

/**
 * Begins a rotation now: the next key is published at once and signs as soon as every verifier can know it (A68). One that
 * was begun already goes on as it is.
 */
export const rotateNow = async (
  deps: Pick<AdminDependencies, 'storage' | 'clock' | 'rotation'>,
  actor: Actor,
  which: { readonly purpose?: KeyPurpose | undefined; readonly algorithm?: AccessTokenAlgorithm | undefined },
): Promise<readonly SigningKeyView[]> => {
  await rotateSigningKeys(deps.rotation, actor.account.tenant, {
    actor: partyOf(actor.account),
    sourceAddress: actor.sourceAddress,
    now: true,
    ...which,
  });
  return listSigningKeys(deps, actor);
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
  const known = (await deps.storage.signingKeys.listOf(tenant)).find((key) => key.kid === kid);
  if (known === undefined) return notFound('signing key');
  const made = await deps.rotation.backend.generate(known.purpose, known.algorithm);
  const revoked = await changeTenant<void>(deps, actor, async (stores) => {
    const keys = await stores.signingKeys.listOf(tenant);
    const key = keys.find((each) => each.kid === kid);
    if (key === undefined) return notFound('signing key');
    await stores.signingKeys.remove(tenant, kid);
    const now = deps.clock.now();
    const successor = key.state === 'active' ? await succeed(key, keys, now) : null;
    return ok({
      value: undefined,
      activity: {
        type: 'signing-key.revoke',
        reason: 'deleted',
        details: { kid, purpose: key.purpose, algorithm: key.algorithm, state: key.state, successor },
      },
    });

    /** The prepared key, which most verifiers know already, else a new one. */
    async function succeed(gone: SigningKey, all: readonly SigningKey[], at: EpochMilliseconds): Promise<string> {
      const prepared = all.find(
        ({ state, purpose, algorithm }) =>
          state === 'prepared' && purpose === gone.purpose && algorithm === gone.algorithm,
      );
      if (prepared !== undefined) {
        await stores.signingKeys.advance({ ...prepared, state: 'active', activatedAt: at }, 'prepared');
        return prepared.kid;
      }
      const fresh = newSigningKey(tenant, gone.purpose, gone.algorithm, made, at);
      await stores.signingKeys.insert({ ...fresh, state: 'active', activatedAt: at });
      return fresh.kid;
    }
  });
  if (!revoked.ok) return revoked;
  await deps.keysChanged(tenant);
  return ok(await listSigningKeys(deps, actor));
};
