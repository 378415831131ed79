/** What is used once, as it is kept. */
export interface NotedUse {
  /** Of tenant, party and jti. */
  readonly fingerprint: string;
  /** When it may be forgotten, in milliseconds since 1970. */
  readonly until: number;
}

/**
 * Keeps uses durably, each once on all nodes. Answers with the fingerprints that were not there before.
 *
 * @param uses no fingerprint twice
 */
export type NoteUses = (uses: readonly NotedUse[]) => Promise<readonly string[]>;
