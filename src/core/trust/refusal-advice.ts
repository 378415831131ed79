import type { Check } from '../activity/check.ts';
import { fail, ok, type Result } from '../result.ts';
import { compilePattern } from './pattern.ts';

/** What a failed check mostly means on one platform, as written in its preset. */
export interface RefusalAdviceDefinition {
  /** Names of checks it is about. */
  readonly checks: readonly string[];
  /** Globs, one of which what was presented has to match; empty: anything does. */
  readonly presented: readonly string[];
  /** Globs, one of which what was expected has to match; empty: anything does. */
  readonly expected: readonly string[];
  /** Globs for what was expected that make it another case. */
  readonly unlessExpected: readonly string[];
  /** The least number that what was presented begins with, such as the seconds of a lifetime. */
  readonly atLeast: number | null;
  /** Good also where the platform is not known, because what was presented gives it away. */
  readonly anywhere: boolean;
  /** The cause, a sentence. EXPECTED and PRESENTED stand for what the check says. */
  readonly says: string | null;
  /** What to do and where, in the same way. */
  readonly change: string | null;
}

/** Advice that is ready for use. */
export interface RefusalAdvice extends RefusalAdviceDefinition {
  readonly appliesTo: (check: Check) => boolean;
}

/** Compiles the globs of an advice; the error names the glob that is none. */
export const compileRefusalAdvice = (definition: RefusalAdviceDefinition): Result<RefusalAdvice, string> => {
  const presented = compileAny(definition.presented);
  if (!presented.ok) return presented;
  const expected = compileAny(definition.expected);
  if (!expected.ok) return expected;
  const unless = compileAny(definition.unlessExpected);
  if (!unless.ok) return unless;
  const { checks, atLeast } = definition;
  return ok({
    ...definition,
    appliesTo: (check) =>
      checks.includes(check.check) &&
      (definition.presented.length === 0 || presented.value(check.presented)) &&
      (definition.expected.length === 0 || expected.value(check.expected)) &&
      !unless.value(check.expected) &&
      (atLeast === null || Number.parseFloat(check.presented) >= atLeast),
  });
};

/** One test for several globs: whether any of them covers a value. */
export const compileAny = (globs: readonly string[]): Result<(value: string) => boolean, string> => {
  const tests: ((value: string) => boolean)[] = [];
  for (const glob of globs) {
    const compiled = compilePattern(glob);
    if (!compiled.ok) return fail(`${glob}: ${compiled.error}`);
    tests.push(compiled.value);
  }
  return ok((value) => tests.some((test) => test(value)));
};
