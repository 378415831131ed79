import { hash } from 'node:crypto';

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

/** JSON keeps the parts apart and every string, well-formed or not, distinct from every other (CA-15). */
export const fingerprintOf = (tenant: string, party: string, jti: string): string =>
  hash('sha256', JSON.stringify([tenant, party, jti]), 'base64url');

/** @throws RangeError when `until` is no time */
export const toNotedUse = (
  tenant: string,
  { party, jti, until }: { readonly party: string; readonly jti: string; readonly until: number },
): NotedUse => {
  const rounded = Math.ceil(until);
  if (!Number.isSafeInteger(rounded)) throw new RangeError('the end of a single use is not a time');
  return { fingerprint: fingerprintOf(tenant, party, jti), until: rounded };
};
