import { maxLifetimeMinutes } from '../credential-providers/parse-credential-provider.ts';
import { accessTokenLifetimeSeconds, clockToleranceSeconds } from '../time.ts';
import type { RotationPolicy } from './plan-rotation.ts';
import type { KeyPurpose } from './signing-key.ts';

/**
 * How long a node goes on signing with the keys it knows while it cannot hear of new ones: as long as third-party exchanges
 * may go on without the store at the most (contract §7). A retired key is kept for it.
 */
export const longestUnheardSeconds = 900;

/** What an operator decides about the rotation. */
export interface RotationSettings {
  readonly rotateAfterDays: number;
  readonly publishAheadSeconds: number;
  /** How long verifiers may keep our key sets. */
  readonly publishedMaxAgeSeconds: number;
}

const dayMs = 86_400_000;

/** The policy of each purpose: an access token lives 15 minutes, a JWT-SVID an hour at most (MD-15). */
export const rotationPolicies = ({
  rotateAfterDays,
  publishAheadSeconds,
  publishedMaxAgeSeconds,
}: RotationSettings): Readonly<Record<KeyPurpose, RotationPolicy>> => {
  const rotateAfterMs = rotateAfterDays * dayMs;
  const publishAheadMs = publishAheadSeconds * 1000;
  const policy = (longestLifeSeconds: number): RotationPolicy => ({
    rotateAfterMs,
    publishAheadMs,
    keepRetiredMs:
      (longestUnheardSeconds + longestLifeSeconds + clockToleranceSeconds + publishedMaxAgeSeconds) * 1000,
    expireAfterMs: 2 * rotateAfterMs + publishAheadMs,
  });
  return { 'access-token': policy(accessTokenLifetimeSeconds), 'jwt-svid': policy(maxLifetimeMinutes * 60) };
};

/** Why these settings cannot be kept, one sentence each that begins with the setting (A68, A69, MD-15). */
export const rotationProblems = (settings: RotationSettings): readonly string[] => {
  const { publishAheadSeconds, publishedMaxAgeSeconds } = settings;
  const problems: string[] = [];
  if (publishAheadSeconds < 2 * publishedMaxAgeSeconds)
    problems.push(
      'signingKeyPublishAheadSeconds: must be at least twice publishedMaxAgeSeconds, or a key signs before verifiers know it',
    );
  // Faster, and the key before would still be published when the next one is: soon there are more than verifiers read.
  const shortestMs = Math.max(
    ...Object.values(rotationPolicies(settings)).map(
      ({ publishAheadMs, keepRetiredMs }) => publishAheadMs + keepRetiredMs,
    ),
  );
  if (settings.rotateAfterDays * dayMs < shortestMs)
    problems.push(
      `signingKeyRotationDays: must be at least ${Math.ceil((shortestMs / dayMs) * 1000) / 1000}, or a key is due before the one before the last is gone`,
    );
  return problems;
};
