import type { Condition, Federation } from '../federation.ts';
import { compilePattern } from '../pattern.ts';
import { patternsOverlap } from '../patterns-overlap.ts';
import type { IssuerPreset } from '../preset.ts';
import { trustDomainOf } from '../trust-domain.ts';
import { type FederationRule, literalsOf } from './federation-rule.ts';
import { type RegistrationWarning, warn } from './warning.ts';

/** A condition that no token can meet: together with another, with the federation itself, or by the type of its value. */
export const lintConditions: FederationRule = (federation, preset) => [
  ...lintContradictions(federation),
  ...lintTypes(federation, preset),
];

/** Whether some token could meet all of these conditions at once, as far as that can be said without one. */
export const canHoldTogether = (conditions: readonly Condition[]): boolean =>
  conditions.every((_, index) => findConflict(conditions, index) === null);

const lintContradictions = (federation: Federation): readonly RegistrationWarning[] => {
  const implied = impliedConditions(federation);
  const all = [...implied, ...federation.conditions];
  return federation.conditions.flatMap((condition, index) => {
    const conflict = findConflict(all, implied.length + index);
    if (conflict === null) return [];
    const other =
      conflict < implied.length
        ? `what the federation itself says of ${condition.claim}`
        : `condition ${conflict - implied.length}`;
    return [
      warn(
        'condition_never_holds',
        `/conditions/${index}`,
        `No token can meet this condition and ${other} together, so the federation never matches. Change one of the two.`,
      ),
    ];
  });
};

/** What the federation asks of the claims that every token has, as conditions. */
const impliedConditions = (federation: Federation): readonly Condition[] => [
  federation.subject === null
    ? { claim: 'sub', matches: federation.subjectPattern ?? '' }
    : { claim: 'sub', equals: federation.subject },
  // A JWT-SVID is judged by the trust domain of its sub, whatever its iss (SV-17).
  ...(trustDomainOf(federation.issuer) === null ? [{ claim: 'iss', equals: federation.issuer }] : []),
  ...(federation.allowAdditionalAudiences ? [] : [{ claim: 'aud', equals: federation.audience }]),
];

/** The place of an earlier condition that cannot hold beside the one at `index`, or `null`. */
const findConflict = (conditions: readonly Condition[], index: number): number | null => {
  const condition = conditions[index];
  if (condition === undefined) return null;
  const found = conditions
    .slice(0, index)
    .findIndex((other) => other.claim === condition.claim && !areCompatible(other, condition));
  return found < 0 ? null : found;
};

const areCompatible = (one: Condition, other: Condition): boolean => {
  const [ones, others] = [literalsOf(one), literalsOf(other)];
  if (ones !== null) return ones.some((value) => admits(other, value));
  if (others !== null) return others.some((value) => admits(one, value));
  return 'matches' in one && 'matches' in other && patternsOverlap(one.matches, other.matches);
};

const admits = (condition: Condition, value: string | number | boolean): boolean => {
  const literals = literalsOf(condition);
  if (literals !== null) return literals.includes(value);
  const pattern = compilePattern('matches' in condition ? condition.matches : '');
  // A pattern that is none is refused elsewhere.
  return !pattern.ok || (typeof value === 'string' && pattern.value(value));
};

/** Platforms write their ids and names as text, and a number never equals a text (A32). */
const lintTypes = (
  { conditions }: Pick<Federation, 'conditions'>,
  preset: IssuerPreset | null,
): readonly RegistrationWarning[] => {
  if (preset === null) return [];
  const texts = new Set([
    ...preset.ownerClaims,
    ...preset.recommendedConditions.map(({ claim }) => claim),
    ...preset.recycledNames.flatMap(({ idClaims }) => idClaims),
  ]);
  return conditions.flatMap((condition, index) => {
    const literals = literalsOf(condition);
    const [first] = literals ?? [];
    if (!texts.has(condition.claim) || first === undefined) return [];
    if (literals?.some((value) => typeof value === 'string') === true) return [];
    return [
      warn(
        'condition_never_holds',
        `/conditions/${index}`,
        `${preset.title} writes ${condition.claim} as text, which a ${typeof first} never equals. Give it in quotation marks: ${JSON.stringify(String(first))}.`,
      ),
    ];
  });
};
