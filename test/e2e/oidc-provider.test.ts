import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import Provider from 'oidc-provider';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, freePort, startBureau } from '../support/bureau-process.ts';
import { doors, urn } from '../support/test-bureau.ts';

/** The API the third-party token is meant for: here, Bureau. */
const audience = 'https://sts.example.com';
const client = { id: 'ci-runner', secret: 'a-secret-of-the-third-party-issuer-only' };

/** npm's oidc-provider as a third-party issuer: its own code signs and publishes. */
const startProvider = async (port: number): Promise<{ issuer: string; server: Server }> => {
  const issuer = `http://127.0.0.1:${port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'third-party' }] },
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: async (_context, indicator) => ({
          scope: 'exchange',
          audience: indicator,
          accessTokenTTL: 600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ttl: { ClientCredentials: 600 },
    // oidc-provider leaves `sub` out of client-credentials tokens; RFC 9068 §2.2 wants the client there.
    extraTokenClaims: async () => ({ sub: client.id }),
  });
  const server = createServer((request, response) => void provider.callback()(request, response));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
};

describe('an issuer nobody here wrote: oidc-provider', () => {
  let issuer: string;
  let server: Server;
  let bureau: BureauProcess;
  let thirdPartyToken: string;
  let accountId: string;

  beforeAll(async () => {
    const port = await freePort();
    ({ issuer, server } = await startProvider(port));
    bureau = await startBureau({ environment: { BUREAU_OUTBOUND_ALLOW: `127.0.0.1:${port}` } });

    const issued = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience, scope: 'exchange' }),
    });
    thirdPartyToken = ((await issued.json()) as { access_token: string }).access_token;

    const registered = await bureau.admin('POST', '/trusted-issuers', { issuer, allowAccessTokenType: true });
    expect(registered.body).toMatchObject({ issuer });
    const created = await bureau.admin('POST', '/service-accounts', {
      name: 'oidc-provider-client',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      scopes: ['certificates:read'],
      audiences: ['https://api.example.com'],
      federations: [{ issuer, subject: client.id, audience }],
    });
    expect(created.body).toMatchObject({ name: 'oidc-provider-client' });
    accountId = created.body.id as string;
  });

  afterAll(async () => {
    expect(await bureau?.stop()).toBe(0);
    server?.closeAllConnections();
    server?.close();
  });

  it.each(doors)('its token opens the $name door, and jose verifies ours', async ({ form }) => {
    const answer = await bureau.token(form(thirdPartyToken));
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 900 } });
    const { payload, protectedHeader } = await jwtVerify(
      answer.body.access_token as string,
      createRemoteJWKSet(new URL(`${bureau.issuer}/.well-known/jwks.json`)),
      { issuer: bureau.issuer, audience: 'https://api.example.com', typ: 'at+jwt' },
    );
    expect(protectedHeader.alg).toBe('ES256');
    expect(payload).toMatchObject({ sub: accountId, client_id: accountId, scope: 'certificates:read' });
  });

  it('openid-client discovers us, exchanges the token, and oauth4webapi validates the access token (RFC 9068)', async () => {
    const configuration = await openid.discovery(
      new URL(bureau.issuer),
      accountId,
      undefined,
      openid.None(),
      {
        execute: [openid.allowInsecureRequests],
        algorithm: 'oauth2',
      },
    );
    const tokens = await openid.genericGrantRequest(configuration, urn.tokenExchange, {
      subject_token: thirdPartyToken,
      subject_token_type: urn.jwt,
    });
    expect(tokens.expires_in).toBe(900);

    const as = configuration.serverMetadata() as oauth.AuthorizationServer;
    const request = new Request('https://api.example.com/', {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    const claims = await oauth.validateJwtAccessToken(as, request, 'https://api.example.com', {
      [oauth.allowInsecureRequests]: true,
    });
    expect(claims).toMatchObject({ sub: accountId, client_id: accountId });
  });

  it('a token it did not sign is refused, with a receipt that says so', async () => {
    const [header, payload, signature = ''] = thirdPartyToken.split('.');
    const forged = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    const answer = await bureau.token(doors[0]?.form(forged) ?? {});
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(answer.body).not.toHaveProperty('access_token');
    const activity = await bureau.admin('GET', `/activities/${answer.body.receipt}`);
    expect(activity.body).toMatchObject({ outcome: 'refused', reason: 'signature_invalid', issuer });
  });
});
