import type { Condition, Federation } from '../federation.ts';
import type { IssuerPreset } from '../preset.ts';
import type { RegistrationWarning } from './warning.ts';

/** One rule of lint, about one federation on an issuer with this preset; paths are within the federation. */
export type FederationRule = (
  federation: Federation,
  preset: IssuerPreset | null,
) => readonly RegistrationWarning[];

/** The exact subject or the pattern, and where it stands. */
export const subjectOf = ({
  subject,
  subjectPattern,
}: Pick<Federation, 'subject' | 'subjectPattern'>): { readonly text: string; readonly path: string } =>
  subject === null
    ? { text: subjectPattern ?? '', path: '/subjectPattern' }
    : { text: subject, path: '/subject' };

/** Whether a condition wants one of these claims to have certain values, or the expression looks at one of them. */
export const pins = (
  { conditions, cel }: Pick<Federation, 'conditions' | 'cel'>,
  claims: readonly string[],
): boolean =>
  conditions.some((condition) => claims.includes(condition.claim) && !('matches' in condition)) ||
  claims.some((claim) => cel?.includes(claim.split('/').at(-1) ?? claim) === true);

/** Whether any condition, or the expression, looks at one of these claims. */
export const looksAt = (
  federation: Pick<Federation, 'conditions' | 'cel'>,
  claims: readonly string[],
): boolean => pins(federation, claims) || federation.conditions.some(({ claim }) => claims.includes(claim));

/** The values a condition wants literally; `null` for a pattern. */
export const literalsOf = (condition: Condition): readonly (string | number | boolean)[] | null => {
  if ('equals' in condition) return [condition.equals];
  return 'oneOf' in condition ? condition.oneOf : null;
};
