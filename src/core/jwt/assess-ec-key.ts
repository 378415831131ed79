import { present } from '../activity/present.ts';
import { type JsonObject, type JsonValue, member } from '../json.ts';
import { fail, ok, type Result } from '../result.ts';
import { toBigInteger } from './big-integer.ts';
import { decodeBase64Url } from './base64url.ts';
import type { PublicJwk } from './jwk.ts';

/** Octets of a coordinate (RFC 7518 §6.2.1.2) and the prime of the field (FIPS 186-5; SP 800-186 §3.2.1). */
const curves = {
  'P-256': { bytes: 32, prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n },
  'P-384': { bytes: 48, prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n },
  'P-521': { bytes: 66, prime: 2n ** 521n - 1n },
} as const;

/**
 * Whether the coordinates of `jwk` have exactly the length of a curve we verify on and lie in its field (A12). A point of
 * another curve under this name, and the point at infinity, do not lie on the curve: the import finds that.
 */
export const assessEcKey = (jwk: JsonObject): Result<PublicJwk, string> => {
  const crv = member(jwk, 'crv');
  if (crv !== 'P-256' && crv !== 'P-384' && crv !== 'P-521') {
    return fail(`crv ${present(crv)} is not one of P-256, P-384, P-521`);
  }
  const x = readCoordinate(member(jwk, 'x'), crv);
  const y = readCoordinate(member(jwk, 'y'), crv);
  if (x === null || y === null) {
    return fail(
      `the coordinates x and y are not ${curves[crv].bytes} octets each, below the prime of ${crv}`,
    );
  }
  return ok({ kty: 'EC', crv, x, y });
};

const readCoordinate = (value: JsonValue | undefined, crv: keyof typeof curves): string | null => {
  if (typeof value !== 'string' || value.length > 100) return null;
  const bytes = decodeBase64Url(value);
  const isInField = bytes?.length === curves[crv].bytes && toBigInteger(bytes) < curves[crv].prime;
  return isInField ? value : null;
};
