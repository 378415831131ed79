import { accessTokenAlgorithms } from '../core/jwt/algorithms.ts';
import type { KeyPurpose, SigningKey } from '../core/signing-keys/signing-key.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { GeneratedKey, SigningBackend } from '../ports/signing-backend.ts';

const purposes = ['access-token', 'jwt-svid'] as const satisfies readonly KeyPurpose[];

/** A place a tenant has one active key for, and at most one prepared one. */
export type SigningKeySlot = Pick<SigningKey, 'purpose' | 'algorithm'>;

/** Every place a tenant has keys for (contract §4). */
export const signingKeySlots: readonly SigningKeySlot[] = purposes.flatMap((purpose) =>
  accessTokenAlgorithms.map((algorithm) => ({ purpose, algorithm })),
);

/** A key that was just made, prepared. */
export const newSigningKey = (
  tenant: string,
  { purpose, algorithm }: SigningKeySlot,
  { publicJwk, sealedPrivateKey }: GeneratedKey,
  now: EpochMilliseconds,
): SigningKey => ({
  tenant,
  kid: publicJwk.kid,
  purpose,
  algorithm,
  publicJwk,
  sealedPrivateKey,
  state: 'prepared',
  createdAt: now,
  activatedAt: null,
  retiredAt: null,
});

/**
 * Makes the first signing keys of a tenant: one for each purpose and algorithm (contract §4), active at once, since nobody
 * can have fetched a set without them. Call it outside any transaction; the caller inserts them.
 */
export const createTenantSigningKeys = async (
  {
    backend,
    clock,
  }: { readonly backend: Pick<SigningBackend, 'generate'>; readonly clock: Pick<Clock, 'now'> },
  tenant: string,
): Promise<readonly SigningKey[]> => {
  const now = clock.now();
  return Promise.all(
    signingKeySlots.map(async (slot): Promise<SigningKey> => {
      const made = await backend.generate(slot.purpose, slot.algorithm);
      return { ...newSigningKey(tenant, slot, made, now), state: 'active', activatedAt: now };
    }),
  );
};
