// npm's oidc-provider with a token-exchange grant, as somebody who knows it would set it up, and nothing it could do
// without: two clients from the static list, nothing stored but used assertions, no claims looked up, no log.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, exportJWK, generateKeyPair, type JWTPayload, jwtVerify } from 'jose';
import Provider, { errors, type ResourceServer } from 'oidc-provider';
import { theExchange, urns } from '../the-exchange.ts';
import type { Registrations } from './contender.ts';
import { clientIds, type ProcessReady, serveWhenTold } from './contender-process.ts';

const resourceServer = {
  scope: theExchange.scope,
  audience: theExchange.audience,
  accessTokenFormat: 'jwt',
  accessTokenTTL: theExchange.lifetimeSeconds,
  jwt: { sign: { alg: 'ES256' } },
} as const satisfies ResourceServer;

const createProvider = async (
  issuer: string,
  { issuers: known, publicKey }: Registrations,
): Promise<Provider> => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientIds.federated,
        token_endpoint_auth_method: 'none',
        id_token_signed_response_alg: 'ES256',
        grant_types: [urns.tokenExchange],
        redirect_uris: [],
        response_types: [],
      },
      {
        client_id: clientIds.ownKey,
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        id_token_signed_response_alg: 'ES256',
        jwks: { keys: [publicKey] },
        grant_types: ['client_credentials'],
        scope: theExchange.scope,
        redirect_uris: [],
        response_types: [],
      },
    ],
    clientAuthMethods: ['none', 'private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'signing' }] },
    cookies: { keys: ['bench'] },
    scopes: [theExchange.scope],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => theExchange.audience,
        getResourceServerInfo: () => resourceServer,
      },
    },
    extraTokenClaims: (_ctx, token) => ({
      account_name:
        token.clientId === clientIds.ownKey ? theExchange.keyAccount.name : theExchange.account.name,
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
      algorithms: ['RS256', 'ES256', 'Ed25519', 'EdDSA'],
      requiredClaims: ['sub', 'iat', 'exp'],
    });
    return payload;
  } catch {
    throw new errors.InvalidRequest('the subject_token was refused');
  }
};

const serve = async (registrations: Registrations): Promise<ProcessReady> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const handle = (await createProvider(issuer, registrations)).callback();
  server.on('request', (request, response) => void handle(request, response));
  return { issuer, jwksUri: `${issuer}/jwks` };
};

serveWhenTold(serve);
