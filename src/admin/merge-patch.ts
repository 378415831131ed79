import type { Status } from '../core/accounts/service-account.ts';

/** The members of `T` that a merge patch may name; one that is absent, or `undefined`, stays as it is (RFC 7396). */
export type Patch<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

/** `current` with the members of `patch` in place of its own. Whole members: arrays are replaced, never merged. */
export const applyPatch = <T extends object>(current: T, patch: Patch<T>): T => {
  const given = Object.entries(patch).filter(([, value]) => value !== undefined);
  return { ...current, ...Object.fromEntries(given) };
};

/** A disable must work at once, also for what was registered under rules that have become stricter since. */
export const onlyDisables = (patch: Patch<{ readonly status: Status }>): boolean =>
  patch.status === 'disabled' && Object.values(patch).filter((value) => value !== undefined).length === 1;
