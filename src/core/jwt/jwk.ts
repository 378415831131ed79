import type { JsonObject } from '../json.ts';

/** A public JSON Web Key (RFC 7517 §4) as stored and published; private members are never in one of these. */
export interface PublicJwk {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly kid?: string;
  readonly alg?: string;
  readonly use?: string;
  readonly n?: string;
  readonly e?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
}

/** A JWK Set of public keys (RFC 7517 §5). */
export interface PublicJwkSet {
  readonly keys: readonly PublicJwk[];
}

/** Private or secret halves (RFC 7518 §6.2.2, §6.3.2, §6.4; `priv` is that of AKP keys). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const;

/** The first member of `jwk` that must never leave its owner (A10), or `null` where the key is public. */
export const privateMemberOf = (jwk: JsonObject): string | null =>
  privateMembers.find((name) => Object.hasOwn(jwk, name)) ?? null;
