import type { AccessTokenAlgorithm } from '../core/jwt/algorithms.ts';
import type { PublicJwk } from '../core/jwt/jwk.ts';
import type { KeyPurpose, SigningKey } from '../core/signing-keys/signing-key.ts';

/** A fresh key pair whose private half never left the backend in the clear. */
export interface GeneratedKey {
  readonly publicJwk: PublicJwk & { readonly kid: string };
  /** Encrypted private half, safe to store; only this backend with the same key-encryption key can open it. */
  readonly sealedPrivateKey: string;
}

/** Signs raw bytes with one key. */
export interface Signer {
  readonly kid: string;
  readonly algorithm: AccessTokenAlgorithm;
  /** The JWS signature value over `signingInput` (RFC 7518 §3.3, §3.4: raw r‖s for ES256). */
  sign(signingInput: string): Promise<Uint8Array>;
}

/** Thrown by {@link SigningBackend.open} when the sealed key cannot be opened: wrong key-encryption key or tampering. */
export class CannotOpenSigningKey extends Error {
  override readonly name = 'CannotOpenSigningKey';
}

/** Holds private signing keys; the only place that signs. */
export interface SigningBackend {
  /** Makes a key pair off the event loop. `kid` is the RFC 7638 thumbprint. */
  generate(purpose: KeyPurpose, algorithm: AccessTokenAlgorithm): Promise<GeneratedKey>;
  /** Opens a stored key; {@link CannotOpenSigningKey} when that is impossible. */
  open(key: Pick<SigningKey, 'kid' | 'purpose' | 'algorithm' | 'sealedPrivateKey'>): Promise<Signer>;
}
