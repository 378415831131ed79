import { createPrivateKey, type KeyObject } from 'node:crypto';
import { isSignatureAlgorithm, keyFits, type SignatureAlgorithm } from '../../core/jwt/algorithms.ts';
import { fail, ok, type Result } from '../../core/result.ts';

/** A private key and the algorithm it signs with. */
export interface SigningIdentity {
  readonly privateKey: KeyObject;
  readonly algorithm: SignatureAlgorithm;
}

/** By the curve, as OpenSSL names it. */
const algorithmOfCurve: Readonly<Record<string, SignatureAlgorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

/**
 * Reads a PEM private key: PKCS#8, PKCS#1 (`RSA PRIVATE KEY`) or SEC1 (`EC PRIVATE KEY`). Line ends written as `\n`, as
 * keys that went through a variable have them, are read too.
 *
 * @param algorithm as the credentials file says; `null` where it says nothing: RS256, or what the curve means
 * @returns a clause about what is wrong, which never quotes the key
 */
export const parsePrivateKey = (pem: string, algorithm: string | null): Result<SigningIdentity, string> => {
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(pem))
    return fail('the private key is encrypted with a password: decrypt it first, with  openssl pkey');
  if (/BEGIN (?:\w+ )*PUBLIC KEY|BEGIN CERTIFICATE/.test(pem))
    return fail('this is a public key, not a private one');
  const privateKey = readPem(pem.replaceAll(String.raw`\n`, '\n'));
  if (privateKey === null) return fail('the private key is not PEM of PKCS#8, PKCS#1 or SEC1');
  const usual = algorithmOf(privateKey);
  if (usual === null)
    return fail(
      'the private key is of a kind no algorithm here signs with: RSA, P-256, P-384, P-521 or Ed25519 are needed',
    );
  if (algorithm === null) return ok({ privateKey, algorithm: usual });
  if (!isSignatureAlgorithm(algorithm)) return fail('its algorithm is not one that the server verifies');
  return keyFits(kindOf(privateKey), algorithm)
    ? ok({ privateKey, algorithm })
    : fail(`its algorithm is ${algorithm}, and its private key is of another kind`);
};

const readPem = (pem: string): KeyObject | null => {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
};

const algorithmOf = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SignatureAlgorithm | null => {
  if (asymmetricKeyType === 'rsa') return 'RS256';
  if (asymmetricKeyType === 'ed25519') return 'Ed25519';
  return asymmetricKeyType === 'ec'
    ? (algorithmOfCurve[asymmetricKeyDetails?.namedCurve ?? ''] ?? null)
    : null;
};

const kindOf = (
  key: KeyObject,
): { readonly kty: string; readonly crv: string | null; readonly alg: null } => {
  const { kty = '', crv = null } = key.export({ format: 'jwk' });
  return { kty, crv, alg: null };
};
