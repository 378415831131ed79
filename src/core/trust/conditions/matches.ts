import { present } from '../../activity/present.ts';
import { fail, ok } from '../../result.ts';
import { hintRegularExpression } from '../hint-regular-expression.ts';
import { compilePattern } from '../pattern.ts';
import type { ConditionKind } from './condition-kind.ts';
import { hintType } from './hint-type.ts';

/** `matches`: the claim is a text that the pattern covers as a whole (A30). */
export const matches: ConditionKind = {
  name: 'matches',
  compile: (operand) => {
    if (typeof operand !== 'string')
      return fail('matches takes a pattern, in which * stands for any run of characters.');
    const pattern = compilePattern(operand);
    if (!pattern.ok) return pattern;
    return ok({
      expected: `matches ${present(operand)}`,
      holds: (claim) => typeof claim === 'string' && pattern.value(claim),
      hint: (claim) =>
        typeof claim === 'number' || typeof claim === 'boolean'
          ? `A pattern covers text only and the token carries a ${typeof claim}. Use equals or oneOf.`
          : (hintType([operand], claim) ?? hintRegularExpression(operand)),
    });
  },
};
