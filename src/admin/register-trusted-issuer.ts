import { X509Certificate } from 'node:crypto';
import { allSignatureAlgorithms } from '../core/jwt/algorithms.ts';
import { type PublicJwk, type PublicJwkSet, privateMemberOf } from '../core/jwt/jwk.ts';
import type { JsonObject } from '../core/json.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { tenantIssuer } from '../core/tenants/tenant.ts';
import { findPreset } from '../core/trust/preset.ts';
import type { RegistrationPolicy } from '../core/trust/registration.ts';
import { parseRegisteredIssuer } from '../core/trust/registration-issuer.ts';
import { problem, type RegistrationProblem } from '../core/trust/registration-problem.ts';
import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import type { AdminDependencies } from './dependencies.ts';

/** A trusted issuer as it is asked for, by a create or by an edit after the merge. */
export type TrustedIssuerInput = Pick<
  TrustedIssuer,
  | 'issuer'
  | 'jwksUri'
  | 'algorithms'
  | 'allowAccessTokenType'
  | 'replay'
  | 'staleIfErrorSeconds'
  | 'caCertificates'
  | 'status'
> & { readonly jwks: { readonly keys: readonly JsonObject[] } | null };

/** What an issuer gets where nothing is said. */
export const trustedIssuerDefaults: Omit<TrustedIssuerInput, 'issuer'> = {
  jwksUri: null,
  jwks: null,
  algorithms: allSignatureAlgorithms,
  allowAccessTokenType: false,
  replay: 'reusable',
  staleIfErrorSeconds: 3600,
  caCertificates: null,
  status: 'enabled',
};

type Dependencies = Pick<
  AdminDependencies,
  'presets' | 'baseIssuer' | 'aliasIssuers' | 'allowLoopbackHttp' | 'checkOutboundUrl' | 'signatureVerifier'
>;

/** The rules of registration as this server has them for `tenant`. */
export const registrationPolicy = (deps: Dependencies, tenant: string): RegistrationPolicy => ({
  presets: deps.presets,
  ownIssuers: [deps.baseIssuer, ...deps.aliasIssuers],
  ownIssuer: tenantIssuer(deps.baseIssuer, tenant),
  allowLoopbackHttp: deps.allowLoopbackHttp,
});

/** The one place of every invariant of a trusted issuer, for create and edit alike; all problems at once. */
export const parseTrustedIssuer = (
  deps: Dependencies,
  tenant: string,
  input: TrustedIssuerInput,
): Result<
  Omit<TrustedIssuer, 'tenant' | 'id' | 'createdAt' | 'updatedAt' | 'version'>,
  readonly RegistrationProblem[]
> => {
  const issuer = parseRegisteredIssuer(input.issuer, registrationPolicy(deps, tenant));
  const jwks = input.jwks === null ? ok(null) : parsePinnedKeys(deps, input.jwks);
  const problems = [
    ...(issuer.ok ? [] : [problem('/issuer', issuer.error)]),
    ...(issuer.ok ? refuseKeySource(deps, input) : []),
    ...(jwks.ok ? [] : jwks.error),
    ...(input.algorithms.length === 0
      ? [
          problem(
            '/algorithms',
            'Name at least one algorithm, or leave the member out to accept all of them.',
          ),
        ]
      : []),
    ...refuseCertificates(input.caCertificates),
  ];
  if (problems.length > 0 || !jwks.ok) return fail(problems);
  const {
    issuer: text,
    jwksUri,
    algorithms,
    allowAccessTokenType,
    replay,
    staleIfErrorSeconds,
    caCertificates,
    status,
  } = input;
  return ok({
    issuer: text,
    jwksUri,
    jwks: jwks.value,
    algorithms: [...new Set(algorithms)],
    allowAccessTokenType,
    replay,
    staleIfErrorSeconds,
    caCertificates,
    status,
  });
};

/** Where keys of an issuer come from when nobody said: the place its platform is known for, else discovery. */
export const knownJwksUri = (deps: Pick<AdminDependencies, 'presets'>, issuer: string): string | null =>
  findPreset(deps.presets, issuer)?.jwksUri ?? null;

/** What would be fetched must be an address we may fetch from (A46, AD-11). A pinned set is never fetched. */
export const refuseKeySource = (
  deps: Pick<AdminDependencies, 'checkOutboundUrl'>,
  input: Pick<TrustedIssuerInput, 'issuer' | 'jwksUri'> & { readonly jwks: unknown },
): readonly RegistrationProblem[] => {
  if (input.jwks !== null) {
    return input.jwksUri === null ? [] : [problem('/jwks', 'Give either jwks or jwksUri, not both.')];
  }
  const refusal = deps.checkOutboundUrl(input.jwksUri ?? input.issuer);
  if (refusal === null) return [];
  return input.jwksUri === null
    ? [
        problem(
          '/issuer',
          `The keys cannot be discovered there: ${refusal} Give a jwksUri that can be reached, or pin the keys with jwks.`,
        ),
      ]
    : [problem('/jwksUri', refusal)];
};

const publicMembers = ['kty', 'kid', 'alg', 'use', 'n', 'e', 'crv', 'x', 'y'] as const;

/**
 * Reads a pinned JWK Set (AD-08, AD-09, JF-19): every key must be good, because a person wrote it. Sentences never repeat
 * the key. Members that are not part of a public key are not kept.
 */
const parsePinnedKeys = (
  deps: Pick<AdminDependencies, 'signatureVerifier'>,
  jwks: { readonly keys: readonly JsonObject[] },
): Result<PublicJwkSet, readonly RegistrationProblem[]> => {
  if (jwks.keys.length === 0)
    return fail([problem('/jwks/keys', 'The set is empty. Pin at least one public key.')]);
  const seen = new Set<string>();
  const problems = jwks.keys.flatMap((jwk, index) => {
    const refusal = refusePinnedKey(deps, jwk, seen);
    return refusal === null ? [] : [problem(`/jwks/keys/${index}`, refusal)];
  });
  return problems.length === 0 ? ok({ keys: jwks.keys.map(publicPart) }) : fail(problems);
};

const refusePinnedKey = (
  deps: Pick<AdminDependencies, 'signatureVerifier'>,
  jwk: JsonObject,
  seen: Set<string>,
): string | null => {
  if (privateMemberOf(jwk) !== null) {
    return 'This is a private or secret key. Replace it everywhere, it was sent over the network; then pin its public part only.';
  }
  const key = deps.signatureVerifier.importKey(jwk);
  if (!key.ok) return `This key cannot be used: ${key.error.replace(/\.$/, '')}.`;
  const { kid } = key.value;
  if (kid === null) return null;
  if (seen.has(kid)) return 'Another key of the set has the same kid. Give each key a kid of its own.';
  seen.add(kid);
  return null;
};

const publicPart = (jwk: JsonObject): PublicJwk => {
  const kept = publicMembers.filter((name) => typeof jwk[name] === 'string').map((name) => [name, jwk[name]]);
  return Object.fromEntries(kept) as PublicJwk;
};

const certificateBlock = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

const refuseCertificates = (pem: string | null): readonly RegistrationProblem[] => {
  if (pem === null) return [];
  const blocks = pem.match(certificateBlock) ?? [];
  if (blocks.length === 0 || pem.replace(certificateBlock, '').trim() !== '') {
    return [
      problem(
        '/caCertificates',
        'Give PEM certificates (BEGIN CERTIFICATE) and nothing else: no keys, no file names.',
      ),
    ];
  }
  return blocks.every(isCertificate)
    ? []
    : [problem('/caCertificates', 'One of the certificates cannot be read. Copy the whole PEM block.')];
};

const isCertificate = (pem: string): boolean => {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
};
