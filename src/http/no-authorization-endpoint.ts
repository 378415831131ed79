import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { namedAuthorizationPath } from '../core/oauth/metadata.ts';

const body = JSON.stringify({
  error: 'unsupported_response_type',
  error_description:
    'There is no authorization endpoint: nobody signs in here with a browser. Ask the token endpoint for a token.',
});

/**
 * What stands where the documents for MSAL say the authorization endpoint is: an answer for whoever opens it, the same for
 * every method and tenant, and never a redirect (RFC 6749 §4.1.2.1).
 */
export const registerNoAuthorizationEndpoint = (app: FastifyInstance): void => {
  const answer = async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    reply
      .code(400)
      .header('content-type', 'application/json; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('x-content-type-options', 'nosniff')
      .send(body);
  // Before any body is looked at.
  app.route({
    method: app.supportedMethods,
    url: namedAuthorizationPath(':tenant'),
    onRequest: answer,
    handler: answer,
  });
};
