/** One requirement on a claim of the third-party token, beside issuer, subject and audience (ST-17). */
export type Condition =
  | { readonly claim: string; readonly equals: string | number | boolean }
  | { readonly claim: string; readonly oneOf: readonly (string | number | boolean)[] }
  | { readonly claim: string; readonly matches: string };

/** What a third-party token must show to become a service account (contract §1): issuer + subject + audience + conditions. */
export interface Federation {
  readonly id: string;
  /** The trusted issuer, byte for byte (ST-12). */
  readonly issuer: string;
  /** The exact subject; exactly one of this and {@link subjectPattern} is set. */
  readonly subject: string | null;
  /** A linear glob over the whole subject (A30). */
  readonly subjectPattern: string | null;
  readonly audience: string;
  readonly conditions: readonly Condition[];
  /** One CEL expression over `claims` that must give `true`. */
  readonly cel: string | null;
  /** Accept further audiences beside {@link audience} (ST-19). */
  readonly allowAdditionalAudiences: boolean;
}
