import { present } from '../activity/present.ts';
import { type JsonObject, member } from '../json.ts';
import { fail, ok, type Result } from '../result.ts';
import { toBigInteger } from './big-integer.ts';
import { decodeBase64Url } from './base64url.ts';
import type { PublicJwk } from './jwk.ts';

const fieldPrime = 2n ** 255n - 19n;

/** The smaller y of the points of order 8; the other is its negative. */
const orderEightY = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;

/** The y coordinates of the eight points whose order divides 8; with such a key some signature fits any message (A12). */
const smallOrderY: readonly bigint[] = [0n, 1n, fieldPrime - 1n, orderEightY, fieldPrime - orderEightY];

/**
 * Whether `jwk` is an Ed25519 key (RFC 8037 §2) of 32 octets, in its one canonical spelling (RFC 8032 §5.1.3: y < p) and
 * not of small order.
 */
export const assessEd25519Key = (jwk: JsonObject): Result<PublicJwk, string> => {
  const crv = member(jwk, 'crv');
  if (crv !== 'Ed25519') return fail(`crv ${present(crv)} is not Ed25519`);
  const x = member(jwk, 'x');
  const bytes = typeof x === 'string' && x.length <= 100 ? decodeBase64Url(x) : null;
  if (typeof x !== 'string' || bytes?.length !== 32) return fail('the public key x is not 32 octets');
  // Little-endian; the highest bit is the sign of the other coordinate.
  const y = toBigInteger(bytes.toReversed()) & (2n ** 255n - 1n);
  if (y >= fieldPrime || smallOrderY.includes(y))
    return fail('the public key x is a point of small order or not canonical');
  return ok({ kty: 'OKP', crv, x });
};
