import { maxLifetimeMinutes } from '../credential-providers/parse-credential-provider.ts';
import { accessTokenLifetimeSeconds, clockToleranceSeconds } from '../time.ts';
import type { RotationPolicy } from './plan-rotation.ts';
import type { KeyPurpose } from './signing-key.ts';

/** Other nodes go on signing with the old key until they hear of the new one. */
const newsTravelsSeconds = 30;

/** The policy of each purpose: an access token lives 15 minutes, a JWT-SVID an hour at most. */
export const rotationPolicies = ({
  rotateAfterDays,
  publishAheadSeconds,
}: {
  readonly rotateAfterDays: number;
  readonly publishAheadSeconds: number;
}): Readonly<Record<KeyPurpose, RotationPolicy>> => {
  const policy = (longestLifeSeconds: number): RotationPolicy => ({
    rotateAfterMs: rotateAfterDays * 86_400_000,
    publishAheadMs: publishAheadSeconds * 1000,
    keepRetiredMs: (longestLifeSeconds + clockToleranceSeconds + newsTravelsSeconds) * 1000,
  });
  return { 'access-token': policy(accessTokenLifetimeSeconds), 'jwt-svid': policy(maxLifetimeMinutes * 60) };
};
