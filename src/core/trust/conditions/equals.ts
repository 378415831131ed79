import { present } from '../../activity/present.ts';
import { fail, ok } from '../../result.ts';
import { type ConditionKind, isScalar } from './condition-kind.ts';
import { hintType } from './hint-type.ts';

/** `equals`: the claim is this value, of this type (A32). */
export const equals: ConditionKind = {
  name: 'equals',
  compile: (operand) =>
    isScalar(operand)
      ? ok({
          expected: present(operand),
          holds: (claim) => claim === operand,
          hint: (claim) => hintType([operand], claim),
        })
      : fail('equals takes one text, number or boolean.'),
};
