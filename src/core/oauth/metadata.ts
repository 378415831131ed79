import { accessTokenAlgorithms, allSignatureAlgorithms, type SignatureAlgorithm } from '../jwt/algorithms.ts';

/** Where documents stand: below an issuer, or between its host and its path (RFC 8414 §3.1; OIDC Discovery §4). */
export const wellKnown = {
  authorizationServer: '/.well-known/oauth-authorization-server',
  openidConfiguration: '/.well-known/openid-configuration',
  jwks: '/.well-known/jwks.json',
} as const;

/** The token endpoint, below an issuer (contract §3). */
export const tokenPath = '/token';

/** Introspection and revocation, below an issuer (contract §4). */
export const introspectionPath = '/introspect';
export const revocationPath = '/revoke';

/** The token endpoint of a tenant under its name, `default` too, below the base issuer (contract §3). */
export const namedTokenPath = (tenant: string): string => `/v1/oauth2/v2.0/${tenant}/token`;

/**
 * Where MSAL is told the authorization endpoint is. The first segment of its path has to be the tenant: MSAL takes it for
 * the tenant's id and, when one client asks for several tenants, puts the next tenant in its place in `token_endpoint`.
 */
export const namedAuthorizationPath = (tenant: string): string => `/${tenant}/oauth2/v2.0/authorize`;

/** The human-readable reference, below the base issuer (contract §5). */
const documentationPath = '/api/v1/docs';

/** The issuer of JWT-SVIDs beside the issuer of access tokens; its keys are never shared (SV-15, AT-17). */
export const spiffeIssuer = (issuer: string): string => `${issuer}/spiffe`;

/**
 * Client authentication at the token endpoint. `none` is there because an exchange needs none: the third-party token
 * speaks for itself (RFC 8693 §2.1, RFC 7523 §3.1), and what is listed has to be what is accepted (MD-07). `spiffe_jwt` is
 * a JWT-SVID under its own type (MD-08). Any other third-party token as `client_assertion` works too, but has no
 * registered name and is not `private_key_jwt` (CC-02).
 */
export const tokenEndpointAuthMethods = ['private_key_jwt', 'spiffe_jwt', 'none'] as const;

/** At revocation: as above, but nobody who does not say who it is (RFC 7009 §2.1). */
export const revocationEndpointAuthMethods: readonly string[] = tokenEndpointAuthMethods.filter(
  (method) => method !== 'none',
);

/** At introspection also an access token of ours, by the registered name of its type (RFC 7662 §2.1, RFC 8414 §2). */
export const introspectionEndpointAuthMethods: readonly string[] = [
  ...revocationEndpointAuthMethods,
  'Bearer',
];

/** Authorization server metadata (RFC 8414 §2). */
export interface AuthorizationServerMetadata {
  readonly issuer: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
  readonly grant_types_supported: readonly string[];
  readonly token_endpoint_auth_methods_supported: readonly string[];
  readonly token_endpoint_auth_signing_alg_values_supported: readonly SignatureAlgorithm[];
  readonly introspection_endpoint: string;
  readonly introspection_endpoint_auth_methods_supported: readonly string[];
  readonly introspection_endpoint_auth_signing_alg_values_supported: readonly SignatureAlgorithm[];
  readonly revocation_endpoint: string;
  readonly revocation_endpoint_auth_methods_supported: readonly string[];
  readonly revocation_endpoint_auth_signing_alg_values_supported: readonly SignatureAlgorithm[];
  /** Required by RFC 8414 and empty: there is no authorization endpoint (MD-06). */
  readonly response_types_supported: readonly [];
  readonly service_documentation: string;
}

/**
 * Builds the metadata of one issuer. Says only what is true now: no endpoint that does not exist, and no
 * `scopes_supported`, which would tell strangers what accounts here may do.
 *
 * @param issuer of the tenant
 * @param baseIssuer as configured; where the documentation stands
 * @param grantTypes the grants the token endpoint knows (MD-05)
 */
export const buildAuthorizationServerMetadata = ({
  issuer,
  baseIssuer,
  grantTypes,
}: {
  readonly issuer: string;
  readonly baseIssuer: string;
  readonly grantTypes: readonly string[];
}): AuthorizationServerMetadata => ({
  issuer,
  token_endpoint: `${issuer}${tokenPath}`,
  jwks_uri: `${issuer}${wellKnown.jwks}`,
  grant_types_supported: grantTypes,
  token_endpoint_auth_methods_supported: tokenEndpointAuthMethods,
  token_endpoint_auth_signing_alg_values_supported: allSignatureAlgorithms,
  introspection_endpoint: `${issuer}${introspectionPath}`,
  introspection_endpoint_auth_methods_supported: introspectionEndpointAuthMethods,
  introspection_endpoint_auth_signing_alg_values_supported: allSignatureAlgorithms,
  revocation_endpoint: `${issuer}${revocationPath}`,
  revocation_endpoint_auth_methods_supported: revocationEndpointAuthMethods,
  revocation_endpoint_auth_signing_alg_values_supported: allSignatureAlgorithms,
  response_types_supported: [],
  service_documentation: `${baseIssuer}${documentationPath}`,
});

/** What an OpenID verifier reads beside `issuer` and `jwks_uri` (OIDC Discovery §3). */
interface OpenidVerification {
  readonly subject_types_supported: readonly ['public'];
  /** Every algorithm a key of the set signs with; RS256 has to be among them. */
  readonly id_token_signing_alg_values_supported: readonly string[];
}

const openidVerification: OpenidVerification = {
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: accessTokenAlgorithms,
};

/**
 * The same metadata for OpenID clients (OIDC Discovery §3): everything the other document says and the two members
 * this one requires, so that the two never disagree (MD-03).
 */
export const buildOpenidConfiguration = (
  metadata: AuthorizationServerMetadata,
): AuthorizationServerMetadata & OpenidVerification => ({ ...metadata, ...openidVerification });

/**
 * The discovery document of the issuer of JWT-SVIDs, for verifiers that know OpenID and not SPIFFE (SV-15). It issues
 * nothing by itself: no token endpoint.
 *
 * @param issuer of the tenant, not yet that of its JWT-SVIDs
 */
export const buildSpiffeOpenidConfiguration = (issuer: string): Readonly<Record<string, unknown>> => ({
  issuer: spiffeIssuer(issuer),
  jwks_uri: `${spiffeIssuer(issuer)}${wellKnown.jwks}`,
  response_types_supported: [],
  ...openidVerification,
});

/**
 * The OpenID configuration of a tenant as clients made for Microsoft Entra ask for it: under the name of the tenant, with
 * the token endpoint beside it. MSAL stops without an `authorization_endpoint` and never goes there; nothing but an answer
 * that says so stands at this one, and no other document has the member (MD-06).
 */
export const buildNamedOpenidConfiguration = (
  metadata: AuthorizationServerMetadata,
  { baseIssuer, tenant }: { readonly baseIssuer: string; readonly tenant: string },
): AuthorizationServerMetadata & OpenidVerification & { readonly authorization_endpoint: string } => ({
  ...buildOpenidConfiguration(metadata),
  authorization_endpoint: `${baseIssuer}${namedAuthorizationPath(tenant)}`,
  token_endpoint: `${baseIssuer}${namedTokenPath(tenant)}`,
});
