import { type AccessTokenAlgorithm, accessTokenAlgorithms } from '../core/jwt/algorithms.ts';
import type { KeyPurpose, SigningKey } from '../core/signing-keys/signing-key.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { GeneratedKey, SigningBackend } from '../ports/signing-backend.ts';

const purposes = ['access-token', 'jwt-svid'] as const satisfies readonly KeyPurpose[];

/** Every place a tenant has a key for (contract §4). */
export const signingKeySlots: readonly Pick<SigningKey, 'purpose' | 'algorithm'>[] = purposes.flatMap(
  (purpose) => accessTokenAlgorithms.map((algorithm) => ({ purpose, algorithm })),
);

/** A key that was just made, prepared. */
export const newSigningKey = (
  tenant: string,
  purpose: KeyPurpose,
  algorithm: AccessTokenAlgorithm,
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
    signingKeySlots.map(async ({ purpose, algorithm }): Promise<SigningKey> => {
      const made = await backend.generate(purpose, algorithm);
      return { ...newSigningKey(tenant, purpose, algorithm, made, now), state: 'active', activatedAt: now };
    }),
  );
};
