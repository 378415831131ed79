import type { AccessTokenAlgorithm } from '../core/jwt/algorithms.ts';
import type { PublicJwk } from '../core/jwt/jwk.ts';
import type { KeyPurpose, SigningKey } from '../core/signing-keys/signing-key.ts';

/** A fresh key pair whose private half never left the backend in the clear. */
export interface GeneratedKey {
  readonly publicJwk: PublicJwk & { readonly kid: string };
  /** The private half encrypted, or the name it has in the backend: safe to store, and of use to this backend alone. */
  readonly sealedPrivateKey: string;
}

/** Signs raw bytes with one key. */
export interface Signer {
  readonly kid: string;
  readonly algorithm: AccessTokenAlgorithm;
  /** The JWS signature value over `signingInput` (RFC 7518 §3.3, §3.4: raw r‖s for ES256). */
  sign(signingInput: string): Promise<Uint8Array>;
}

/** Thrown by {@link SigningBackend.open} when the sealed key cannot be opened: wrong key-encryption key, tampering, or gone from the backend. */
export class CannotOpenSigningKey extends Error {
  override readonly name = 'CannotOpenSigningKey';
}

/** Holds private signing keys; the only place that signs. */
export interface SigningBackend {
  /** Makes a key pair off the event loop. `kid` is the RFC 7638 thumbprint. */
  generate(purpose: KeyPurpose, algorithm: AccessTokenAlgorithm): Promise<GeneratedKey>;
  /** Opens a stored key; {@link CannotOpenSigningKey} when that is impossible. */
  open(key: Pick<SigningKey, 'kid' | 'purpose' | 'algorithm' | 'sealedPrivateKey'>): Promise<Signer>;
  /**
   * Ends the private half where it rests in the backend itself; one that is gone already is as good. Never throws: its row
   * is gone, so what stays behind is for the operator to hear of and for nobody to wait for.
   */
  destroy(key: Pick<SigningKey, 'sealedPrivateKey'>): Promise<void>;
}
