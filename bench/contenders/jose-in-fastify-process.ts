// What one would write oneself in an afternoon: Fastify, jose's jwtVerify with its cached key sets, SignJWT in the handler.
// Nothing durable, no log, no limit; an assertion works once as far as this process remembers.
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import {
  createRemoteJWKSet,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose';
import { theExchange, urns } from '../the-exchange.ts';
import type { Registrations } from './contender.ts';
import { clientIds, type ProcessReady, serveWhenTold } from './contender-process.ts';

type Subject = { readonly clientId: string; readonly name: string };

/** Assertions that were used, forgotten a while after they expired. */
const createMemory = () => {
  const used = new Map<string, number>();
  return (jti: string, exp: number): boolean => {
    if (used.has(jti)) return false;
    used.set(jti, exp);
    const now = Date.now() / 1000;
    // In the order in which they came, which is about the order in which they expire.
    for (const [oldest, until] of used) {
      if (until > now) break;
      used.delete(oldest);
    }
    return true;
  };
};

const serve = async ({ issuers, publicKey }: Registrations): Promise<ProcessReady> => {
  const keysOf = new Map(issuers.map((known) => [known.issuer, createRemoteJWKSet(new URL(known.jwksUri))]));
  const accountKey = await importJWK(publicKey, publicKey.alg);
  const signing = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(signing.publicKey)), alg: 'ES256', use: 'sig', kid: 'signing' };
  const useUp = createMemory();
  let issuer = '';

  const exchange = async (token: string): Promise<Subject> => {
    const { iss = '' } = decodeJwt(token);
    const keys = keysOf.get(iss);
    if (keys === undefined) throw new Error('no such issuer');
    const { payload } = await jwtVerify(token, keys, {
      issuer: iss,
      audience: theExchange.tokenAudience,
      algorithms: ['RS256', 'ES256', 'Ed25519', 'EdDSA'],
      requiredClaims: ['sub', 'iat', 'exp'],
    });
    if (payload.sub !== theExchange.subject) throw new Error('nobody trusts this subject');
    return { clientId: clientIds.federated, name: theExchange.account.name };
  };

  const authenticate = async (assertion: string): Promise<Subject> => {
    const { payload } = await jwtVerify(assertion, accountKey, {
      issuer: clientIds.ownKey,
      subject: clientIds.ownKey,
      audience: issuer,
      algorithms: [publicKey.alg],
      requiredClaims: ['exp', 'jti'],
    });
    const { jti, exp }: JWTPayload = payload;
    if (jti === undefined || exp === undefined || !useUp(jti, exp)) throw new Error('used before');
    return { clientId: clientIds.ownKey, name: theExchange.keyAccount.name };
  };

  const app = fastify();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  );
  app.get('/jwks', () => ({ keys: [jwk] }));
  app.post('/token', async (request, reply) => {
    const form = request.body as URLSearchParams;
    let subject: Subject;
    try {
      subject =
        form.get('grant_type') === urns.tokenExchange
          ? await exchange(form.get('subject_token') ?? '')
          : await authenticate(form.get('client_assertion') ?? '');
    } catch {
      return reply.code(400).send({ error: 'invalid_request' });
    }
    const now = Math.floor(Date.now() / 1000);
    const accessToken = await new SignJWT({
      client_id: subject.clientId,
      scope: theExchange.scope,
      account_name: subject.name,
      owning_team: theExchange.account.team,
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'signing' })
      .setIssuer(issuer)
      .setSubject(subject.clientId)
      .setAudience(theExchange.audience)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + theExchange.lifetimeSeconds)
      .sign(signing.privateKey);
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: theExchange.lifetimeSeconds,
      scope: theExchange.scope,
      issued_token_type: urns.accessToken,
    };
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  issuer = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return { issuer, jwksUri: `${issuer}/jwks` };
};

serveWhenTold(serve);
