import { createSignatureVerifier } from '../../src/adapters/signature/signature-verifier.ts';
import { checksOf, failed, passed, refuse, type Verdict } from '../../src/core/activity/check.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { allSignatureAlgorithms, type SignatureAlgorithm } from '../../src/core/jwt/algorithms.ts';
import { checkHeader, thirdPartyTypes } from '../../src/core/jwt/check-header.ts';
import type { ThirdPartyClaims } from '../../src/core/jwt/claims.ts';
import { parseCompactJws } from '../../src/core/jwt/compact-form.ts';
import { validateThirdPartyClaims } from '../../src/core/jwt/validate-claims.ts';
import { githubIssuer, keyPairFor, testNow } from './jws.ts';

/** What the issuer of {@link checkToken} is registered with. */
export interface TestIssuer {
  readonly algorithms?: readonly SignatureAlgorithm[];
  readonly types?: readonly string[];
  /** The one key of its set; without it, the key of this test run that fits the header. */
  readonly jwk?: object;
  readonly requireJti?: boolean;
}

const verifier = createSignatureVerifier();

/** The steps from text to claims in the order of ST-32, without HTTP, accounts or key fetching. */
export const checkToken = async (
  token: string,
  issuer: TestIssuer = {},
): Promise<Verdict<ThirdPartyClaims>> => {
  const jws = parseCompactJws(token);
  if (!jws.ok) return jws;
  const { header, claims, signingInput, signature } = jws.value;
  const fitting = checkHeader(header, {
    algorithms: issuer.algorithms ?? allSignatureAlgorithms,
    types: issuer.types ?? thirdPartyTypes,
  });
  if (!fitting.ok) return fitting;
  const key = verifier.importKey((issuer.jwk ?? keyPairFor(header.alg).jwk) as JsonObject);
  if (!key.ok) return refuse('key_unfit', [failed('key', 'a strong key', key.error)]);
  if (!(await verifier.verify(header.alg, key.value, signingInput, signature))) {
    return refuse('signature_invalid', [failed('signature', 'good', 'not good')]);
  }
  const verdict = validateThirdPartyClaims(claims, {
    issuer: githubIssuer,
    now: testNow,
    requireJti: issuer.requireJti ?? false,
  });
  return { ...verdict, checks: [passed('signature', 'good', 'good'), ...checksOf(verdict)] };
};
