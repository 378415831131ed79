import { X509Certificate } from 'node:crypto';
import {
  allSignatureAlgorithms,
  jwtSvidAlgorithms,
  type SignatureAlgorithm,
} from '../core/jwt/algorithms.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { tenantIssuer } from '../core/tenants/tenant.ts';
import { findPreset } from '../core/trust/preset.ts';
import type { RegistrationPolicy } from '../core/trust/registration.ts';
import { parseRegisteredIssuer } from '../core/trust/registration-issuer.ts';
import { problem, type RegistrationProblem } from '../core/trust/registration-problem.ts';
import { trustDomainOf } from '../core/trust/trust-domain.ts';
import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import type { AdminDependencies } from './dependencies.ts';
import { type KeySourceInput, parseBundleSource, parseJwkSetSource } from './parse-key-source.ts';

/** A trusted issuer as it is asked for, by a create or by an edit after the merge. */
export type TrustedIssuerInput = KeySourceInput &
  Pick<
    TrustedIssuer,
    'allowAccessTokenType' | 'replay' | 'staleIfErrorSeconds' | 'caCertificates' | 'status'
  > & {
    /** `null`: all that tokens of such an issuer may be signed with. */
    readonly algorithms: readonly SignatureAlgorithm[] | null;
  };

/** What an issuer gets where nothing is said. */
export const trustedIssuerDefaults: Pick<
  TrustedIssuer,
  'algorithms' | 'allowAccessTokenType' | 'replay' | 'staleIfErrorSeconds' | 'caCertificates' | 'status'
> = {
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
  const policy = registrationPolicy(deps, tenant);
  const issuer = parseRegisteredIssuer(input.issuer, policy);
  const isTrustDomain = trustDomainOf(input.issuer) !== null;
  const source = isTrustDomain
    ? parseBundleSource(deps, policy.ownIssuers, input)
    : parseJwkSetSource(deps, input);
  const problems = [
    ...(issuer.ok ? [] : [problem('/issuer', issuer.error)]),
    ...(issuer.ok && !source.ok ? source.error : []),
    ...refuseAlgorithms(input.algorithms, isTrustDomain),
    ...refuseAccessTokens(input, isTrustDomain),
    ...refuseCertificates(input.caCertificates),
  ];
  if (problems.length > 0 || !source.ok) return fail(problems);
  const { allowAccessTokenType, replay, staleIfErrorSeconds, caCertificates, status } = input;
  return ok({
    issuer: input.issuer,
    ...source.value,
    algorithms: [
      ...new Set(input.algorithms ?? (isTrustDomain ? jwtSvidAlgorithms : allSignatureAlgorithms)),
    ],
    allowAccessTokenType,
    replay,
    staleIfErrorSeconds,
    caCertificates,
    status,
  });
};

const refuseAlgorithms = (
  algorithms: TrustedIssuerInput['algorithms'],
  isTrustDomain: boolean,
): readonly RegistrationProblem[] => {
  if (algorithms === null) return [];
  if (algorithms.length === 0)
    return [
      problem('/algorithms', 'Name at least one algorithm, or leave the member out to accept all of them.'),
    ];
  if (!isTrustDomain || algorithms.every((algorithm) => jwtSvidAlgorithms.includes(algorithm))) return [];
  return [problem('/algorithms', `A JWT-SVID is signed with one of ${jwtSvidAlgorithms.join(' ')}.`)];
};

const refuseAccessTokens = (
  { allowAccessTokenType }: Pick<TrustedIssuerInput, 'allowAccessTokenType'>,
  isTrustDomain: boolean,
): readonly RegistrationProblem[] =>
  isTrustDomain && allowAccessTokenType
    ? [problem('/allowAccessTokenType', 'A JWT-SVID never has the type of an access token. Leave this out.')]
    : [];

/** Where keys of an issuer come from when nobody said: the place its platform is known for, else discovery. */
export const knownJwksUri = (deps: Pick<AdminDependencies, 'presets'>, issuer: string): string | null =>
  findPreset(deps.presets, issuer)?.jwksUri ?? null;

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
