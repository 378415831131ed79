import { present } from '../activity/present.ts';
import { type JsonObject, member } from '../json.ts';
import { fail, ok, type Result } from '../result.ts';
import { isSignatureAlgorithm, keyFits } from './algorithms.ts';
import { assessEcKey } from './assess-ec-key.ts';
import { assessEd25519Key } from './assess-ed25519-key.ts';
import { assessRsaKey } from './assess-rsa-key.ts';
import { type PublicJwk, privateMemberOf } from './jwk.ts';
import { isKid, kidRule } from './kid.ts';

/** A JWK that may verify signatures, narrowed to what is needed for that. */
export interface AssessedJwk {
  readonly jwk: PublicJwk;
  readonly kid: string | null;
  /** When the key names one, only that algorithm may be verified with it. */
  readonly alg: string | null;
  readonly crv: string | null;
}

/** What a key material check needs to see, and what it gives back. */
const assessments = {
  RSA: assessRsaKey,
  EC: assessEcKey,
  OKP: assessEd25519Key,
} as const satisfies Record<PublicJwk['kty'], (jwk: JsonObject) => Result<PublicJwk, string>>;

/**
 * Whether a third party's JWK is a strong, well-formed public key for verifying signatures (ST-06, ST-07, AD-09; A10 to
 * A12, A14), and the key narrowed to its public members. The error is a sentence about the key that never quotes key
 * material; it starts with `private` when the key carries a private or secret half. That an EC point lies on its curve is
 * left to whoever imports the key.
 */
export const assessJwk = (jwk: JsonObject): Result<AssessedJwk, string> => {
  const exposed = privateMemberOf(jwk);
  if (exposed !== null) {
    return fail(
      `private key material is exposed in the member ${exposed}; replace this key at its owner at once`,
    );
  }
  const kty = member(jwk, 'kty');
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP')
    return fail(`kty ${present(kty)} is not one of RSA, EC, OKP`);

  const use = member(jwk, 'use');
  if (use !== undefined && use !== 'sig')
    return fail(`use ${present(use)} is not sig: the key is for something else`);
  const operations = member(jwk, 'key_ops');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return fail(`key_ops ${present(operations)} does not contain verify`);
  }
  const kid = member(jwk, 'kid');
  if (kid !== undefined && !isKid(kid)) {
    return fail(`kid ${present(kid)} is not ${kidRule}`);
  }

  const material = assessments[kty](jwk);
  if (!material.ok) return material;
  const crv = material.value.crv ?? null;

  const alg = member(jwk, 'alg');
  if (alg !== undefined && !(isSignatureAlgorithm(alg) && keyFits({ kty, crv, alg: null }, alg))) {
    return fail(`alg ${present(alg)} is not a signature algorithm for this kind of key`);
  }
  return ok({
    jwk: {
      ...material.value,
      ...(kid === undefined ? {} : { kid }),
      ...(alg === undefined ? {} : { alg }),
      ...(use === undefined ? {} : { use }),
    },
    kid: kid ?? null,
    alg: alg ?? null,
    crv,
  });
};
