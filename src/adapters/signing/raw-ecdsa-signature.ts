const halfLength = 32;

/**
 * Rewrites a P-256 signature from DER (RFC 3279 §2.2.3) to the fixed r‖s of JWS (RFC 7518 §3.4).
 *
 * Signing in DER and converting here is steadily fast; asking node:crypto for r‖s was twice as slow on some releases.
 */
export const toRawEcdsaSignature = (der: Uint8Array): Uint8Array => {
  const raw = new Uint8Array(2 * halfLength);
  // 30 len 02 len r 02 len s; every length of a P-256 signature fits one byte.
  const rLength = der[3] ?? 0;
  const sStart = 6 + rLength;
  copyInteger(der.subarray(4, 4 + rLength), raw, halfLength);
  copyInteger(der.subarray(sStart, sStart + (der[sStart - 1] ?? 0)), raw, 2 * halfLength);
  return raw;
};

/** Puts a DER integer so that it ends at `end`: a leading zero of sign goes, missing zeros in front stay. */
const copyInteger = (integer: Uint8Array, target: Uint8Array, end: number): void => {
  const digits = integer.length > halfLength ? integer.subarray(integer.length - halfLength) : integer;
  target.set(digits, end - digits.length);
};
