// What Fastify itself costs: it takes a form as large as that of an exchange, reads one parameter, and answers with as much.
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';

const answer = {
  access_token: `ey${'a'.repeat(640)}`,
  token_type: 'Bearer',
  expires_in: 900,
  scope: 'certificates:read',
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
};

/** What the harness hears when it asks. */
export interface HttpAlone {
  readonly url: string;
}

const serve = async (): Promise<HttpAlone> => {
  const app = fastify();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  );
  app.post('/token', (request, reply) => {
    const token = (request.body as URLSearchParams).get('subject_token');
    return reply.code(token === null ? 400 : 200).send(answer);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/token` };
};

process.on('message', () => void (async () => process.send?.(await serve()))());
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
process.on('SIGINT', () => undefined);
