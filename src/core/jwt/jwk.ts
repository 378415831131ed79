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
