import type { JsonValue } from '../../json.ts';
import { compilePattern } from '../pattern.ts';
import type { Scalar } from './condition-kind.ts';

/** What to say when a claim differs from every wanted value (A32); `undefined` when it is simply another value. */
export const hintType = (wanted: readonly Scalar[], claim: JsonValue | undefined): string | undefined => {
  if (claim === undefined)
    return 'The token has no such claim. Names are compared exactly; /a/b reaches into an object.';
  if (Array.isArray(claim)) {
    return 'The claim is a list, and a condition looks at single values. Use cel, for example "x" in claims.groups.';
  }
  if (typeof claim === 'object')
    return 'The claim is no single value. Name what is inside it, as in /outer/inner.';
  const alike = wanted.find((value) => typeof value !== typeof claim && String(value) === String(claim));
  if (alike !== undefined) {
    return `The token carries this as a ${typeof claim}, the condition as a ${typeof alike}. Register ${JSON.stringify(claim)}.`;
  }
  if (typeof claim !== 'string') return undefined;
  const covering = wanted.find((value) => isPatternOf(value, claim));
  if (covering !== undefined)
    return `equals and oneOf compare literally, star included. Use matches with ${JSON.stringify(covering)}.`;
  const lowered = claim.toLowerCase();
  return wanted.some((value) => typeof value === 'string' && value.toLowerCase() === lowered)
    ? 'They differ only in upper and lower case, which counts.'
    : undefined;
};

const isPatternOf = (value: Scalar, claim: string): boolean => {
  if (typeof value !== 'string' || !value.includes('*')) return false;
  const pattern = compilePattern(value);
  return pattern.ok && pattern.value(claim);
};
