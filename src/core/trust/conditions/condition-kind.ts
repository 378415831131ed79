import type { JsonValue } from '../../json.ts';
import type { Result } from '../../result.ts';

/** What one kind of condition makes of its operand. */
export interface Expectation {
  /** In words or as JSON text, for the evidence. */
  readonly expected: string;
  /** Whether the claim is as wanted; `undefined` is a claim that is not there. */
  readonly holds: (claim: JsonValue | undefined) => boolean;
  /** What to do when it does not hold; `undefined` when there is nothing to add. */
  readonly hint: (claim: JsonValue | undefined) => string | undefined;
}

/** A kind of condition: one member of a registered condition and what it means. */
export interface ConditionKind {
  /** The member that carries the operand. */
  readonly name: string;
  /** Checks the operand and makes it ready. The error is one sentence that says what to do. */
  readonly compile: (operand: unknown) => Result<Expectation, string>;
}

/** A value a claim may be compared with. */
export type Scalar = string | number | boolean;

/** Whether `value` is text, a finite number or a boolean. */
export const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value));
