import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allSignatureAlgorithms } from '../../src/core/jwt/algorithms.ts';
import {
  introspectionEndpointAuthMethods,
  revocationEndpointAuthMethods,
} from '../../src/core/oauth/metadata.ts';
import { grants } from '../../src/token/grants/index.ts';
import {
  createPublishedServer,
  namedConfigurationPaths,
  type PublishedServer,
} from '../support/published-server.ts';

let server: PublishedServer;
beforeAll(async () => {
  server = await createPublishedServer();
});
afterAll(() => server.app.close());

const tenants = [
  { tenant: 'default', issuer: 'https://sts.example', inserted: '', appended: '' },
  { tenant: 'acme', issuer: 'https://sts.example/t/acme', inserted: '/t/acme', appended: '/t/acme' },
];

/** Both documents of a tenant, at every place they stand at. */
const documentsOf = async ({ inserted, appended }: (typeof tenants)[number]) => ({
  oauth: await server.read(`/.well-known/oauth-authorization-server${inserted}`),
  openid: await server.read(`${appended}/.well-known/openid-configuration`),
  oauthAppended: await server.read(`${appended}/.well-known/oauth-authorization-server`),
  openidInserted: await server.read(`/.well-known/openid-configuration${inserted}`),
});

describe.each(tenants)('metadata of tenant $tenant', (place) => {
  it('MD-01 MD-04 issuer is exactly the identifier the URL was built from', async () => {
    for (const document of Object.values(await documentsOf(place)))
      expect(document['issuer']).toBe(place.issuer);
  });

  it('MD-02 MD-04 oauth4webapi accepts what it finds at the inserted place (RFC 8414 §3.1, §3.3)', async () => {
    const expected = new URL(place.issuer);
    for (const algorithm of ['oauth2', 'oidc'] as const) {
      const response = await oauth.discoveryRequest(expected, {
        algorithm,
        [oauth.customFetch]: async (url) => {
          const answer = await server.app.inject(new URL(url).pathname);
          return new Response(answer.body, {
            status: answer.statusCode,
            headers: { 'content-type': 'application/json' },
          });
        },
      });
      const metadata = await oauth.processDiscoveryResponse(expected, response);
      expect(metadata.token_endpoint).toBe(`${place.issuer}/token`);
    }
  });

  it('MD-03 the two documents never disagree', async () => {
    const { oauth: first, openid, oauthAppended, openidInserted } = await documentsOf(place);
    expect(oauthAppended).toEqual(first);
    expect(openidInserted).toEqual(openid);
    expect(openid).toMatchObject(first);
    const more = Object.keys(openid).filter((name) => !Object.hasOwn(first, name));
    expect(more).toEqual(['subject_types_supported', 'id_token_signing_alg_values_supported']);
    expect(openid['id_token_signing_alg_values_supported']).toContain('RS256');
  });

  it('MD-05 says which grants, methods and algorithms there are; none is no algorithm', async () => {
    const { oauth: document } = await documentsOf(place);
    expect(document).toMatchObject({
      token_endpoint: `${place.issuer}/token`,
      jwks_uri: `${place.issuer}/.well-known/jwks.json`,
      grant_types_supported: grants.map(({ type }) => type),
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'spiffe_jwt', 'none'],
      token_endpoint_auth_signing_alg_values_supported: [...allSignatureAlgorithms],
    });
    expect(document['grant_types_supported']).toEqual([
      'urn:ietf:params:oauth:grant-type:token-exchange',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      'client_credentials',
    ]);
    const algorithms = document['token_endpoint_auth_signing_alg_values_supported'] as string[];
    for (const never of ['none', 'HS256', 'HS384', 'HS512']) expect(algorithms).not.toContain(never);
  });

  it('MD-06 claims no response type and no authorization endpoint', async () => {
    for (const document of Object.values(await documentsOf(place))) {
      expect(document['response_types_supported']).toEqual([]);
      expect(document).not.toHaveProperty('authorization_endpoint');
      expect(document).not.toHaveProperty('response_modes_supported');
      expect(document).not.toHaveProperty('code_challenge_methods_supported');
    }
  });

  it('MD-07 names introspection and revocation, each with its own methods and algorithms', async () => {
    for (const document of Object.values(await documentsOf(place)))
      expect(document).toMatchObject({
        introspection_endpoint: `${place.issuer}/introspect`,
        introspection_endpoint_auth_methods_supported: introspectionEndpointAuthMethods,
        introspection_endpoint_auth_signing_alg_values_supported: [...allSignatureAlgorithms],
        revocation_endpoint: `${place.issuer}/revoke`,
        revocation_endpoint_auth_methods_supported: revocationEndpointAuthMethods,
        revocation_endpoint_auth_signing_alg_values_supported: [...allSignatureAlgorithms],
      });
  });

  it('MD-07 MD-08 MD-09 names nothing that does not exist', async () => {
    for (const document of Object.values(await documentsOf(place))) {
      const absent = Object.keys(document).filter((name) =>
        /registration|userinfo|dpop|mtls|tls_client|scopes/.test(name),
      );
      expect(absent).toEqual([]);
      for (const value of Object.values(document)) expect(value).not.toBeNull();
    }
  });

  it('RFC 8414 §2 every URL in it is below the configured issuer', async () => {
    for (const document of Object.values(await documentsOf(place))) {
      const urls = Object.values(document).filter((value): value is string => typeof value === 'string');
      expect(urls).toHaveLength(6);
      for (const url of urls) expect(url.startsWith(server.baseIssuer)).toBe(true);
    }
  });

  it('MD-03 MD-06 the documents for MSAL say the same but for what MSAL insists on', async () => {
    const { openid } = await documentsOf(place);
    for (const path of namedConfigurationPaths(place.tenant))
      expect(await server.read(path)).toEqual({
        ...openid,
        authorization_endpoint: `https://sts.example/${place.tenant}/oauth2/v2.0/authorize`,
        token_endpoint: `https://sts.example/v1/oauth2/v2.0/${place.tenant}/token`,
      });
  });

  it('SV-15 the issuer of JWT-SVIDs has a document and a key set of its own', async () => {
    const document = await server.read(`${place.appended}/spiffe/.well-known/openid-configuration`);
    expect(document).toEqual({
      issuer: `${place.issuer}/spiffe`,
      jwks_uri: `${place.issuer}/spiffe/.well-known/jwks.json`,
      response_types_supported: [],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256', 'RS256'],
    });
  });
});

it('MD-02 a tenant that does not exist is 404 and never the document of another', async () => {
  for (const path of [
    '/.well-known/oauth-authorization-server/t/other',
    '/t/other/.well-known/openid-configuration',
  ]) {
    expect((await server.app.inject(path)).statusCode).toBe(404);
    expect((await server.app.inject(path.replace('other', 'acme'))).statusCode).toBe(200);
  }
});
