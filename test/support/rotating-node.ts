import { randomBytes, randomUUID } from 'node:crypto';
import { createLocalSigningBackend } from '../../src/adapters/signing/local.ts';
import { rotationPolicies, type RotationSettings } from '../../src/core/signing-keys/rotation-policies.ts';
import type { SigningKey } from '../../src/core/signing-keys/signing-key.ts';
import { createTenantSigningKeys } from '../../src/keys/create-signing-keys.ts';
import { createKeyRing, type KeyRing } from '../../src/keys/key-ring-view.ts';
import type { SigningKeyRotation } from '../../src/keys/rotate-signing-keys.ts';
import type { SigningBackend } from '../../src/ports/signing-backend.ts';
import type { Storage } from '../../src/ports/storage.ts';
import type { ManualClock } from './manual-clock.ts';
import { sampleTenant } from './stored-samples.ts';

/** A rotation whose steps follow each other within hours. */
export const briskRotation: RotationSettings = {
  rotateAfterDays: 0.1,
  publishAheadSeconds: 600,
  publishedMaxAgeSeconds: 300,
};

/** Milliseconds, for clocks that are moved on. */
export const minutes = (count: number): number => count * 60_000;

/** A local backend that counts what it makes and destroys, and can be kept from making keys. */
export interface CountingBackend extends SigningBackend {
  readonly made: readonly string[];
  readonly destroyed: readonly string[];
  readonly breakWith: (fault: Error | null) => void;
}

/** Creates a {@link CountingBackend}; nodes of one cluster share their key-encryption key. */
export const createCountingBackend = (keyEncryptionKey: Uint8Array = randomBytes(32)): CountingBackend => {
  const local = createLocalSigningBackend({ keyEncryptionKey });
  const made: string[] = [];
  const destroyed: string[] = [];
  let fault: Error | null = null;
  return {
    made,
    destroyed,
    breakWith: (next) => {
      fault = next;
    },
    generate: async (purpose, algorithm) => {
      if (fault !== null) throw fault;
      const key = await local.generate(purpose, algorithm);
      made.push(key.sealedPrivateKey);
      return key;
    },
    open: (key) => local.open(key),
    destroy: async ({ sealedPrivateKey }) => void destroyed.push(sealedPrivateKey),
  };
};

/** What one server does about signing keys: it rotates them, and knows them. */
export interface RotatingNode {
  readonly rotation: SigningKeyRotation;
  readonly ring: KeyRing;
  readonly backend: CountingBackend;
  /** Every key of the tenant as the store has it. */
  readonly keys: () => Promise<readonly SigningKey[]>;
  readonly faults: unknown[];
}

/** Creates a node on `storage`. */
export const createRotatingNode = ({
  storage,
  clock,
  backend = createCountingBackend(),
  settings = briskRotation,
  tenant = 'default',
}: {
  readonly storage: Storage;
  readonly clock: ManualClock;
  readonly backend?: CountingBackend;
  readonly settings?: RotationSettings;
  readonly tenant?: string;
}): RotatingNode => {
  const policies = rotationPolicies(settings);
  const faults: unknown[] = [];
  const reportFault = (error: unknown): void => void faults.push(error);
  const ring = createKeyRing({ signingKeys: storage.signingKeys, backend, clock, policies, reportFault });
  return {
    rotation: {
      storage,
      backend,
      clock,
      newId: randomUUID,
      policies,
      changed: async (name) => void ring.reload(name).catch(reportFault),
    },
    ring,
    backend,
    keys: () => storage.signingKeys.listOf(tenant),
    faults,
  };
};

/** Puts a tenant with its first keys into the store. */
export const insertTenantWithKeys = async (
  storage: Storage,
  backend: SigningBackend,
  clock: ManualClock,
  tenant = 'default',
): Promise<void> => {
  const keys = await createTenantSigningKeys({ backend, clock }, tenant);
  await storage.transaction(async (stores) => {
    await stores.tenants.insert(sampleTenant({ name: tenant, createdAt: clock.now() }));
    for (const key of keys) await stores.signingKeys.insert(key);
    await stores.signingKeys.raiseSpiffeSequence(tenant, clock.now());
  });
};

/** `ES256 active`, oldest first: the shape of the keys of one purpose. */
export const statesOf = (
  keys: readonly SigningKey[],
  purpose: SigningKey['purpose'] = 'access-token',
): readonly string[] =>
  keys.filter((key) => key.purpose === purpose).map(({ algorithm, state }) => `${algorithm} ${state}`);
