import type { AccessTokenAlgorithm } from '../core/jwt/algorithms.ts';
import type { PublishedKey } from '../core/signing-keys/published-keys.ts';
import type { KeyPurpose } from '../core/signing-keys/signing-key.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Signer, SigningBackend } from '../ports/signing-backend.ts';
import type { SigningKeyStore } from '../ports/stores.ts';
import { isEmpty, openTenantKeys, signerSlot, type TenantKeys } from './open-tenant-keys.ts';

/** Thrown when a tenant has no active key to sign with: nothing can be issued and the server is not ready (A70). */
export class NoActiveSigningKey extends Error {
  override readonly name = 'NoActiveSigningKey';
}

/**
 * The signing keys of every tenant as this node knows them. A tenant is read at first use and kept; while the store is
 * down, what was read goes on serving.
 */
export interface KeyRing {
  /** Reads and opens the keys of `tenant` unless that was done; throws what prevents it (`CannotOpenSigningKey`, a fault of the store). */
  load(tenant: string): Promise<void>;
  /** Reads the keys of `tenant` again. What is known serves until then, and on when this throws. */
  reload(tenant: string): Promise<void>;
  /** {@link reload} for every tenant that was ever read; for when changes may have been missed. */
  reloadAll(): Promise<void>;
  /** The keys of `tenant` changed: nothing known serves any more. A read that began before is not believed (A66). */
  forget(tenant: string): void;
  /** The key to sign with now; throws {@link NoActiveSigningKey}. */
  signer(tenant: string, purpose: KeyPurpose, algorithm: AccessTokenAlgorithm): Promise<Signer>;
  /** The keys to publish, oldest first; the same array until something changes. Empty: no such tenant. */
  published(tenant: string, purpose: KeyPurpose): Promise<readonly PublishedKey[]>;
  /** When the keys of `tenant` last changed as seen from here; never goes back and never repeats for other keys (SV-20). */
  changedAt(tenant: string): Promise<EpochMilliseconds>;
  /** The keys our own access tokens may have been signed with; the same array until something changes. */
  verificationKeys(tenant: string): Promise<readonly PublishedKey[]>;
}

interface Entry {
  /** What was read last, believed or not: keys opened then need not be opened again. */
  readonly last: TenantKeys | null;
  /** What is believed, or being read for everybody who waits; `null` once forgotten. */
  readonly current: Promise<TenantKeys> | null;
  /** The number of the read behind {@link current}, or of the forgetting. An older read is out of date. */
  readonly turn: number;
}

/** Creates the view of the signing keys in `signingKeys`, opened by `backend`. */
export const createKeyRing = ({
  signingKeys,
  backend,
  clock,
}: {
  readonly signingKeys: Pick<SigningKeyStore, 'listOf'>;
  readonly backend: Pick<SigningBackend, 'open'>;
  readonly clock: Pick<Clock, 'now'>;
}): KeyRing => {
  const entries = new Map<string, Entry>();
  let turns = 0;
  const nextTurn = (): number => {
    turns += 1;
    return turns;
  };

  const read = async (tenant: string, last: TenantKeys | null): Promise<TenantKeys> =>
    openTenantKeys(backend, await signingKeys.listOf(tenant), last, clock.now());

  const settle = (tenant: string, entry: Entry): void => {
    const known = entries.get(tenant);
    if (known !== undefined && known.turn > entry.turn) return;
    // Names that strangers made up leave nothing behind.
    const wasEver = known !== undefined && known.last !== null;
    if (wasEver || (entry.last !== null && !isEmpty(entry.last))) entries.set(tenant, entry);
    else entries.delete(tenant);
  };

  const keysOf = (tenant: string): Promise<TenantKeys> => {
    const entry = entries.get(tenant);
    if (entry?.current) return entry.current;
    const last = entry?.last ?? null;
    const turn = nextTurn();
    const current = read(tenant, last);
    entries.set(tenant, { last, current, turn });
    current.then(
      (keys) => settle(tenant, { last: keys, current, turn }),
      () => settle(tenant, { last, current: null, turn }),
    );
    return current;
  };

  const reload = async (tenant: string): Promise<void> => {
    const turn = nextTurn();
    const keys = await read(tenant, entries.get(tenant)?.last ?? null);
    settle(tenant, { last: keys, current: Promise.resolve(keys), turn });
  };

  return {
    load: async (tenant) => void (await keysOf(tenant)),
    reload,
    reloadAll: async () => {
      // One tenant whose keys cannot be read or opened does not keep the others from theirs.
      const outcomes = await Promise.allSettled([...entries.keys()].map(reload));
      const faults = outcomes
        .filter((outcome) => outcome.status === 'rejected')
        .map(({ reason }) => reason as unknown);
      if (faults.length > 0) throw new AggregateError(faults, 'signing keys could not be read again');
    },
    forget: (tenant) => {
      const entry = entries.get(tenant);
      if (entry !== undefined) entries.set(tenant, { last: entry.last, current: null, turn: nextTurn() });
    },
    signer: async (tenant, purpose, algorithm) => {
      const opened = (await keysOf(tenant)).signers.get(signerSlot(purpose, algorithm));
      if (opened !== undefined) return opened.signer;
      throw new NoActiveSigningKey(`no active ${algorithm} key for ${purpose} in tenant ${tenant}`);
    },
    published: async (tenant, purpose) => (await keysOf(tenant)).published[purpose],
    changedAt: async (tenant) => (await keysOf(tenant)).changedAt,
    verificationKeys: async (tenant) => (await keysOf(tenant)).verification,
  };
};
