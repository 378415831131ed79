import { failed, grant, passed, refuse, type Verdict } from '../activity/check.ts';
import { everyVerdict } from '../activity/every-verdict.ts';
import { present } from '../activity/present.ts';
import { sameAlgorithm, type SignatureAlgorithm } from './algorithms.ts';
import { mediaSubtype } from './media-subtype.ts';
import type { JoseHeader } from './read-header.ts';

/** What a door accepts in a header. */
export interface HeaderPolicy {
  /** Comes from the registration, never from the token (A03). `EdDSA` and `Ed25519` count as one name (AD-09). */
  readonly algorithms: readonly SignatureAlgorithm[];
  /** As {@link mediaSubtype} writes them: lower-case, without `application/`. A token without `typ` always passes. */
  readonly types: readonly string[];
}

/** `typ` of a third-party token; anything else was made for another purpose (ST-28, RFC 8725 §3.11). */
export const thirdPartyTypes = ['jwt'] as const;

/** {@link thirdPartyTypes} for an issuer that puts `at+jwt` on every token, where an administrator opted in (ST-28). */
export const thirdPartyTypesWithAccessToken = ['jwt', 'at+jwt'] as const;

/** `typ` of a JWT-SVID (JWT-SVID §2.3); that of a WIT-SVID is not among them: it is no bearer token (SV-26). */
export const jwtSvidTypes = ['jwt', 'jose'] as const;

/** `typ` of an own-key assertion (CA-10). */
export const assertionTypes = ['jwt', 'client-authentication+jwt'] as const;

/** Whether header and policy agree; the checks, both always made: `header.alg.allowed`, `header.typ.allowed`. */
export const checkHeader = (header: JoseHeader, policy: HeaderPolicy): Verdict<JoseHeader> => {
  const verdict = everyVerdict({ alg: checkAlgorithm(header, policy), typ: checkType(header, policy) });
  return verdict.ok ? grant(header, verdict.checks) : verdict;
};

const checkAlgorithm = (header: JoseHeader, policy: HeaderPolicy): Verdict<null> => {
  const expected = (): string => policy.algorithms.join(' ');
  return policy.algorithms.some((algorithm) => sameAlgorithm(algorithm, header.alg))
    ? grant(null, () => [passed('header.alg.allowed', expected(), header.alg)])
    : refuse('token_algorithm_not_allowed', [
        failed(
          'header.alg.allowed',
          expected(),
          header.alg,
          'If the issuer is meant to sign with it, add it to the algorithms of the trusted issuer.',
        ),
      ]);
};

const checkType = (header: JoseHeader, policy: HeaderPolicy): Verdict<null> => {
  const expected = (): string => `absent, ${policy.types.join(', ')}`;
  if (header.typ === null || policy.types.includes(mediaSubtype(header.typ))) {
    return grant(null, () => [passed('header.typ.allowed', expected(), present(header.typ ?? undefined))]);
  }
  const hint =
    mediaSubtype(header.typ) === 'at+jwt'
      ? 'This is an access token for some API. If the issuer has nothing else, set allowAccessTokenType on the trusted issuer.'
      : 'The issuer made this token for another purpose. Ask it for an identity token.';
  return refuse('token_type_not_allowed', [
    failed('header.typ.allowed', expected(), present(header.typ), hint),
  ]);
};
