import type { PublicJwk } from './jwk.ts';

/** The members that make up a thumbprint, in lexicographic order (RFC 7638 §3.2; RFC 8037 §2). */
const requiredMembers = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
} as const satisfies Record<PublicJwk['kty'], readonly (keyof PublicJwk)[]>;

/**
 * What is hashed for the thumbprint of a key (RFC 7638 §3): its required members alone, sorted, without white space.
 * Other members and their order change nothing (MD-12). The values are base64url or names, so no escaping can occur.
 */
export const thumbprintInput = (jwk: PublicJwk): string =>
  JSON.stringify(Object.fromEntries(requiredMembers[jwk.kty].map((name) => [name, jwk[name]])));
