import type { Check, Seen, Verdict } from '../core/activity/check.ts';

/** Gathers what every step of one request looked at, in order; what the activity will show. */
export interface Evidence {
  /** Keeps the checks and facts of a step and hands its verdict on. */
  of<V extends Verdict<unknown>>(verdict: V): V;
  readonly checks: () => readonly Check[];
  readonly seen: () => Seen;
}

/** An empty {@link Evidence}, one per request. */
export const collectEvidence = (): Evidence => {
  const checks: Check[] = [];
  let seen: Seen = {};
  return {
    of: (verdict) => {
      checks.push(...verdict.checks);
      if (verdict.seen !== undefined) seen = { ...seen, ...verdict.seen };
      return verdict;
    },
    checks: () => checks,
    seen: () => seen,
  };
};
