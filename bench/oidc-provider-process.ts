// npm's oidc-provider with a token-exchange grant, as somebody who knows it would set it up, and nothing it could do
// without: one public client, nothing stored, no claims looked up, no log.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, exportJWK, generateKeyPair, type JWTPayload, jwtVerify } from 'jose';
import Provider, { errors, type ResourceServer } from 'oidc-provider';
import { type KnownIssuer, theExchange, urns } from './the-exchange.ts';

/** What the harness tells this process first, and what it hears back. */
export interface OidcProviderSetup {
  readonly issuers: readonly KnownIssuer[];
}
export interface OidcProviderReady {
  readonly issuer: string;
  readonly clientId: string;
}

/** The client id is the account, as in the tokens of the other contender. */
const clientId = '01a8c1f0-0a54-7f8a-9d5e-3c1b7e2f9a66';

const resourceServer = {
  scope: theExchange.scope,
  audience: theExchange.audience,
  accessTokenFormat: 'jwt',
  accessTokenTTL: theExchange.lifetimeSeconds,
  jwt: { sign: { alg: 'ES256' } },
} as const satisfies ResourceServer;

const createProvider = async (issuer: string, known: readonly KnownIssuer[]): Promise<Provider> => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        token_endpoint_auth_method: 'none',
        id_token_signed_response_alg: 'ES256',
        grant_types: [urns.tokenExchange],
        redirect_uris: [],
        response_types: [],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'signing' }] },
    cookies: { keys: ['bench'] },
    scopes: [theExchange.scope],
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => theExchange.audience,
        getResourceServerInfo: () => resourceServer,
      },
    },
    extraTokenClaims: () => ({
      account_name: theExchange.account.name,
      owning_team: theExchange.account.team,
    }),
  });

  const keysOf = new Map(known.map((entry) => [entry.issuer, createRemoteJWKSet(new URL(entry.jwksUri))]));
  const parameters = ['subject_token', 'subject_token_type', 'scope'];
  provider.registerGrantType<Record<(typeof parameters)[number], string | undefined>>(
    urns.tokenExchange,
    async (ctx) => {
      const { subject_token: token, subject_token_type: type, scope } = ctx.oidc.params;
      if (token === undefined || type !== urns.jwt)
        throw new errors.InvalidRequest('no subject_token that fits');
      const claims = await verifyThirdPartyToken(token, keysOf);
      if (claims.sub !== theExchange.subject) throw new errors.InvalidRequest('nobody trusts this subject');

      const server = new provider.ResourceServer(theExchange.audience, resourceServer);
      const accessToken = new provider.ClientCredentials({
        client: ctx.oidc.client,
        scope: scope ?? resourceServer.scope,
      });
      accessToken.resourceServer = server;
      ctx.oidc.entity('ClientCredentials', accessToken);
      ctx.body = {
        access_token: await accessToken.save(),
        token_type: accessToken.tokenType,
        expires_in: accessToken.expiration,
        scope: accessToken.scope,
        issued_token_type: urns.accessToken,
      };
    },
    parameters,
  );
  return provider;
};

/** The issuer is looked up by the token's unverified `iss`, as every server with several issuers must. */
const verifyThirdPartyToken = async (
  token: string,
  keysOf: ReadonlyMap<string, ReturnType<typeof createRemoteJWKSet>>,
): Promise<JWTPayload> => {
  try {
    const { iss } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as JWTPayload;
    const keys = keysOf.get(iss ?? '');
    if (iss === undefined || keys === undefined) throw new Error('no such issuer');
    const { payload } = await jwtVerify(token, keys, {
      issuer: iss,
      audience: theExchange.tokenAudience,
      algorithms: ['RS256', 'ES256'],
      requiredClaims: ['sub', 'iat', 'exp'],
    });
    return payload;
  } catch {
    throw new errors.InvalidRequest('the subject_token was refused');
  }
};

const serve = async ({ issuers }: OidcProviderSetup): Promise<void> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const handle = (await createProvider(issuer, issuers)).callback();
  server.on('request', (request, response) => void handle(request, response));
  process.send?.({ issuer, clientId } satisfies OidcProviderReady);
};

// A failure here ends the process, and the harness with what it says.
process.on('message', (setup: OidcProviderSetup) => void serve(setup));
process.on('disconnect', () => process.exit());
// An orderly end, or no profile would be written.
process.on('SIGTERM', () => process.exit());
// Ctrl-C reaches the whole group; the harness ends this process when it is done with it.
process.on('SIGINT', () => undefined);
