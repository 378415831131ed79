/** A request for one page of a list. */
export interface PageRequest {
  /** 1 to 200. */
  readonly limit: number;
  /** What a previous page gave as `nextCursor`; opaque to callers. A cursor that was not made by us is `invalid_cursor`. */
  readonly cursor: string | null;
}

/** One page, in a stable order (by creation; activities newest first). */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** Thrown by stores for a cursor they did not make. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor';
}
