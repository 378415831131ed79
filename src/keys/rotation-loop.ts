import type { RotationPolicy } from '../core/signing-keys/plan-rotation.ts';
import { rotateSigningKeys, type SigningKeyRotation } from './rotate-signing-keys.ts';

/** Looks now and then at every tenant that has a step due, one round at a time; a round that failed is tried again. */
export const startRotationLoop = (
  deps: SigningKeyRotation,
  reportFault: (error: unknown) => void,
  intervalMs = intervalFor(deps),
): { readonly stop: () => Promise<void> } => {
  let stopping = false;
  let round: Promise<void> | null = null;
  const run = async (): Promise<void> => {
    const horizon = deps.clock.now() - Math.min(...Object.values(deps.policies).map(preparesAfterMs));
    for (const tenant of await deps.storage.signingKeys.tenantsToRotate(horizon)) {
      if (stopping) return;
      // One tenant whose key cannot be made does not keep the others from theirs.
      await rotateSigningKeys(deps, tenant).catch(reportFault);
    }
  };
  const timer = setInterval(() => {
    round ??= run()
      .catch(reportFault)
      .finally(() => {
        round = null;
      });
  }, intervalMs);
  timer.unref();
  return {
    stop: async () => {
      stopping = true;
      clearInterval(timer);
      await round;
    },
  };
};

/** Often enough that a step is late by a small part of the time it had to wait. */
const intervalFor = ({ policies }: SigningKeyRotation): number =>
  Math.min(30_000, Math.max(200, ...Object.values(policies).map(({ publishAheadMs }) => publishAheadMs / 20)));

const preparesAfterMs = ({ rotateAfterMs, publishAheadMs }: RotationPolicy): number =>
  rotateAfterMs - publishAheadMs;
