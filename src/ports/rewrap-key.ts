import type { SigningKey } from '../core/signing-keys/signing-key.ts';

/**
 * The private half of a stored key, encrypted under the new key-encryption key; `null` where it is so already, or rests
 * elsewhere. Throws `CannotOpenSigningKey`.
 */
export type RewrapKey = (
  key: Pick<SigningKey, 'kid' | 'purpose' | 'algorithm' | 'sealedPrivateKey'>,
) => string | null;
