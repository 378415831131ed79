import { createPublicKey, verify } from 'node:crypto';
import type { Seal } from '../../core/activity/seal.ts';

/** Octets of an ES256 signature (RFC 7518 §3.4); every seal is signed with that algorithm. */
const signatureBytes = 64;

/** Whether the signature of a seal is good under this public key. Never throws for a bad one. */
export const verifySeal = ({ alg, signingInput, signature }: Seal, jwk: unknown): boolean => {
  const { kty, crv, x, y } = (jwk ?? {}) as Readonly<Record<string, unknown>>;
  if (alg !== 'ES256' || kty !== 'EC' || crv !== 'P-256' || signature.length !== signatureBytes) return false;
  try {
    const key = createPublicKey({
      format: 'jwk',
      key: { kty, crv, x: String(x), y: String(y) },
    });
    return verify('sha256', Buffer.from(signingInput), { key, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    return false;
  }
};
