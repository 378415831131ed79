/** A computation that either gives a value or says, as a value, why not. Faults are exceptions and never travel in here. */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** The success arm of {@link Result}. */
export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

/** The failure arm of {@link Result}. */
export const fail = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error });
