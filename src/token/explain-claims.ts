import { type Check, checksOf, type Verdict } from '../core/activity/check.ts';
import { jwtSvidAlgorithms, type SignatureAlgorithm } from '../core/jwt/algorithms.ts';
import { type JsonObject, member } from '../core/json.ts';
import { accountIdOfAssertion } from '../core/jwt/validate-assertion-claims.ts';
import { type EpochMilliseconds, toEpochSeconds } from '../core/time.ts';
import { trustDomainIssuer } from '../core/trust/trust-domain.ts';
import type { VerificationKey } from '../ports/signature-verifier.ts';
import { collectEvidence, type Evidence } from './evidence.ts';
import type { Explanations } from './explanations.ts';
import { readSampleToken } from './explain-form.ts';

/** How long a token is said to live whose claims do not say so. */
const assumedLifetimeSeconds = 300;

const encode = (text: string): string => Buffer.from(text).toString('base64url');

/** A token around claims, with a header that fits and a signature that is none. */
const wrapClaims = (claims: string, algorithm: SignatureAlgorithm): string =>
  `${encode(JSON.stringify({ alg: algorithm, typ: 'JWT' }))}.${encode(claims)}.AA`;

/** `claims` with `iat` and `exp`, where both are missing; a sample that was written by hand has no times. */
const withTimes = (claims: JsonObject, now: EpochMilliseconds): JsonObject => {
  if (member(claims, 'iat') !== undefined || member(claims, 'exp') !== undefined) return claims;
  const iat = toEpochSeconds(now);
  return { ...claims, iat, exp: iat + assumedLifetimeSeconds };
};

/** A sample token made from claims, and what was made up for it. */
export interface TokenOfClaims {
  readonly text: string;
  readonly assumed: readonly string[];
}

/**
 * The token a platform would make of these claims, but for what only the platform can: its header has an algorithm that
 * is allowed, and nothing was signed.
 *
 * @param claims an object, or a text that is read as a token's claims are; one that is no JSON goes into the token as it is
 */
export const tokenOfClaims = async (
  deps: Pick<Explanations, 'directory' | 'baseIssuer'>,
  tenant: string,
  claims: JsonObject | string,
  now: EpochMilliseconds,
): Promise<TokenOfClaims> => {
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims);
  const read = readSampleToken(wrapClaims(text, 'ES256'), deps.baseIssuer);
  const known = ['header', 'key', 'signature'];
  if (read.claims === null) return { text: wrapClaims(text, 'ES256'), assumed: known };
  const timed = withTimes(read.claims, now);
  const algorithm = await fittingAlgorithm(deps, tenant, read);
  return timed === read.claims
    ? { text: wrapClaims(text, algorithm), assumed: known }
    : { text: wrapClaims(JSON.stringify(timed), algorithm), assumed: [...known, 'iat', 'exp'] };
};

/** One that whoever would sign the token may sign with. */
const fittingAlgorithm = async (
  { directory }: Pick<Explanations, 'directory'>,
  tenant: string,
  { kind, claims }: ReturnType<typeof readSampleToken>,
): Promise<SignatureAlgorithm> => {
  const usual = 'ES256';
  if (kind === null || claims === null) return usual;
  if (kind.kind === 'own-key') {
    const id = accountIdOfAssertion(claims, tenant);
    const keys = id === null ? [] : ((await directory.account(tenant, id))?.keys ?? []);
    return (keys.find(({ status }) => status === 'enabled') ?? keys[0])?.algorithm ?? usual;
  }
  const byIssuer = kind.issuer === null ? null : await directory.issuer(tenant, kind.issuer);
  const entry =
    byIssuer ??
    (kind.kind === 'jwt-svid' ? await directory.issuer(tenant, trustDomainIssuer(kind.trustDomain)) : null);
  const allowed = entry?.trustedIssuer.algorithms ?? [];
  return allowed.find((algorithm) => jwtSvidAlgorithms.includes(algorithm)) ?? allowed[0] ?? usual;
};

const assumedKey: VerificationKey = {
  kty: 'EC',
  crv: null,
  kid: null,
  alg: null,
  thumbprint: 'assumed',
  handle: null,
};

/** Keys and signatures taken as good; nothing is fetched. For a request whose only token is the sample. */
export const assumedSignature: Pick<Explanations, 'issuerKeys' | 'verifier'> = {
  issuerKeys: { find: async () => ({ found: 'key', key: assumedKey }) },
  verifier: { verify: async () => true },
};

const isAssumed = ({ check, ok }: Check): boolean =>
  ok && /^(?:key|signature|assertion\.key|header\.|token\.form)(?:\.|$)?/.test(check);

/** Evidence that says plainly which checks were assumed. */
export const collectAssumingEvidence = (): Evidence => {
  const evidence = collectEvidence();
  const withAssumptions = <V extends Verdict<unknown>>(verdict: V): V => ({
    ...verdict,
    checks: checksOf(verdict).map((check) =>
      isAssumed(check) ? { ...check, presented: 'assumed, not verified' } : check,
    ),
  });
  return {
    ...evidence,
    of: (verdict) => {
      evidence.of(withAssumptions(verdict));
      return verdict;
    },
    told: (verdict) => {
      evidence.told(withAssumptions(verdict));
      return verdict;
    },
    noteGoodSignature: () => undefined,
  };
};
