import { type KeyKind, keyFits, type SignatureAlgorithm } from '../jwt/algorithms.ts';
import { isKid, kidRule } from '../jwt/kid.ts';
import type { PublicJwk } from '../jwt/jwk.ts';
import { fail, ok, type Result } from '../result.ts';
import type { EpochMilliseconds } from '../time.ts';
import { problem, type RegistrationProblem } from '../trust/registration-problem.ts';
import type { AccountKey } from './account-key.ts';

/** A public key that was found strong enough and valid for its type. */
export interface PublicKeyMaterial extends KeyKind {
  /** Only the members that make the key. */
  readonly publicJwk: PublicJwk;
  readonly kid: string | null;
  /** RFC 7638 SHA-256 thumbprint. */
  readonly thumbprint: string;
}

/** What its owner says of a key; `null`: nothing. */
export interface AccountKeyWish {
  readonly algorithm: SignatureAlgorithm | null;
  readonly kid: string | null;
  readonly expiresAt: EpochMilliseconds | null;
}

/** An account key whose every invariant holds; what is left is whose and when. */
export type AccountKeyDraft = Pick<
  AccountKey,
  'kid' | 'thumbprint' | 'algorithm' | 'publicJwk' | 'expiresAt'
>;

/** Pins a key to one algorithm and names it (CA-17, AD-09); all problems at once. */
export const parseAccountKey = (
  material: PublicKeyMaterial,
  wish: AccountKeyWish,
  now: EpochMilliseconds,
): Result<AccountKeyDraft, readonly RegistrationProblem[]> => {
  const algorithm = modern(wish.algorithm ?? algorithmOf(material));
  const kid = wish.kid ?? material.kid ?? material.thumbprint;
  const problems = [
    ...(keyFits(material, algorithm)
      ? []
      : [problem('/algorithm', `${algorithm} is not an algorithm of this key, ${describeKind(material)}.`)]),
    ...(isKid(kid) ? [] : [problem('/kid', `A kid is ${kidRule}.`)]),
    ...refuseExpiry(wish.expiresAt, now),
  ];
  if (problems.length > 0) return fail(problems);
  const { publicJwk, thumbprint } = material;
  return ok({ kid, thumbprint, algorithm, publicJwk, expiresAt: wish.expiresAt });
};

/** A key that is accepted never again would be a slip of the pen; to end one now there is `status`. */
export const refuseExpiry = (
  expiresAt: EpochMilliseconds | null,
  now: EpochMilliseconds,
): readonly RegistrationProblem[] =>
  expiresAt === null || expiresAt > now
    ? []
    : [problem('/expiresAt', 'This time is over. Give one that is ahead, or disable or delete the key.')];

/** What a key is used with when nobody says: the name it carries, else the usual one of its kind. */
const algorithmOf = ({ kty, crv, alg }: PublicKeyMaterial): SignatureAlgorithm => {
  if (alg !== null) return alg as SignatureAlgorithm;
  if (kty === 'RSA') return 'RS256';
  if (kty === 'OKP') return 'Ed25519';
  return crv === 'P-384' ? 'ES384' : crv === 'P-521' ? 'ES512' : 'ES256';
};

/** RFC 9864 §2.2: one algorithm, one name. */
const modern = (algorithm: SignatureAlgorithm): SignatureAlgorithm =>
  algorithm === 'EdDSA' ? 'Ed25519' : algorithm;

const describeKind = ({ kty, crv, alg }: KeyKind): string =>
  [`${kty}${crv === null ? '' : ` on ${crv}`}`, ...(alg === null ? [] : [`whose alg is ${alg}`])].join(', ');
