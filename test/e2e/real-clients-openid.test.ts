// openid-client 6 and oauth4webapi 3 as they are, against the real process.
import { generateKeyPair, importPKCS8 } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, type Credentials, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import {
  createFederatedAccount,
  createKeyedAccount,
  createTenant,
  holdings,
} from '../support/registered-accounts.ts';
import { registered, urn } from '../support/test-bureau.ts';

const [audience, otherAudience] = holdings.audiences;

let issuer: FakeIssuer;
let bureau: BureauProcess;
beforeAll(async () => {
  issuer = await createFakeIssuer();
  bureau = await startBureau({ environment: { BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}` } });
});
afterAll(async () => {
  await bureau?.stop();
  await issuer?.close();
});

const thirdPartyToken = (claims: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  issuer.signToken({ sub: registered.subject, aud: registered.audience, ...claims });

const discover = (
  clientId: string,
  authentication: openid.ClientAuth,
  at = bureau.issuer,
  algorithm: 'oidc' | 'oauth2' = 'oidc',
): Promise<openid.Configuration> =>
  openid.discovery(new URL(at), clientId, undefined, authentication, {
    execute: [openid.allowInsecureRequests],
    algorithm,
  });

const claimsOf = (token: string): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

/** What openid-client rejects with, which has to be the answer of the token endpoint, and the activity behind its receipt. */
const refusalOf = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => 'no refusal',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(openid.ResponseBodyError);
  const refusal = error as openid.ResponseBodyError;
  expect(refusal.error_description).toMatch(/^The .{20,}\.$/);
  const activity = (await bureau.admin('GET', `/activities/${refusal.cause['receipt'] as string}`)).body;
  return { refusal, activity };
};

describe.each(['RS256', 'ES256', 'Ed25519'] as const)(
  'openid-client with an %s key of its own',
  (algorithm) => {
    let credentials: Credentials;
    beforeAll(async () => {
      credentials = await createKeyedAccount(bureau.admin, {
        name: `openid-${algorithm.toLowerCase()}`,
        key: { generate: algorithm },
      });
    });
    const signer = () => importPKCS8(credentials.privateKey, algorithm);

    it.each([
      ['openid-configuration', 'oidc'],
      ['oauth-authorization-server', 'oauth2'],
    ] as const)(
      'CA-06 CC-01 discovers by %s and gets a token by clientCredentialsGrant',
      async (_name, kind) => {
        const authentication = openid.PrivateKeyJwt({ key: await signer(), kid: credentials.keyId });
        const configuration = await discover(
          credentials.serviceAccountId,
          authentication,
          bureau.issuer,
          kind,
        );
        const tokens = await openid.clientCredentialsGrant(configuration, { scope: 'certificates:read' });
        expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 900, scope: 'certificates:read' });
        expect(claimsOf(tokens.access_token)).toMatchObject({ client_id: credentials.serviceAccountId });
      },
    );

    it('CA-18 TX-06 without kid, and with resource for another of its audiences', async () => {
      const configuration = await discover(
        credentials.serviceAccountId,
        openid.PrivateKeyJwt(await signer()),
      );
      const tokens = await openid.clientCredentialsGrant(configuration, { resource: otherAudience });
      expect(claimsOf(tokens.access_token)).toMatchObject({ aud: otherAudience });
      const { refusal } = await refusalOf(
        openid.clientCredentialsGrant(configuration, { resource: 'https://elsewhere.example' }),
      );
      expect(refusal).toMatchObject({ status: 400, error: 'invalid_target' });
    });

    it('A60 RS-07 the key of somebody else: it shows error and error_description, the receipt shows why', async () => {
      const { privateKey } = await generateKeyPair(algorithm);
      const configuration = await discover(credentials.serviceAccountId, openid.PrivateKeyJwt(privateKey));
      const { refusal, activity } = await refusalOf(openid.clientCredentialsGrant(configuration));
      expect(refusal).toMatchObject({ status: 400, error: 'invalid_client' });
      expect(activity).toMatchObject({
        outcome: 'refused',
        reason: 'signature_invalid',
        account: { id: credentials.serviceAccountId },
      });
    });
  },
);

describe('openid-client with the token of a platform', () => {
  let accountId: string;
  beforeAll(async () => {
    accountId = await createFederatedAccount(bureau.admin, issuer, { name: 'openid-federated' });
  });

  const grants = [
    [
      'token exchange',
      urn.tokenExchange,
      (token: string) => ({ subject_token: token, subject_token_type: urn.jwt }),
      'invalid_request',
    ],
    ['JWT bearer', urn.jwtBearer, (token: string) => ({ assertion: token }), 'invalid_grant'],
  ] as const;

  it.each(grants)('TX-11 JB-01 %s by genericGrantRequest', async (_name, type, parameters) => {
    const configuration = await discover(accountId, openid.None());
    const tokens = await openid.genericGrantRequest(configuration, type, {
      ...parameters(await thirdPartyToken()),
      scope: 'certificates:issue',
    });
    expect(tokens).toMatchObject({
      token_type: 'bearer',
      expires_in: 900,
      scope: 'certificates:issue',
      issued_token_type: urn.accessToken,
    });
    expect(claimsOf(tokens.access_token)).toMatchObject({ sub: accountId, aud: audience });
  });

  it.each(grants)(
    'RS-07 a refused %s shows error and error_description',
    async (_name, type, parameters, error) => {
      const configuration = await discover(accountId, openid.None());
      const request = openid.genericGrantRequest(
        configuration,
        type,
        parameters(await thirdPartyToken({ aud: 'https://elsewhere.example' })),
      );
      const { refusal, activity } = await refusalOf(request);
      expect(refusal).toMatchObject({ status: 400, error });
      expect(activity).toMatchObject({ outcome: 'refused', reason: 'audience_mismatch' });
    },
  );

  it('CC-02 client credentials with the token as client_assertion', async () => {
    const token = await thirdPartyToken();
    const withToken: openid.ClientAuth = (_as, client, body) => {
      body.set('client_id', client.client_id);
      body.set('client_assertion_type', urn.assertionType);
      body.set('client_assertion', token);
    };
    const configuration = await discover(accountId, withToken);
    const tokens = await openid.clientCredentialsGrant(configuration);
    expect(claimsOf(tokens.access_token)).toMatchObject({ sub: accountId });
  });
});

describe.each(['default', 'acme'])('oauth4webapi in tenant %s', (tenant) => {
  let admin: BureauProcess['admin'];
  let as: oauth.AuthorizationServer;
  const insecure = { [oauth.allowInsecureRequests]: true };
  beforeAll(async () => {
    admin = tenant === 'default' ? bureau.admin : await createTenant(bureau, tenant);
    const identifier = new URL(tenant === 'default' ? bureau.issuer : `${bureau.issuer}/t/${tenant}`);
    as = await oauth.processDiscoveryResponse(
      identifier,
      await oauth.discoveryRequest(identifier, { ...insecure, algorithm: 'oauth2' }),
    );
  });

  it.each(['ES256', 'RS256'] as const)(
    'AT-01 PrivateKeyJwt, and validateJwtAccessToken accepts our %s access token (RFC 9068 §4)',
    async (algorithm) => {
      const { privateKey, serviceAccountId } = await createKeyedAccount(admin, {
        name: `oauth4webapi-${algorithm.toLowerCase()}`,
        accessTokenAlgorithm: algorithm,
        key: { generate: 'ES256' },
      });
      const client = { client_id: serviceAccountId };
      const response = await oauth.clientCredentialsGrantRequest(
        as,
        client,
        oauth.PrivateKeyJwt(await importPKCS8(privateKey, 'ES256')),
        new URLSearchParams({ scope: 'certificates:read' }),
        insecure,
      );
      const tokens = await oauth.processClientCredentialsResponse(as, client, response);
      expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 900 });
      expect(
        JSON.parse(Buffer.from(tokens.access_token.split('.')[0] ?? '', 'base64url').toString()).alg,
      ).toBe(algorithm);

      const validate = (token: string, expected: string) =>
        oauth.validateJwtAccessToken(
          as,
          new Request('https://api.example.com/', { headers: { authorization: `Bearer ${token}` } }),
          expected,
          insecure,
        );
      expect(await validate(tokens.access_token, audience)).toMatchObject({
        iss: as.issuer,
        sub: serviceAccountId,
        client_id: serviceAccountId,
        scope: 'certificates:read',
      });
      await expect(validate(tokens.access_token, otherAudience)).rejects.toThrow(/aud/);
    },
  );
});
