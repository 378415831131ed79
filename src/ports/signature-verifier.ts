import type { SignatureAlgorithm } from '../core/jwt/algorithms.ts';
import type { JsonObject } from '../core/json.ts';
import type { Result } from '../core/result.ts';

/** A public key that was checked for strength and is ready to verify with. */
export interface VerificationKey {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly crv: string | null;
  readonly kid: string | null;
  /** `alg` of the JWK; when set, only this algorithm may be verified with it. */
  readonly alg: string | null;
  /** RFC 7638 SHA-256 thumbprint, base64url. */
  readonly thumbprint: string;
  /** Private to the verifier. */
  readonly handle: unknown;
}

/** Verifies JWS signatures; the only place that does. */
export interface SignatureVerifier {
  /** Checks strength and validity of a JWK (A11, A12, AD-09) and prepares it. The error says what is wrong with it. */
  importKey(jwk: JsonObject): Result<VerificationKey, string>;
  /** Whether `signature` over `signingInput` is good under exactly this algorithm. Never throws for bad input. */
  verify(
    algorithm: SignatureAlgorithm,
    key: VerificationKey,
    signingInput: string,
    signature: Uint8Array,
  ): Promise<boolean>;
}
