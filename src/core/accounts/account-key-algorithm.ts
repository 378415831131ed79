import type { SignatureAlgorithm } from '../jwt/algorithms.ts';

/** The algorithms a key pair can be made for on behalf of an account (contract §5). */
export const accountKeyAlgorithms = [
  'ES256',
  'RS256',
  'Ed25519',
] as const satisfies readonly SignatureAlgorithm[];

/** One of {@link accountKeyAlgorithms}. */
export type AccountKeyAlgorithm = (typeof accountKeyAlgorithms)[number];
