import type { JsonObject, JsonValue } from '../../json.ts';
import { fail, ok, type Result } from '../../result.ts';
import type { Condition } from '../federation.ts';
import { findClaim } from './claim.ts';
import type { ConditionKind, Expectation } from './condition-kind.ts';
import { equals } from './equals.ts';
import { matches } from './matches.ts';
import { oneOf } from './one-of.ts';

/** Every kind of condition. A new one is a file and a line here. */
export const conditionKinds: readonly ConditionKind[] = [equals, oneOf, matches];

/** A condition that is ready to be looked at. */
export interface CompiledCondition extends Expectation {
  readonly claim: string;
  /** The claim it is about, as the token carries it. */
  readonly find: (claims: JsonObject) => JsonValue | undefined;
}

const maxClaimName = 256;

/** Reads one registered condition: a claim and exactly one kind. The error is one sentence that says what to do. */
export const compileCondition = (condition: Condition): Result<CompiledCondition, string> => {
  const { claim } = condition;
  if (typeof claim !== 'string' || claim === '' || claim.length > maxClaimName || /\p{Cc}/u.test(claim)) {
    return fail(
      `claim takes the name of a claim: 1 to ${maxClaimName} characters, none of them a control character.`,
    );
  }
  const operands = new Map<string, unknown>(Object.entries(condition));
  const [kind, another] = conditionKinds.filter(({ name }) => operands.has(name));
  if (kind === undefined || another !== undefined) {
    return fail(`A condition has exactly one of ${conditionKinds.map(({ name }) => name).join(', ')}.`);
  }
  const expectation = kind.compile(operands.get(kind.name));
  if (!expectation.ok) return expectation;
  return ok({ ...expectation.value, claim, find: (claims) => findClaim(claims, claim) });
};
