import { maxThirdPartyLifetimeSeconds } from '../../time.ts';

/** What lint can find; stable codes. */
export type WarningCode =
  | 'condition_never_holds'
  | 'expression_pattern_unanchored'
  | 'glob_for_expression'
  | 'glob_in_exact_value'
  | 'issuer_spelling'
  | 'keys_from_elsewhere'
  | 'lifetime_near_limit'
  | 'lifetime_over_limit'
  | 'overlap'
  | 'pattern_wider_than_it_seems'
  | 'recycled_name'
  | 'regex_for_glob'
  | 'shared_issuer_unpinned';

/** Tokens that live this long are, or soon will be, refused for it. */
export const nearLifetimeSeconds = 0.9 * maxThirdPartyLifetimeSeconds;

/** Something that can be registered and may not be what was meant. It never stops a save. */
export interface RegistrationWarning {
  readonly code: WarningCode;
  /** JSON pointer (RFC 6901) into the resource. */
  readonly path: string;
  /** Sentences that say what may happen and what to do. */
  readonly message: string;
}

/** A warning about the member at `path`. */
export const warn = (code: WarningCode, path: string, message: string): RegistrationWarning => ({
  code,
  path,
  message,
});

/** The same warnings, seen from the document that holds the part at `prefix`. */
export const warningsBelow = (
  prefix: string,
  warnings: readonly RegistrationWarning[],
): readonly RegistrationWarning[] => warnings.map((each) => ({ ...each, path: `${prefix}${each.path}` }));
