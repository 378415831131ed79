import { type JsonObject, type JsonValue, member } from '../json.ts';
import { fail, ok, type Result } from '../result.ts';
import { decodeBase64Url, encodeBase64Url } from './base64url.ts';
import { toBigInteger } from './big-integer.ts';
import type { PublicJwk } from './jwk.ts';

const minModulusBits = 2048;
const maxModulusBits = 4096;
const minExponent = 65_537n;
const maxExponent = 2n ** 32n;

/** The generator whose powers, modulo small primes, are the fingerprint of ROCA keys (CVE-2017-15361). */
const rocaGenerator = 65_537;

const rocaPrimes = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
  109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
] as const;

/**
 * Whether the RSA public key of `jwk` is worth verifying with (A11; ST-07): a modulus of 2048 to 4096 bits, odd and not of
 * the weak ROCA family; an exponent that is odd and from 65537 to 2^32. With e = 1 anyone can sign; e = 3 has a history of
 * forgeries; a huge one costs a huge verification. Leading zero octets, which some issuers write, are dropped.
 */
export const assessRsaKey = (jwk: JsonObject): Result<PublicJwk, string> => {
  const n = readInteger(member(jwk, 'n'), maxModulusBits / 8);
  const e = readInteger(member(jwk, 'e'), maxModulusBits / 8);
  if (n === null)
    return fail(`the RSA modulus n is missing, no canonical base64url, or above ${maxModulusBits} bits`);
  if (e === null) return fail('the RSA exponent e is missing or no canonical base64url');

  const bits = n.value.toString(2).length;
  if (bits < minModulusBits) return fail(`the RSA modulus has ${bits} bits, fewer than ${minModulusBits}`);
  if (n.value % 2n === 0n) return fail('the RSA modulus is even');
  if (e.value < minExponent || e.value > maxExponent || e.value % 2n === 0n) {
    return fail('the RSA exponent is not an odd number from 65537 to 2^32');
  }
  if (hasRocaFingerprint(n.value))
    return fail('the RSA modulus has the fingerprint of a ROCA key (CVE-2017-15361)');
  return ok({ kty: 'RSA', n: n.text, e: e.text });
};

/** The number in `value` and its minimal spelling (RFC 7518 §2, Base64urlUInt); `null` when it is none or too long. */
const readInteger = (
  value: JsonValue | undefined,
  maxBytes: number,
): { readonly value: bigint; readonly text: string } | null => {
  // Bounded before anything is decoded: two octets of slack for leading zeros.
  if (typeof value !== 'string' || value.length > Math.ceil(((maxBytes + 2) * 4) / 3)) return null;
  const bytes = decodeBase64Url(value);
  if (!bytes?.length) return null;
  const leadingZeros = bytes.findIndex((byte) => byte !== 0);
  if (leadingZeros === -1) return { value: 0n, text: 'AA' };
  const minimal = bytes.subarray(leadingZeros);
  if (minimal.length > maxBytes) return null;
  return { value: toBigInteger(minimal), text: leadingZeros === 0 ? value : encodeBase64Url(minimal) };
};

/** Every ROCA modulus is a power of the generator modulo each of the primes; of other moduli, one in 2^27 or so. */
const hasRocaFingerprint = (modulus: bigint): boolean =>
  rocaPrimes.every((prime) => powersOfGenerator(prime).has(Number(modulus % BigInt(prime))));

const powersOfGenerator = (prime: number): ReadonlySet<number> => {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * rocaGenerator) % prime) powers.add(power);
  return powers;
};
