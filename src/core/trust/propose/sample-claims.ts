import { seenInClaims } from '../../jwt/claims.ts';
import { type JsonObject, member } from '../../json.ts';
import { fail, ok, type Result } from '../../result.ts';

/** What a token, or claims in its place, say of the workload that is to be registered. Nothing of it has to be verified. */
export interface SampleClaims {
  /** `null` in a JWT-SVID that does not say. */
  readonly issuer: string | null;
  readonly subject: string;
  readonly audiences: readonly string[];
  /** `exp` − `iat`; `null` where one of them is no number. */
  readonly lifetimeSeconds: number | null;
  readonly claims: JsonObject;
}

/** Reads the claims a registration is made of; the error is one sentence. */
export const readSampleClaims = (claims: JsonObject): Result<SampleClaims, string> => {
  const { issuer = null, subject } = seenInClaims(claims);
  if (subject === undefined || subject === '')
    return fail('The token has no sub claim, a string, that names the workload.');
  const audience = member(claims, 'aud');
  const [issuedAt, expiresAt] = [member(claims, 'iat'), member(claims, 'exp')];
  return ok({
    issuer,
    subject,
    audiences: [audience].flat().filter((each) => typeof each === 'string' && each !== '') as string[],
    lifetimeSeconds:
      typeof issuedAt === 'number' && typeof expiresAt === 'number' ? expiresAt - issuedAt : null,
    claims,
  });
};
