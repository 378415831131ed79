import type { EpochMilliseconds } from '../../core/time.ts';
import { maxKeysPerSet } from './key-set.ts';

/** Remembers the names of keys that an issuer published once and no longer does. */
export interface KnownKids {
  /** A new set replaces the one before it. */
  readonly replace: (
    before: readonly (string | null)[],
    after: readonly (string | null)[],
    now: EpochMilliseconds,
  ) => void;
  /** When `kid` was found to be gone from the set; `null` where it is in it or never was. */
  readonly withdrawnAt: (kid: string) => EpochMilliseconds | null;
}

/** The latest of them, as many as a set may have: an issuer that renames its keys all the time fills no memory. */
export const createKnownKids = (): KnownKids => {
  const withdrawn = new Map<string, EpochMilliseconds>();
  return {
    replace: (before, after, now) => {
      for (const kid of after) if (kid !== null) withdrawn.delete(kid);
      for (const kid of before) if (kid !== null && !after.includes(kid)) withdrawn.set(kid, now);
      for (const kid of withdrawn.keys()) {
        if (withdrawn.size <= maxKeysPerSet) break;
        withdrawn.delete(kid);
      }
    },
    withdrawnAt: (kid) => withdrawn.get(kid) ?? null,
  };
};
