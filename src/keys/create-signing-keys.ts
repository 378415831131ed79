import { accessTokenAlgorithms } from '../core/jwt/algorithms.ts';
import type { KeyPurpose, SigningKey } from '../core/signing-keys/signing-key.ts';
import type { Clock } from '../ports/clock.ts';
import type { SigningBackend } from '../ports/signing-backend.ts';

const purposes = ['access-token', 'jwt-svid'] as const satisfies readonly KeyPurpose[];

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
  const wanted = purposes.flatMap((purpose) =>
    accessTokenAlgorithms.map((algorithm) => ({ purpose, algorithm })),
  );
  return Promise.all(
    wanted.map(async ({ purpose, algorithm }): Promise<SigningKey> => {
      const { publicJwk, sealedPrivateKey } = await backend.generate(purpose, algorithm);
      return {
        tenant,
        kid: publicJwk.kid,
        purpose,
        algorithm,
        publicJwk,
        sealedPrivateKey,
        state: 'active',
        createdAt: now,
        activatedAt: now,
        retiredAt: null,
      };
    }),
  );
};
