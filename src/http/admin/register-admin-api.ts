import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../../admin/actor.ts';
import type { AdminDependencies } from '../../admin/dependencies.ts';
import { type AdminOperation, adminOperations, permits } from '../../admin-api/operations.ts';
import type { VerifyAccessToken } from '../../keys/verify-access-token.ts';
import { type AdminRoute, routePlace } from './admin-route.ts';
import { adminRoutes } from './admin-routes.ts';
import { authenticateRequest, refuseRole } from './authenticate.ts';
import { answerFault } from './fault-response.ts';
import { acceptJsonBodies } from './json-body.ts';
import { allowedMethods } from './methods.ts';
import { sendProblem } from './problem-response.ts';
import { registerProtectedResourceMetadata } from './protected-resource.ts';
import { registerReference } from './register-reference.ts';
import { serializeAnswer } from './serialize-answer.ts';
import { etagOf, parseIfMatch } from './version-header.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls the admin API; `null` on every other route. */
    adminActor: Actor | null;
  }
}

/** What the admin API is made from. */
export interface AdminApiDependencies extends AdminDependencies {
  readonly authenticate: VerifyAccessToken;
}

/**
 * Registers everything below `/api/v1` and `/t/:tenant/api/v1` (contract §5), with errors of its own so that no shape of
 * Fastify's leaks, and the metadata of the protected resource.
 *
 * `openapi.json` and `docs` are public: they describe the product, hold no data, and a browser that opens a page cannot
 * send a token (A103).
 */
export const registerAdminApi = async (app: FastifyInstance, deps: AdminApiDependencies): Promise<void> => {
  registerProtectedResourceMetadata(app, { baseIssuer: deps.baseIssuer, tenants: deps.storage.tenants });
  app.decorateRequest('adminActor', null);

  const scope = createAdminScope(deps);
  await app.register(scope, { prefix: '/api/v1' });
  await app.register(scope, { prefix: '/t/:tenant/api/v1' });
  registerReference(app, deps.baseIssuer);
};

const createAdminScope =
  (deps: AdminApiDependencies) =>
  async (scope: FastifyInstance): Promise<void> => {
    const authentication = {
      authenticate: deps.authenticate,
      tenants: deps.storage.tenants,
      baseIssuer: deps.baseIssuer,
    };
    acceptJsonBodies(scope);
    // Shapes of requests are checked by the route itself (`adminRoute`).
    scope.setSerializerCompiler(serializeAnswer);
    scope.setErrorHandler(answerFault);

    scope.addHook('onRequest', async (request, reply) => {
      reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
      const actor = await authenticateRequest(authentication, request, reply);
      if (actor === null) return reply;
      request.adminActor = actor;
      request.logged = { tenant: actor.account.tenant, account: actor.account.id };
      return undefined;
    });
    scope.setNotFoundHandler((request, reply) => sendNothingHere(request, reply, scope.prefix));

    for (const route of adminRoutes) {
      const operation: AdminOperation = adminOperations[route.operation];
      scope.route({
        ...routePlace(route),
        schema: { response: { [operation.status]: route.schemas.response } },
        ...(operation.bodyBytes === undefined ? {} : { bodyLimit: operation.bodyBytes }),
        // Before the body is parsed: who may not act is not read.
        onRequest: async (request, reply) => {
          if (permits(operation, actorOf(request).account)) return undefined;
          return refuseRole(authentication, request, reply, operation);
        },
        handler: (request, reply) => answer(deps, route, request, reply),
      });
    }
    return Promise.resolve();
  };

const actorOf = (request: FastifyRequest): Actor => {
  if (request.adminActor === null) throw new Error('a route of the admin API ran without authentication');
  return request.adminActor;
};

const answer = async (
  deps: AdminDependencies,
  route: AdminRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const { tenant: _tenant, ...params } = request.params as Readonly<Record<string, string>>;
  // A path that ends where a name should stand names nothing.
  if (Object.values(params).includes(''))
    return sendProblem(request, reply, { code: 'not_found', detail: 'There is nothing at this path.' });
  const result = await route.run(deps, {
    actor: actorOf(request),
    params,
    query: { ...(request.query as object) },
    body: request.body ?? undefined,
    condition: parseIfMatch(request.headers['if-match']),
    accept: request.headers.accept ?? '',
  });
  if (!result.ok) return sendProblem(request, reply, result.error);
  reply.code(adminOperations[route.operation].status);
  if ('stream' in result.value) {
    const { type, text } = result.value.stream;
    // Nobody reads what would be made for a HEAD.
    return reply
      .header('content-type', type)
      .send(request.method === 'HEAD' ? '' : Readable.from(text, { objectMode: false }));
  }
  const { body, version, location } = result.value;
  if (version !== undefined) reply.header('etag', etagOf(version));
  if (location !== undefined) reply.header('location', `${basePathOf(request)}${location}`);
  return reply.send(body);
};

/** The path up to and with `/api/v1`, as the caller wrote it. */
const basePathOf = (request: FastifyRequest): string => /^.*?\/api\/v1/.exec(request.url)?.[0] ?? '';

const sendNothingHere = (request: FastifyRequest, reply: FastifyReply, prefix: string): FastifyReply => {
  const depth = prefix.split('/').length - 1;
  const path = (request.url.split('?', 1)[0] ?? '')
    .split('/')
    .slice(depth + 1)
    .join('/');
  const allowed = allowedMethods(`/${path}`);
  if (allowed.length === 0)
    return sendProblem(request, reply, { code: 'not_found', detail: 'There is nothing at this path.' });
  return sendProblem(request, reply.header('allow', allowed.join(', ')), {
    code: 'method_not_allowed',
    detail: `This resource has ${allowed.join(', ')}.`,
  });
};
