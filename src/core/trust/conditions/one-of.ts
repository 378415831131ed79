import { present } from '../../activity/present.ts';
import type { JsonValue } from '../../json.ts';
import { fail, ok } from '../../result.ts';
import { type ConditionKind, isScalar, type Scalar } from './condition-kind.ts';
import { hintType } from './hint-type.ts';

/** The most values one condition may list. */
const maxValues = 100;

/** `oneOf`: the claim is one of these values, of its type (A32). */
export const oneOf: ConditionKind = {
  name: 'oneOf',
  compile: (operand) => {
    if (!isScalarList(operand) || operand.length === 0) {
      return fail('oneOf takes a list of at least one text, number or boolean.');
    }
    if (operand.length > maxValues) return fail(`oneOf takes at most ${maxValues} values.`);
    const values: ReadonlySet<JsonValue | undefined> = new Set(operand);
    return ok({
      expected: `one of ${present(operand)}`,
      holds: (claim) => values.has(claim),
      hint: (claim) => hintType(operand, claim),
    });
  },
};

const isScalarList = (operand: unknown): operand is readonly Scalar[] =>
  Array.isArray(operand) && operand.every(isScalar);
