import { expect } from 'vitest';
import { type Check, checksOf, type Verdict } from '../../src/core/activity/check.ts';
import type { RefusalReason } from '../../src/core/oauth/reasons.ts';

/** The value of a positive verdict; fails the test on a negative one, showing why. */
export const expectGranted = <T>(verdict: Verdict<T>): T => {
  if (verdict.ok) return verdict.value;
  throw new Error(
    `refused, ${verdict.reason}: ${JSON.stringify(verdict.checks.filter((check) => !check.ok))}`,
  );
};

/** The failed check of a verdict that must be negative, for this reason, with this check failing first. */
export const expectRefused = (verdict: Verdict<unknown>, reason: RefusalReason, check: string): Check => {
  const failure = checksOf(verdict).find(({ ok }) => !ok);
  expect({ ok: verdict.ok, reason: verdict.ok ? null : verdict.reason, check: failure?.check }).toEqual({
    ok: false,
    reason,
    check,
  });
  return failure as Check;
};
