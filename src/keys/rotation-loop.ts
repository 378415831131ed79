import { isOverdue, type RotationPolicy } from '../core/signing-keys/plan-rotation.ts';
import { signingKeySlots } from './create-signing-keys.ts';
import { rotateSigningKeys, type SigningKeyRotation } from './rotate-signing-keys.ts';

/** A round that takes longer is reported: a backend that hangs would end all rotation in silence (A70). */
const longestRoundMs = 60_000;

/**
 * Looks at once and then now and again at every tenant that has a step due, one round at a time; a round that failed is
 * tried again. A key that nothing replaces is reported every time, long before it is too old to sign (A70).
 */
export const startRotationLoop = (
  deps: SigningKeyRotation,
  reportFault: (error: unknown) => void,
  intervalMs = intervalFor(deps),
): { readonly stop: () => Promise<void> } => {
  let stopping = false;
  let round: Promise<void> | null = null;
  let waited = 0;

  const run = async (): Promise<void> => {
    const horizon = deps.clock.now() - Math.min(...Object.values(deps.policies).map(preparesAfterMs));
    const tenants = await deps.storage.signingKeys.tenantsToRotate(horizon, signingKeySlots.length);
    for (const tenant of tenants) {
      if (stopping) return;
      // One tenant whose key cannot be made does not keep the others from theirs.
      await rotateSigningKeys(deps, tenant).catch(reportFault);
      await reportOverdue(deps, tenant, reportFault).catch(reportFault);
    }
  };
  const look = (): void => {
    if (round !== null) {
      waited += intervalMs;
      if (waited < longestRoundMs) return;
      waited = 0;
      reportFault(new Error('a rotation of signing keys is under way for too long'));
      return;
    }
    waited = 0;
    round = run()
      .catch(reportFault)
      .finally(() => {
        round = null;
      });
  };
  look();
  const timer = setInterval(look, intervalMs);
  timer.unref();
  return {
    stop: async () => {
      stopping = true;
      clearInterval(timer);
      await round;
    },
  };
};

const reportOverdue = async (
  { storage, policies, clock }: SigningKeyRotation,
  tenant: string,
  reportFault: (error: unknown) => void,
): Promise<void> => {
  const keys = await storage.signingKeys.listOf(tenant);
  const overdue = keys.filter(
    (key) => key.state === 'active' && isOverdue(key, keys, policies[key.purpose], clock.now()),
  );
  if (overdue.length > 0)
    reportFault(
      new Error(
        `signing keys of tenant ${tenant} should have been replaced and were not: ${overdue.map(({ kid }) => kid).join(', ')}`,
      ),
    );
};

/** Often enough that a step is late by a small part of the time it had to wait. */
const intervalFor = ({ policies }: SigningKeyRotation): number =>
  Math.max(
    200,
    Math.min(30_000, ...Object.values(policies).map(({ publishAheadMs }) => publishAheadMs / 20)),
  );

const preparesAfterMs = ({ rotateAfterMs, publishAheadMs }: RotationPolicy): number =>
  rotateAfterMs - publishAheadMs;
