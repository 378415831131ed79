import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../../admin/actor.ts';
import type { AdminDependencies } from '../../admin/dependencies.ts';
import {
  type AdminOperation,
  type AdminOperationName,
  adminOperations,
  permits,
} from '../../admin-api/operations.ts';
import { loadOnce } from '../../core/load-once.ts';
import type { VerifyAccessToken } from '../../keys/verify-access-token.ts';
import type { AdminRoute } from './admin-route.ts';
import { authenticateRequest, refuseRole } from './authenticate.ts';
import { answerFault, PresetsUnreadable } from './fault-response.ts';
import { acceptJsonBodies } from './json-body.ts';
import { allowedMethods } from './methods.ts';
import { sendProblem } from './problem-response.ts';
import { registerProtectedResourceMetadata } from './protected-resource.ts';
import { registerReference } from './register-reference.ts';
import { routePlace } from './route-place.ts';
import { serializeAnswer } from './serialize-answer.ts';
import { etagOf, parseIfMatch } from './version-header.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls the admin API; `null` on every other route. */
    adminActor: Actor | null;
  }
}

/** What the admin API is made from. */
export interface AdminApiDependencies extends Omit<AdminDependencies, 'presets'> {
  readonly authenticate: VerifyAccessToken;
  /** Asked for with the first request that may act; without them nothing is done. */
  readonly presets: () => Promise<AdminDependencies['presets']>;
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

  const scope = createAdminScope(
    deps,
    loadOnce(() => loadActs(deps)),
  );
  await app.register(scope, { prefix: '/api/v1' });
  await app.register(scope, { prefix: '/t/:tenant/api/v1' });
  registerReference(app, deps.baseIssuer);
};

/** What is done with the requests that may act. */
interface AdminActs {
  readonly deps: AdminDependencies;
  readonly routeOf: (operation: AdminOperationName) => AdminRoute;
}

/** Comes with the first request that may act: it is a third of a start, and most servers are asked for tokens alone. */
const loadActs = async (deps: AdminApiDependencies): Promise<AdminActs> => {
  const [{ adminRoutes }, presets] = await Promise.all([
    import('./admin-routes.ts'),
    deps.presets().catch((cause: unknown) => {
      throw new PresetsUnreadable('what is known of platforms cannot be read', { cause });
    }),
  ]);
  const routes = new Map(adminRoutes.map((route) => [route.operation, route]));
  return {
    deps: { ...deps, presets },
    routeOf: (operation) => {
      const route = routes.get(operation);
      if (route === undefined) throw new Error(`nothing is done for ${operation}`);
      return route;
    },
  };
};

const createAdminScope =
  (deps: AdminApiDependencies, acts: () => Promise<AdminActs>) =>
  async (scope: FastifyInstance): Promise<void> => {
    const authentication = {
      authenticate: deps.authenticate,
      tenants: deps.storage.tenants,
      baseIssuer: deps.baseIssuer,
    };
    acceptJsonBodies(scope);
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

    for (const name of Object.keys(adminOperations) as AdminOperationName[]) {
      const operation: AdminOperation = adminOperations[name];
      scope.route({
        ...routePlace(operation),
        ...(operation.bodyBytes === undefined ? {} : { bodyLimit: operation.bodyBytes }),
        // Before the body is parsed: who may not act is not read.
        onRequest: async (request, reply) => {
          if (permits(operation, actorOf(request).account)) return undefined;
          return refuseRole(authentication, request, reply, operation);
        },
        handler: async (request, reply) => answer(await acts(), name, request, reply),
      });
    }
    return Promise.resolve();
  };

const actorOf = (request: FastifyRequest): Actor => {
  if (request.adminActor === null) throw new Error('a route of the admin API ran without authentication');
  return request.adminActor;
};

const answer = async (
  { deps, routeOf }: AdminActs,
  name: AdminOperationName,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const { tenant: _tenant, ...params } = request.params as Readonly<Record<string, string>>;
  // A path that ends where a name should stand names nothing.
  if (Object.values(params).includes(''))
    return sendProblem(request, reply, { code: 'not_found', detail: 'There is nothing at this path.' });
  const route = routeOf(name);
  const result = await route.run(deps, {
    actor: actorOf(request),
    params,
    query: { ...(request.query as object) },
    body: request.body ?? undefined,
    condition: parseIfMatch(request.headers['if-match']),
    accept: request.headers.accept ?? '',
  });
  if (!result.ok) return sendProblem(request, reply, result.error);
  reply.code(adminOperations[name].status);
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
  if (body === undefined) return reply.send();
  return reply
    .type('application/json; charset=utf-8')
    .send(serializeAnswer(route.schemas.response, body, name));
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
