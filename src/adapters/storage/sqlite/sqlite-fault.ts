/** A failure in the thread of a connection as it is told to the others. */
export interface SqliteFault {
  readonly message: string;
  /** https://www.sqlite.org/rescode.html; `null` when the fault was not SQLite's. */
  readonly resultCode: number | null;
}

/** What was thrown, for the other thread. */
export const faultOf = (error: unknown): SqliteFault => ({
  message: error instanceof Error ? error.message : 'unknown fault',
  resultCode: error instanceof Error && 'errcode' in error ? Number(error.errcode) : null,
});
