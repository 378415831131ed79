import type { CelFunc, CelValue } from '@bufbuild/cel';
import type { RE2JS } from '@bufbuild/re2';
import { loadCel } from './cel-packages.ts';
import type { Meter } from './meter.ts';

/** The function that {@link checkExpression} puts before each step of a macro; its argument is the size of the step. */
export const stepFunction = '@step';

/** The function that {@link checkExpression} puts around what a macro walks through. */
export const rangeFunction = '@range';

/** How much of a text times how much of a program counts as one unit; measured to keep a whole evaluation within some 30 ms. */
const instructionsPerUnit = 64;

/**
 * Every function of CEL, each booking the size of what it is given before it looks at it, and `matches` over RE2, whose
 * time is bounded by text times pattern (A30, A98).
 *
 * @param patterns the compiled patterns of the expression by their text; `matches` knows no others
 */
export const createMeteredFunctions = (meter: Meter, patterns: ReadonlyMap<string, RE2JS>): CelFunc[] => {
  const { CelScalar, celEnv, celFunc, celMethod } = loadCel();
  const { BOOL, DYN, INT, STRING } = CelScalar;
  return [
    ...[...celEnv().funcs].map((standard) => meterFunction(standard, meter)),
    celFunc(stepFunction, [INT], BOOL, (size) => {
      meter.charge(Number(size));
      return true;
    }),
    celFunc(rangeFunction, [DYN], DYN, (range) => {
      meter.chargeSize(range);
      return range;
    }),
    celMethod('matches', STRING, [STRING], BOOL, function (text) {
      const pattern = patterns.get(text);
      if (pattern === undefined) throw new Error('unknown pattern');
      meter.charge(1 + (this.length * pattern.re2().prog.numInst()) / instructionsPerUnit);
      const found = pattern.test(this);
      // Drops what RE2 remembers of this text: no state between uses, and no memory that a caller could fill.
      pattern.reset();
      return found;
    }),
  ];
};

/** The same function under the same signature, which is how the environment lets a standard one be replaced. */
const meterFunction = (standard: CelFunc, meter: Meter): CelFunc => {
  const { celFunc, celMethod, isCelError } = loadCel();
  const call = (target: CelValue | undefined, args: readonly CelValue[]): CelValue => {
    if (target !== undefined) meter.chargeSize(target);
    for (const argument of args) meter.chargeSize(argument);
    const result = standard.call(0, target, [...args]);
    if (result === undefined) throw new Error(`no such overload: ${standard.id}`);
    if (isCelError(result)) throw result;
    return result;
  };
  return standard.target === undefined
    ? celFunc(standard.name, standard.arguments, standard.result, (...args) => call(undefined, args))
    : celMethod(standard.name, standard.target, standard.arguments, standard.result, function (...args) {
        return call(this, args);
      });
};
