import { checksOf, grant, refuse, type Verdict } from './check.ts';

/** What each of several verdicts gives when it is positive. */
type Granted<T extends Readonly<Record<string, Verdict<unknown>>>> = {
  readonly [Name in keyof T]: T[Name] extends Verdict<infer Value> ? Value : never;
};

/**
 * One verdict from several independent ones: positive when all are; otherwise the first negative one, in the order
 * written, gives the reason. The checks of all are kept either way, so that a receipt shows everything that is wrong.
 */
export const everyVerdict = <T extends Readonly<Record<string, Verdict<unknown>>>>(
  verdicts: T,
): Verdict<Granted<T>> => {
  const values: Record<string, unknown> = {};
  let refusal: Extract<Verdict<unknown>, { ok: false }> | null = null;
  for (const name of Object.keys(verdicts)) {
    const verdict = verdicts[name] as Verdict<unknown>;
    if (verdict.ok) values[name] = verdict.value;
    else refusal ??= verdict;
  }
  const checks = () => Object.values(verdicts).flatMap(checksOf);
  return refusal === null ? grant(values as Granted<T>, checks) : refuse(refusal.reason, checks());
};
