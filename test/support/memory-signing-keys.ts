import type { SigningKey } from '../../src/core/signing-keys/signing-key.ts';

/** A signing-key store whose rows a test sets at will, and that counts how often it was read. */
export interface MemorySigningKeys {
  readonly listOf: (tenant: string) => Promise<readonly SigningKey[]>;
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
  return {
    listOf: async (tenant) => {
      reads += 1;
      if (fault !== null) throw fault;
      return kept.get(tenant) ?? [];
    },
    set: (tenant, changed) => void kept.set(tenant, changed),
    breakWith: (next) => {
      fault = next;
    },
    reads: () => reads,
  };
};
