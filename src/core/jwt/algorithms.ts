/** What a JWS algorithm needs of its key (RFC 7518 §3.1; RFC 8037 §3.1; RFC 9864 §2.2). */
export interface AlgorithmDefinition {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly crv?: 'P-256' | 'P-384' | 'P-521' | 'Ed25519';
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
  readonly padding?: 'pkcs1' | 'pss';
}

/** Every signature algorithm this server verifies. No `none`, no HMAC: they are not in the table, so they are unknown. */
export const signatureAlgorithms = {
  RS256: { kty: 'RSA', hash: 'sha256', padding: 'pkcs1' },
  RS384: { kty: 'RSA', hash: 'sha384', padding: 'pkcs1' },
  RS512: { kty: 'RSA', hash: 'sha512', padding: 'pkcs1' },
  PS256: { kty: 'RSA', hash: 'sha256', padding: 'pss' },
  PS384: { kty: 'RSA', hash: 'sha384', padding: 'pss' },
  PS512: { kty: 'RSA', hash: 'sha512', padding: 'pss' },
  ES256: { kty: 'EC', crv: 'P-256', hash: 'sha256' },
  ES384: { kty: 'EC', crv: 'P-384', hash: 'sha384' },
  ES512: { kty: 'EC', crv: 'P-521', hash: 'sha512' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519', hash: null },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', hash: null },
} as const satisfies Record<string, AlgorithmDefinition>;

/** The name of a signature algorithm we verify. */
export type SignatureAlgorithm = keyof typeof signatureAlgorithms;

/** All names of {@link signatureAlgorithms}; the default allow-list for third-party tokens (contract §3). */
export const allSignatureAlgorithms = Object.keys(signatureAlgorithms) as readonly SignatureAlgorithm[];

/** What a JWT-SVID of anybody may be signed with: RS, PS and ES, and nothing JOSE learned later (JWT-SVID §2.1, SV-07). */
export const jwtSvidAlgorithms = allSignatureAlgorithms.filter(
  (algorithm) => signatureAlgorithms[algorithm].kty !== 'OKP',
);

/** Whether `value` names an algorithm we verify; exact and case-sensitive (RFC 7515 §4.1.1). */
export const isSignatureAlgorithm = (value: unknown): value is SignatureAlgorithm =>
  typeof value === 'string' && Object.hasOwn(signatureAlgorithms, value);

/** Whether both names stand for one algorithm: RFC 9864 §2.2 calls `Ed25519` what was `EdDSA`, there being no Ed448 here. */
export const sameAlgorithm = (one: string, other: string): boolean => modernName(one) === modernName(other);

const modernName = (algorithm: string): string => (algorithm === 'EdDSA' ? 'Ed25519' : algorithm);

/** What a key says of itself; `alg` is `null` where it names no algorithm. */
export interface KeyKind {
  readonly kty: string;
  readonly crv: string | null;
  readonly alg: string | null;
}

/** Whether `key` is of the kind and curve that `algorithm` needs, and not pinned to another one (ST-06, A03, CA-17). */
export const keyFits = (key: KeyKind, algorithm: SignatureAlgorithm): boolean => {
  const needed: AlgorithmDefinition = signatureAlgorithms[algorithm];
  return (
    key.kty === needed.kty &&
    (needed.crv === undefined || key.crv === needed.crv) &&
    (key.alg === null || sameAlgorithm(key.alg, algorithm))
  );
};

/** The algorithms our own access tokens may be signed with (AT-02). */
export const accessTokenAlgorithms = ['ES256', 'RS256'] as const;

/** An algorithm of {@link accessTokenAlgorithms}. */
export type AccessTokenAlgorithm = (typeof accessTokenAlgorithms)[number];
