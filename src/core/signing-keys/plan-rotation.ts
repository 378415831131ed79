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
  /** How long a key signs at the very most, where it could not be replaced in time; then nothing is signed (A70). */
  readonly expireAfterMs: number;
}

/** The most keys of one purpose that are ever published at a time (A69). */
export const maxPublishedKeys = 5;

/** The next step of the keys of one purpose and algorithm. */
export type RotationStep =
  /** Nothing is due. */
  | { readonly step: 'none' }
  /** A key is due, or was asked for, and as many are published as may be; the next one that goes makes room. */
  | { readonly step: 'full' }
  /** Make a key and publish it. */
  | { readonly step: 'prepare' }
  /** Make a key that signs at once: there is none that may. */
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
  const dead = keys.find((key) => key.state === 'retired' && goneAt(key, policy) <= now);
  if (dead !== undefined) return { step: 'drop', kid: dead.kid };

  const hasRoom = published < maxPublishedKeys;
  const prepared = keys.find(({ state }) => state === 'prepared');
  const active = keys.find(({ state }) => state === 'active');
  // Nothing is issued meanwhile, which is worse than a verifier that has to look at the key set again.
  if (active === undefined || isExpired(active, policy, now)) {
    if (prepared !== undefined) return { step: 'activate', kid: prepared.kid };
    return { step: hasRoom ? 'replace' : 'full' };
  }
  if (prepared !== undefined)
    return activeAt(prepared, policy) <= now ? { step: 'activate', kid: prepared.kid } : { step: 'none' };

  if (prepareAt(active, policy) <= now) return { step: hasRoom ? 'prepare' : 'full' };
  if (!rotateNow) return { step: 'none' };
  // What is only asked for leaves the last place to what is due.
  return { step: published < maxPublishedKeys - 1 ? 'prepare' : 'full' };
};

/** When an active key needs a successor: early enough that it is known everywhere before the turn. */
export const prepareAt = (active: SigningKey, policy: RotationPolicy): EpochMilliseconds =>
  signsSince(active) + policy.rotateAfterMs - policy.publishAheadMs;

/** When a prepared key has been published for long enough. */
export const activeAt = (prepared: SigningKey, { publishAheadMs }: RotationPolicy): EpochMilliseconds =>
  prepared.createdAt + publishAheadMs;

/** When the last token of a retired key is dead. */
export const goneAt = (retired: SigningKey, { keepRetiredMs }: RotationPolicy): EpochMilliseconds =>
  (retired.retiredAt ?? retired.createdAt) + keepRetiredMs;

/** Whether an active key may sign no more, having had no successor for far too long (A70). */
export const isExpired = (
  active: Pick<SigningKey, 'activatedAt' | 'createdAt'>,
  { expireAfterMs }: Pick<RotationPolicy, 'expireAfterMs'>,
  now: EpochMilliseconds,
): boolean => signsSince(active) + expireAfterMs <= now;

/**
 * Whether an active key should have retired a while ago: something keeps it from being replaced (A70). Its successor is given
 * the time it has to be published, and as much again to be activated.
 */
export const isOverdue = (
  active: SigningKey,
  keys: readonly SigningKey[],
  policy: RotationPolicy,
  now: EpochMilliseconds,
): boolean => {
  const successor = findSuccessor(active, keys);
  const due =
    successor === undefined ? signsSince(active) + policy.rotateAfterMs : activeAt(successor, policy);
  return due + policy.publishAheadMs <= now;
};

/** The prepared key that comes after `key`, among all keys of its tenant. */
export const findSuccessor = (key: SigningKey, keys: readonly SigningKey[]): SigningKey | undefined =>
  keys.find(
    ({ state, purpose, algorithm }) =>
      state === 'prepared' && purpose === key.purpose && algorithm === key.algorithm,
  );

const signsSince = ({ activatedAt, createdAt }: Pick<SigningKey, 'activatedAt' | 'createdAt'>) =>
  activatedAt ?? createdAt;
