import type { AccessTokenAlgorithm } from '../core/jwt/algorithms.ts';
import { nextChange } from '../core/signing-keys/next-change.ts';
import { isExpired, type RotationPolicy } from '../core/signing-keys/plan-rotation.ts';
import type { PublishedKey } from '../core/signing-keys/published-keys.ts';
import { longestUnheardSeconds } from '../core/signing-keys/rotation-policies.ts';
import type { KeyPurpose } from '../core/signing-keys/signing-key.ts';
import type { Clock } from '../ports/clock.ts';
import type { SigningKeyState } from '../ports/metrics-sources.ts';
import type { CannotOpenSigningKey, SigningBackend } from '../ports/signing-backend.ts';
import type { SigningKeyStore } from '../ports/stores.ts';
import { signingKeySlots } from './create-signing-keys.ts';
import { findFault, isEmpty, openTenantKeys, signerSlot, type TenantKeys } from './open-tenant-keys.ts';
import type { JwtSigner } from './sign-jwt.ts';

/**
 * Thrown when a tenant has no active key to sign with, or none that opens, which is the cause then: nothing can be issued
 * and the server is not ready (A70).
 */
export class NoActiveSigningKey extends Error {
  override readonly name = 'NoActiveSigningKey';
}

/**
 * The signing keys of every tenant as this node knows them. A tenant is read at first use and kept, and looked at again
 * now and then. While the store is down, what was read goes on being published, and on signing for a while.
 */
export interface KeyRing {
  /** Reads and opens the keys of `tenant` unless that was done; throws what prevents it (`CannotOpenSigningKey`, a fault of the store). */
  load(tenant: string): Promise<void>;
  /**
   * Reads the keys of `tenant` again. What is known serves until then, and on when the store is out of reach; keys that
   * cannot be opened are published all the same. Throws either.
   */
  reload(tenant: string): Promise<void>;
  /** {@link reload} for every tenant that was ever read; for when changes may have been missed. */
  reloadAll(): Promise<void>;
  /** The keys of `tenant` changed: nothing known serves any more. A read that began before is not believed (A66). */
  forget(tenant: string): void;
  /**
   * The key to sign with now. Throws {@link NoActiveSigningKey} where there is none, or it is too old or was never opened
   * here, and what keeps the store from being read where that was not done for {@link longestUnheardSeconds} (A70).
   */
  signer(tenant: string, purpose: KeyPurpose, algorithm: AccessTokenAlgorithm): Promise<JwtSigner>;
  /** Throws what would keep any {@link signer} of `tenant` from signing now, or after the next start. */
  requireSigners(tenant: string): Promise<void>;
  /** The keys to publish, oldest first; the same array until something changes. Empty: no such tenant. */
  published(tenant: string, purpose: KeyPurpose): Promise<readonly PublishedKey[]>;
  /** The sequence of the SPIFFE bundle of `tenant`, the same on every node (SV-20). */
  spiffeSequence(tenant: string): Promise<number>;
  /**
   * The keys our own access tokens may have been signed with, retired ones and prepared ones too: another node may sign
   * with a key before this one hears that it is active. The same array until something changes.
   */
  verificationKeys(tenant: string): Promise<readonly PublishedKey[]>;
  /** The keys that sign in the tenants known now; nothing is read for it. */
  readonly states: () => readonly SigningKeyState[];
}

interface Entry {
  /** What was read last, believed or not: keys opened then need not be opened again. */
  readonly last: TenantKeys | null;
  /** What is believed, or being read for everybody who waits; `null` once forgotten. */
  readonly current: Promise<TenantKeys> | null;
  /** The number of the read behind {@link current}, or of the forgetting. An older read is out of date. */
  readonly turn: number;
  /** When the read behind {@link current} began, by the monotonic clock. */
  readonly readAt: number;
  /** From when on the next use looks at the store again. */
  readonly lookAgainAt: number;
}

/** News of changes comes by the revisions within a second; this finds what was missed all the same. */
const lookAgainAfterMs = { done: 10_000, failed: 1000 } as const;

const lookAgainAfter = (keys: TenantKeys): number =>
  findFault(keys) === null ? lookAgainAfterMs.done : lookAgainAfterMs.failed;

/** Creates the view of the signing keys in `signingKeys`, opened by `backend`. */
export const createKeyRing = ({
  signingKeys,
  backend,
  clock,
  policies,
  reportFault,
}: {
  readonly signingKeys: Pick<SigningKeyStore, 'readSet'>;
  readonly backend: Pick<SigningBackend, 'open'>;
  readonly clock: Clock;
  readonly policies: Readonly<Record<KeyPurpose, RotationPolicy>>;
  /** Told when keys could not be looked at again, once until they could. */
  readonly reportFault: (error: unknown) => void;
}): KeyRing => {
  const entries = new Map<string, Entry>();
  const looking = new Map<string, Promise<CannotOpenSigningKey | null>>();
  const failing = new Set<string>();
  let turns = 0;
  const nextTurn = (): number => {
    turns += 1;
    return turns;
  };

  const read = async (tenant: string, last: TenantKeys | null): Promise<TenantKeys> =>
    openTenantKeys(backend, await signingKeys.readSet(tenant), last);

  const settle = (tenant: string, entry: Entry): void => {
    const known = entries.get(tenant);
    if (known !== undefined && known.turn > entry.turn) return;
    // Names that strangers made up leave nothing behind.
    const wasEver = known !== undefined && known.last !== null;
    if (wasEver || (entry.last !== null && !isEmpty(entry.last))) entries.set(tenant, entry);
    else entries.delete(tenant);
  };

  /** Reads again; gives why an active key cannot be opened, and throws only where the store is out of reach. */
  const readAgain = async (tenant: string): Promise<CannotOpenSigningKey | null> => {
    const turn = nextTurn();
    const readAt = clock.monotonic();
    try {
      const keys = await read(tenant, entries.get(tenant)?.last ?? null);
      const lookAgainAt = readAt + lookAgainAfter(keys);
      settle(tenant, { last: keys, current: Promise.resolve(keys), turn, readAt, lookAgainAt });
      const fault = findFault(keys);
      if (fault === null) failing.delete(tenant);
      return fault;
    } catch (error) {
      const entry = entries.get(tenant);
      const lookAgainAt = clock.monotonic() + lookAgainAfterMs.failed;
      if (entry !== undefined) entries.set(tenant, { ...entry, lookAgainAt });
      throw error;
    }
  };

  const reload = async (tenant: string): Promise<void> => {
    const fault = await readAgain(tenant);
    if (fault !== null) throw fault;
  };

  /** {@link readAgain}, once for everybody who wants it at the same time. */
  const lookAgain = (tenant: string): Promise<CannotOpenSigningKey | null> => {
    const known = looking.get(tenant);
    if (known !== undefined) return known;
    const look = readAgain(tenant).finally(() => void looking.delete(tenant));
    looking.set(tenant, look);
    return look;
  };

  const lookAgainBeside = (tenant: string): void => void reportOnce(tenant, () => lookAgain(tenant));

  const reportOnce = async (tenant: string, look: () => Promise<unknown>): Promise<void> => {
    const fault = await look().catch((error: unknown) => error);
    if (fault === null) return;
    if (!failing.has(tenant)) reportFault(fault);
    failing.add(tenant);
  };

  const keysOf = (tenant: string): Promise<TenantKeys> => {
    const entry = entries.get(tenant);
    if (entry?.current) {
      if (clock.monotonic() >= entry.lookAgainAt) lookAgainBeside(tenant);
      return entry.current;
    }
    const last = entry?.last ?? null;
    const turn = nextTurn();
    const readAt = clock.monotonic();
    const current = read(tenant, last);
    const reading: Entry = { last, current, turn, readAt, lookAgainAt: readAt + lookAgainAfterMs.done };
    entries.set(tenant, reading);
    current.then(
      (keys) => settle(tenant, { ...reading, last: keys, lookAgainAt: readAt + lookAgainAfter(keys) }),
      () => settle(tenant, { ...reading, current: null }),
    );
    return current;
  };

  /** Not the keys of a node that has heard nothing for so long that they may be gone elsewhere. */
  const signingKeysOf = async (tenant: string): Promise<TenantKeys> => {
    const entry = entries.get(tenant);
    if (entry?.current && clock.monotonic() - entry.readAt >= longestUnheardSeconds * 1000)
      await lookAgain(tenant);
    return keysOf(tenant);
  };

  const signerIn = (
    { signers }: TenantKeys,
    tenant: string,
    purpose: KeyPurpose,
    algorithm: AccessTokenAlgorithm,
  ): JwtSigner => {
    const active = signers.get(signerSlot(purpose, algorithm));
    if (active === undefined)
      throw new NoActiveSigningKey(`no active ${algorithm} key for ${purpose} in tenant ${tenant}`);
    const { row, signer, fault } = active;
    const key = `the active ${algorithm} key for ${purpose} in tenant ${tenant}`;
    if (isExpired(row, policies[purpose], clock.now()))
      throw new NoActiveSigningKey(`${key} is too old to sign: ${row.kid}`);
    if (signer === null)
      throw new NoActiveSigningKey(`${key} cannot be opened: ${row.kid}`, { cause: fault });
    return signer;
  };

  return {
    load: async (tenant) => {
      const fault = findFault(await keysOf(tenant));
      if (fault !== null) throw fault;
    },
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
      if (entry !== undefined) entries.set(tenant, { ...entry, current: null, turn: nextTurn() });
    },
    signer: async (tenant, purpose, algorithm) =>
      signerIn(await signingKeysOf(tenant), tenant, purpose, algorithm),
    requireSigners: async (tenant) => {
      const keys = await signingKeysOf(tenant);
      for (const { purpose, algorithm } of signingKeySlots) signerIn(keys, tenant, purpose, algorithm);
      const fault = findFault(keys);
      if (fault !== null) throw fault;
    },
    published: async (tenant, purpose) => (await keysOf(tenant)).published[purpose],
    spiffeSequence: async (tenant) => (await keysOf(tenant)).spiffeSequence,
    verificationKeys: async (tenant) => (await keysOf(tenant)).published['access-token'],
    states: () =>
      [...entries].flatMap(([tenant, { last }]) =>
        [...(last?.signers.values() ?? [])].map(({ row }) => ({
          tenant,
          purpose: row.purpose,
          algorithm: row.algorithm,
          signsSince: row.activatedAt ?? row.createdAt,
          retiresAt: nextChange(row, last?.rows ?? [], policies[row.purpose], clock.now()).at,
        })),
      ),
  };
};
