import { constants, type KeyObject, verify } from 'node:crypto';
import {
  type AlgorithmDefinition,
  keyFits,
  signatureAlgorithms,
  type SignatureAlgorithm,
} from '../../core/jwt/algorithms.ts';
import type { VerificationKey } from '../../ports/signature-verifier.ts';

/** What {@link VerificationKey.handle} is here. */
export interface PreparedKey {
  readonly key: KeyObject;
  /** The one length a signature under this key has, in octets. */
  readonly signatureBytes: number;
}

/**
 * Whether `signature` over `signingInput` is good under exactly this algorithm (RFC 7518 §3.3 to §3.5, RFC 8037 §3.1).
 *
 * A key of another kind or curve, or pinned to another algorithm, verifies nothing (A03, ST-06, CA-17); nor does a
 * signature of another length than the only one possible, such as DER where r‖s belongs (A13).
 */
export const verifySignature = (
  algorithm: SignatureAlgorithm,
  verificationKey: VerificationKey,
  signingInput: string,
  signature: Uint8Array,
): boolean => {
  const definition: AlgorithmDefinition = signatureAlgorithms[algorithm];
  const { key, signatureBytes } = verificationKey.handle as PreparedKey;
  if (!keyFits(verificationKey, algorithm) || signature.length !== signatureBytes) return false;
  // Base64url and dots only, so one octet for each character.
  const message = Buffer.from(signingInput, 'latin1');
  try {
    return verify(definition.hash, message, { key, ...encodingOf(definition) }, signature);
  } catch {
    // OpenSSL reports some bad signatures as an error instead of `false`.
    return false;
  }
};

const encodingOf = (definition: AlgorithmDefinition) => {
  if (definition.kty === 'EC') return { dsaEncoding: 'ieee-p1363' } as const;
  if (definition.padding === 'pss') {
    // The salt is as long as the digest, neither shorter nor longer (RFC 7518 §3.5).
    return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  }
  if (definition.padding === 'pkcs1') return { padding: constants.RSA_PKCS1_PADDING };
  return {};
};
