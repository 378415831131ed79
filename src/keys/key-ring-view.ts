import type { AccessTokenAlgorithm } from '../core/jwt/algorithms.ts';
import type { PublishedKey } from '../core/signing-keys/published-keys.ts';
import type { KeyPurpose } from '../core/signing-keys/signing-key.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Signer, SigningBackend } from '../ports/signing-backend.ts';
import type { SigningKeyStore } from '../ports/stores.ts';
import { openTenantKeys, signerSlot, type TenantKeys } from './open-tenant-keys.ts';

/** Thrown when a tenant has no active key to sign with: nothing can be issued and the server is not ready (A70). */
export class NoActiveSigningKey extends Error {
  override readonly name = 'NoActiveSigningKey';
}

/**
 * The signing keys of every tenant as this node knows them. A tenant is read at first use and kept until
 * {@link forget}; while the store is down, what was read goes on serving.
 */
export interface KeyRing {
  /** Reads and opens the keys of `tenant` unless that was done; throws what prevents it (`CannotOpenSigningKey`, a fault of the store). */
  load(tenant: string): Promise<void>;
  /** {@link forget} and {@link load}. */
  reload(tenant: string): Promise<void>;
  /** The keys of `tenant` changed: read them again before the next use. A read that began before is not believed (A66). */
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

  const read = async (tenant: string, last: TenantKeys | null): Promise<TenantKeys> =>
    openTenantKeys(backend, await signingKeys.listOf(tenant), last, clock.now());

  const settle = (tenant: string, current: Promise<TenantKeys>, entry: Entry): void => {
    if (entries.get(tenant)?.current !== current) return;
    // Names that strangers made up leave nothing behind.
    if (entry.last === null || entry.last.fingerprint === '[]') entries.delete(tenant);
    else entries.set(tenant, entry);
  };

  const keysOf = (tenant: string): Promise<TenantKeys> => {
    const entry = entries.get(tenant);
    if (entry?.current) return entry.current;
    const last = entry?.last ?? null;
    const current = read(tenant, last);
    entries.set(tenant, { last, current });
    current.then(
      (keys) => settle(tenant, current, { last: keys, current }),
      () => settle(tenant, current, { last, current: null }),
    );
    return current;
  };

  const forget = (tenant: string): void => {
    const entry = entries.get(tenant);
    if (entry !== undefined) entries.set(tenant, { last: entry.last, current: null });
  };
  const load = async (tenant: string): Promise<void> => void (await keysOf(tenant));

  return {
    load,
    reload: async (tenant) => {
      forget(tenant);
      await load(tenant);
    },
    forget,
    signer: async (tenant, purpose, algorithm) => {
      const opened = (await keysOf(tenant)).signers.get(signerSlot(purpose, algorithm));
      if (opened === undefined)
        throw new NoActiveSigningKey(`no active ${algorithm} key for ${purpose} in tenant ${tenant}`);
      return opened.signer;
    },
    published: async (tenant, purpose) => (await keysOf(tenant)).published[purpose],
    changedAt: async (tenant) => (await keysOf(tenant)).changedAt,
    verificationKeys: async (tenant) => (await keysOf(tenant)).verification,
  };
};
