import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { assessJwk } from '../../core/jwt/assess-jwk.ts';
import type { PublicJwk } from '../../core/jwt/jwk.ts';
import { thumbprintInput } from '../../core/jwt/thumbprint-input.ts';
import type { JsonObject } from '../../core/json.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { VerificationKey } from '../../ports/signature-verifier.ts';
import type { PreparedKey } from './verify-signature.ts';

/** Octets of a signature by curve (RFC 7518 §3.4, RFC 8037 §3.1); an RSA one is as long as its modulus. */
const signatureBytesOfCurve: Readonly<Record<string, number>> = {
  'P-256': 64,
  'P-384': 96,
  'P-521': 132,
  Ed25519: 64,
};

/** Checks a JWK ({@link assessJwk}), imports it, which also finds points off the curve (A12), and names it by its thumbprint. */
export const importKey = (jwk: JsonObject): Result<VerificationKey, string> => {
  const assessed = assessJwk(jwk);
  if (!assessed.ok) return assessed;
  const { jwk: publicJwk, kid, alg, crv } = assessed.value;
  const key = openPublicKey(publicJwk);
  if (key === null)
    return fail('the key is not valid for its type: its point is not on the curve, or it cannot be imported');
  const signatureBytes =
    crv === null
      ? Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
      : (signatureBytesOfCurve[crv] ?? 0);
  const handle: PreparedKey = { key, signatureBytes };
  const thumbprint = createHash('sha256').update(thumbprintInput(publicJwk)).digest('base64url');
  return ok({ kty: publicJwk.kty, crv, kid, alg, thumbprint, handle });
};

/** `null` for whatever node:crypto says against the key: a stranger's key set is no fault of ours. */
const openPublicKey = (jwk: PublicJwk): KeyObject | null => {
  try {
    return createPublicKey({ format: 'jwk', key: { ...jwk } });
  } catch {
    return null;
  }
};
