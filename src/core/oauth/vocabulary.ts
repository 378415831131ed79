/** Grant types (RFC 6749 §4.4; RFC 8693 §2.1; RFC 7523 §2.1). Compared exactly (TR-09). */
export const grantTypes = {
  clientCredentials: 'client_credentials',
  tokenExchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  jwtBearer: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
} as const;

/** Token type identifiers (RFC 8693 §3). */
export const tokenTypes = {
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  idToken: 'urn:ietf:params:oauth:token-type:id_token',
} as const;

/** Client assertion types (RFC 7523 §2.2; draft-ietf-oauth-spiffe-client-auth-02 §3.1). */
export const clientAssertionTypes = {
  jwtBearer: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  jwtSpiffe: 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe',
} as const;

/** One of {@link clientAssertionTypes}. */
export type ClientAssertionType = (typeof clientAssertionTypes)[keyof typeof clientAssertionTypes];

/** The parameters the token endpoint reads; every other one is ignored (RFC 6749 §3.2). */
export const knownParameters = [
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'assertion',
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'credential_provider',
  'scope',
  'audience',
  'resource',
] as const;

/** The parameters introspection and revocation read (RFC 7662 §2.1, RFC 7009 §2.1). */
export const tokenQueryParameters = [
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'token',
  'token_type_hint',
] as const;

/** The parameters whose value is a token. */
export const tokenParameters = [
  'subject_token',
  'assertion',
  'client_assertion',
  'actor_token',
  'token',
] as const satisfies readonly ParameterName[];

/** The name of a parameter that one of our endpoints reads. */
export type ParameterName = (typeof knownParameters)[number] | (typeof tokenQueryParameters)[number];
