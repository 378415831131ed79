import type { SigningKey } from '../../src/core/signing-keys/signing-key.ts';
import type { SigningKeySet } from '../../src/ports/stores.ts';

/** A signing-key store whose rows a test sets at will, and that counts how often it was read. */
export interface MemorySigningKeys {
  readonly readSet: (tenant: string) => Promise<SigningKeySet>;
  /** Sets the keys of a tenant, and raises the sequence of its bundle by one. */
  readonly set: (tenant: string, rows: readonly SigningKey[]) => void;
  /** From now on reading throws `fault`; `null` mends it. */
  readonly breakWith: (fault: Error | null) => void;
  readonly reads: () => number;
}

/** Creates a store that holds `rows`. */
export const createMemorySigningKeys = (rows: readonly SigningKey[] = []): MemorySigningKeys => {
  const kept = new Map<string, readonly SigningKey[]>();
  for (const row of rows) kept.set(row.tenant, [...(kept.get(row.tenant) ?? []), row]);
  let fault: Error | null = null;
  let reads = 0;
  const sequences = new Map<string, number>();
  const sequenceOf = (tenant: string): number => sequences.get(tenant) ?? 1_790_000_000_000;
  return {
    readSet: async (tenant) => {
      reads += 1;
      if (fault !== null) throw fault;
      return { keys: kept.get(tenant) ?? [], spiffeSequence: sequenceOf(tenant) };
    },
    set: (tenant, changed) => {
      kept.set(tenant, changed);
      sequences.set(tenant, sequenceOf(tenant) + 1);
    },
    breakWith: (next) => {
      fault = next;
    },
    reads: () => reads,
  };
};
