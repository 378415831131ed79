import { fail, ok, type Result } from '../core/result.ts';
import { isOwnIssuer } from '../core/trust/registration-issuer.ts';
import { problem, type RegistrationProblem } from '../core/trust/registration-problem.ts';
import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import type { AdminDependencies } from './dependencies.ts';
import { parsePinnedBundle, parsePinnedKeys, type PinnedKeysInput } from './parse-pinned-keys.ts';

/** Where the keys of an issuer come from, as it is asked for. */
export interface KeySourceInput {
  readonly issuer: string;
  readonly jwksUri: string | null;
  readonly jwks: PinnedKeysInput | null;
  /** Of a SPIFFE trust domain, together with the profile. */
  readonly bundleEndpointUrl: string | null;
  /** How the endpoint is authenticated: by the certificate of its host name (SPIFFE Federation §5.2.1). */
  readonly bundleEndpointProfile: 'https_web' | null;
}

type Dependencies = Pick<AdminDependencies, 'checkOutboundUrl' | 'signatureVerifier'>;
type Parsed = Result<Pick<TrustedIssuer, 'jwksUri' | 'jwks'>, readonly RegistrationProblem[]>;

/** The keys of an issuer with a URL: a JWK Set by its URI, discovered or pinned. */
export const parseJwkSetSource = (deps: Dependencies, input: KeySourceInput): Parsed => {
  const jwks = input.jwks === null ? ok(null) : parsePinnedKeys(deps, input.jwks);
  const problems = [
    ...(['bundleEndpointUrl', 'bundleEndpointProfile'] as const)
      .filter((name) => input[name] !== null)
      .map((name) =>
        problem(
          `/${name}`,
          'Only a SPIFFE trust domain has a bundle endpoint: its issuer is spiffe:// and its name.',
        ),
      ),
    ...refuseKeySource(deps, input),
    ...(jwks.ok ? [] : jwks.error),
  ];
  return problems.length === 0 && jwks.ok ? ok({ jwksUri: input.jwksUri, jwks: jwks.value }) : fail(problems);
};

/** The keys of a SPIFFE trust domain: its bundle, from the endpoint that was named, or pinned. Nothing is derived (SV-23). */
export const parseBundleSource = (
  deps: Dependencies,
  ownIssuers: readonly string[],
  input: KeySourceInput,
): Parsed => {
  const { jwksUri, bundleEndpointUrl: url } = input;
  const jwks = input.jwks === null ? ok(null) : parsePinnedBundle(deps, input.jwks);
  const problems = [
    ...(jwksUri === null
      ? []
      : [
          problem(
            '/jwksUri',
            'A trust domain has a bundle and no JWK Set URI. Give bundleEndpointUrl and bundleEndpointProfile.',
          ),
        ]),
    ...refuseBundleEndpoint(deps, ownIssuers, input),
    ...(jwks.ok ? [] : jwks.error),
  ];
  return problems.length === 0 && jwks.ok ? ok({ jwksUri: url, jwks: jwks.value }) : fail(problems);
};

const refuseBundleEndpoint = (
  deps: Pick<AdminDependencies, 'checkOutboundUrl'>,
  ownIssuers: readonly string[],
  { jwks, bundleEndpointUrl: url, bundleEndpointProfile: profile }: KeySourceInput,
): readonly RegistrationProblem[] => {
  if (jwks !== null)
    return url === null && profile === null
      ? []
      : [problem('/jwks', 'Give either jwks or bundleEndpointUrl, not both.')];
  if (url === null)
    return [
      problem(
        '/bundleEndpointUrl',
        'The bundle endpoint is missing. It is never derived from the trust domain: give its URL, with the profile https_web, or pin the bundle with jwks.',
      ),
    ];
  const refusal = isOwnIssuer(ownIssuers, url)
    ? 'This is a bundle of this server, whose own JWT-SVIDs are never exchanged.'
    : deps.checkOutboundUrl(url);
  return [
    ...(refusal === null ? [] : [problem('/bundleEndpointUrl', refusal)]),
    ...(profile === null
      ? [
          problem(
            '/bundleEndpointProfile',
            'The profile is missing. Say https_web, the one that is known here.',
          ),
        ]
      : []),
  ];
};

/** What would be fetched must be an address we may fetch from (A46, AD-11). A pinned set is never fetched. */
export const refuseKeySource = (
  deps: Pick<AdminDependencies, 'checkOutboundUrl'>,
  input: Pick<KeySourceInput, 'issuer' | 'jwksUri'> & { readonly jwks: unknown },
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
