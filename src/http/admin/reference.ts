import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { adminOperations } from '../../admin-api/operations.ts';
import { buildPublicDocument, type PublicDocument, sendPublicDocument } from '../public-document.ts';
import { noSchemaCompilers } from '../schema-compilers.ts';
import { adminRoutes } from './admin-routes.ts';
import { describeOperation, openapiOptions } from './openapi.ts';
import { buildOpenapiDocument } from './openapi-document.ts';
import { routePlace } from './route-place.ts';

/** The page shows nothing but itself: own files only, no inline script, no frame around it (A95, A110). */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

/**
 * The OpenAPI document of every route of the admin API, and the pages that show it. It listens nowhere: whoever serves them
 * injects their requests.
 */
export const openReference = async (baseIssuer: string): Promise<FastifyInstance> => {
  const reference = Fastify({ logger: false, schemaController: noSchemaCompilers });
  await reference.register(swagger, {
    openapi: openapiOptions(baseIssuer),
    transform: jsonSchemaTransform,
    transformObject: buildOpenapiDocument,
  });
  await reference.register(describeRoutes, { prefix: '/api/v1' });
  await reference.register(helmet, {
    contentSecurityPolicy,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    strictTransportSecurity: baseIssuer.startsWith('https:'),
  });
  await reference.register(swaggerUi, {
    routePrefix: '/api/v1/docs',
    uiConfig: { docExpansion: 'list', deepLinking: true, supportedSubmitMethods: [], validatorUrl: null },
    theme: { title: 'Bureau admin API' },
  });
  let document: PublicDocument | null = null;
  reference.get('/api/v1/openapi.json', { schema: { hide: true } }, (request, reply) => {
    document ??= buildPublicDocument('application/json', reference.swagger());
    return sendPublicDocument(request, reply, document);
  });
  await reference.ready();
  return reference;
};

/** The routes as they are described. Nobody reaches them here: those that answer are in `register-admin-api.ts`. */
const describeRoutes = async (scope: FastifyInstance): Promise<void> => {
  scope.setValidatorCompiler(() => () => true);
  scope.setSerializerCompiler(() => () => '');
  for (const route of adminRoutes)
    scope.route({
      ...routePlace(adminOperations[route.operation]),
      schema: describeOperation(route),
      handler: (_request, reply) => reply.callNotFound(),
    });
  return Promise.resolve();
};
