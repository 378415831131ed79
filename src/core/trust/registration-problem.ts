/** One reason why something cannot be registered. */
export interface RegistrationProblem {
  /** JSON pointer (RFC 6901) into what was sent. */
  readonly path: string;
  /** A sentence that says what to do. */
  readonly message: string;
}

/** A problem of the member at `path`. */
export const problem = (path: string, message: string): RegistrationProblem => ({ path, message });

/** The same problems, seen from the document that holds the part at `prefix`. */
export const below = (
  prefix: string,
  problems: readonly RegistrationProblem[],
): readonly RegistrationProblem[] =>
  problems.map(({ path, message }) => ({ path: `${prefix}${path}`, message }));
