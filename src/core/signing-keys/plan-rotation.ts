import type { EpochMilliseconds } from '../time.ts';
import type { SigningKey } from './signing-key.ts';

/** When keys take their next step. Milliseconds, all of them. */
export interface RotationPolicy {
  /** How long a key signs. */
  readonly rotateAfterMs: number;
  /** How long a key is published before it signs: longer than any verifier keeps a key set (A68, SV-25). */
  readonly publishAheadMs: number;
  /** How long a key stays published after it has signed for the last time: until its last token is dead everywhere. */
  readonly keepRetiredMs: number;
}

/** The most keys of one purpose that are ever published at a time (A69). */
export const maxPublishedKeys = 5;

/** The next step of the keys of one purpose and algorithm. */
export type RotationStep =
  /** Nothing before `at`; `null` where nothing ever comes of itself. */
  | { readonly step: 'none'; readonly at: EpochMilliseconds | null }
  /** Make a key and publish it. */
  | { readonly step: 'prepare' }
  /** Make a key that signs at once: there is none. */
  | { readonly step: 'replace' }
  /** The prepared key signs from now on, the active one retires. */
  | { readonly step: 'activate'; readonly kid: string }
  /** The retired key is gone. */
  | { readonly step: 'drop'; readonly kid: string };

/**
 * What is due for the keys of one purpose and algorithm of one tenant (contract §1, §7). Pure: every node comes to the
 * same step from the same rows, and whoever writes it first has done it for all.
 *
 * @param keys of this purpose and algorithm; `published` how many keys of the purpose there are in all
 * @param rotateNow somebody asked for a rotation: as if the active key were as old as it gets
 */
export const planRotation = (
  keys: readonly SigningKey[],
  published: number,
  policy: RotationPolicy,
  now: EpochMilliseconds,
  rotateNow = false,
): RotationStep => {
  const due = keys.find((key) => key.state === 'retired' && droppedAt(key, policy) <= now);
  if (due !== undefined) return { step: 'drop', kid: due.kid };

  const prepared = keys.find(({ state }) => state === 'prepared');
  const active = keys.find(({ state }) => state === 'active');
  if (active === undefined)
    return prepared === undefined ? { step: 'replace' } : { step: 'activate', kid: prepared.kid };
  if (prepared !== undefined)
    return activatedAt(prepared, policy) <= now
      ? { step: 'activate', kid: prepared.kid }
      : { step: 'none', at: earliest(activatedAt(prepared, policy), keys, policy) };

  const preparedAt = (active.activatedAt ?? active.createdAt) + policy.rotateAfterMs - policy.publishAheadMs;
  if (!rotateNow && preparedAt > now) return { step: 'none', at: earliest(preparedAt, keys, policy) };
  // Readers of key sets have limits of their own; what retires makes room within the hour.
  return published < maxPublishedKeys
    ? { step: 'prepare' }
    : { step: 'none', at: earliest(Infinity, keys, policy) };
};

/** When a prepared key has been published for long enough. */
const activatedAt = (key: SigningKey, { publishAheadMs }: RotationPolicy): EpochMilliseconds =>
  key.createdAt + publishAheadMs;

const droppedAt = (key: SigningKey, { keepRetiredMs }: RotationPolicy): EpochMilliseconds =>
  (key.retiredAt ?? key.createdAt) + keepRetiredMs;

const earliest = (
  at: number,
  keys: readonly SigningKey[],
  policy: RotationPolicy,
): EpochMilliseconds | null => {
  const first = Math.min(
    at,
    ...keys.filter(({ state }) => state === 'retired').map((key) => droppedAt(key, policy)),
  );
  return Number.isFinite(first) ? first : null;
};
