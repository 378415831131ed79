import type { CelEnv, CelResult } from '@bufbuild/cel';
import type { RE2JS } from '@bufbuild/re2';
import { presentText } from '../../activity/present.ts';
import type { JsonObject } from '../../json.ts';
import { fail, ok, type Result } from '../../result.ts';
import { loadCel, loadRe2 } from './cel-packages.ts';
import { checkExpression, type Expression } from './check-expression.ts';
import { claimsToCel } from './claims-to-cel.ts';
import { createMeter } from './meter.ts';
import { createMeteredFunctions } from './metered-functions.ts';

/** What an expression said about one token. */
export interface CelOutcome {
  /** Whether it gave `true`; an error, a number, a text or anything else is not `true`. */
  readonly ok: boolean;
  /** In words, for the evidence. */
  readonly detail: string;
}

const maxExpressionCharacters = 2048;

/** The work one evaluation may do, in units of {@link createMeter}. */
const maxWork = 50_000;

/** The longest pattern of `matches()`, and the most instructions all of them may compile to. */
const maxPatternCharacters = 256;
const maxInstructions = 1000;

/**
 * Makes a CEL expression over `claims` ready. It is parsed, checked and planned once; an evaluation is bounded in work,
 * and one that passes the bound refuses (A30, A98).
 *
 * Not available: `map()`, `filter()`, protobuf messages, and patterns of `matches()` that are not written out.
 *
 * @returns the evaluation, which never throws; or one sentence saying what is wrong with the expression
 */
export const compileCel = (expression: string): Result<(claims: JsonObject) => CelOutcome, string> => {
  if (expression.trim() === '') return fail('The expression is empty.');
  if (expression.length > maxExpressionCharacters) {
    return fail(`The expression is longer than ${maxExpressionCharacters} characters.`);
  }
  const parsed = parseExpression(expression);
  if (!parsed.ok) return parsed;

  const { celEnv } = loadCel();
  const checked = checkExpression(parsed.value, celEnv().funcs);
  if (!checked.ok) return checked;

  const patterns = compilePatterns(checked.value.patterns);
  if (!patterns.ok) return patterns;

  const meter = createMeter(maxWork);
  const environment = celEnv({ funcs: createMeteredFunctions(meter, patterns.value) });
  const planned = planExpression(environment, checked.value.expression);
  if (!planned.ok) return planned;

  return ok((claims) => {
    meter.reset();
    try {
      // No prototype: a name such as `constructor` must not find anything.
      const result = planned.value({ __proto__: null, claims: claimsToCel(claims) });
      if (meter.exhausted()) return { ok: false, detail: 'took too much work and was stopped' };
      return { ok: result === true, detail: describe(result) };
    } catch (problem) {
      return { ok: false, detail: `failed: ${presentText(messageOf(problem))}` };
    }
  });
};

/** The patterns an expression gives to `matches`; none for one that {@link compileCel} refuses. */
export const celPatterns = (expression: string): readonly string[] => {
  const parsed = parseExpression(expression);
  const checked = parsed.ok ? checkExpression(parsed.value, loadCel().celEnv().funcs) : parsed;
  return checked.ok ? checked.value.patterns : [];
};

const parseExpression = (expression: string) => {
  try {
    const { expr } = loadCel().parse(expression);
    return expr === undefined ? fail('The expression is empty.') : ok(expr);
  } catch (problem) {
    return fail(`The expression cannot be read: ${presentText(messageOf(problem))}`);
  }
};

const planExpression = (environment: CelEnv, expression: Expression) => {
  try {
    return ok(loadCel().plan(environment, expression));
  } catch (problem) {
    return fail(`The expression cannot be carried out: ${presentText(messageOf(problem))}`);
  }
};

const compilePatterns = (patterns: readonly string[]): Result<ReadonlyMap<string, RE2JS>, string> => {
  const compiled = new Map<string, RE2JS>();
  for (const pattern of patterns) {
    if (pattern.length > maxPatternCharacters) {
      return fail(`A pattern of matches() has at most ${maxPatternCharacters} characters.`);
    }
    try {
      compiled.set(pattern, loadRe2().RE2JS.compile(pattern));
    } catch (problem) {
      return fail(`A pattern of matches() cannot be read: ${presentText(messageOf(problem))}`);
    }
  }
  const instructions = [...compiled.values()].reduce((sum, pattern) => sum + pattern.re2().prog.numInst(), 0);
  return instructions > maxInstructions ? fail('The patterns of matches() are too large.') : ok(compiled);
};

const describe = (result: CelResult): string => {
  if (typeof result === 'boolean') return `gave ${result}`;
  const { celType, isCelError } = loadCel();
  if (isCelError(result)) return `failed: ${presentText(result.message)}`;
  return `gave a ${celType(result).name}, which is not true`;
};

const messageOf = (problem: unknown): string =>
  problem instanceof Error ? problem.message : String(problem);
