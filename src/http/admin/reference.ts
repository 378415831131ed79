import helmet from '@fastify/helmet';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { buildPublicDocument, type PublicDocument, sendPublicDocument } from '../public-document.ts';

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

/** Serves the OpenAPI document of the routes of `scope`, and a page that shows it. Both are public. */
export const registerReference = async (scope: FastifyInstance, baseIssuer: string): Promise<void> => {
  let document: PublicDocument | null = null;
  const openapi = (): PublicDocument =>
    (document ??= buildPublicDocument('application/json', scope.swagger()));

  await scope.register(async (pages) => {
    pages.get('/api/v1/openapi.json', { schema: { hide: true } }, (request, reply) =>
      sendPublicDocument(request, reply, openapi()),
    );
    await pages.register(helmet, {
      contentSecurityPolicy,
      referrerPolicy: { policy: 'no-referrer' },
      xFrameOptions: { action: 'deny' },
      strictTransportSecurity: baseIssuer.startsWith('https:'),
    });
    await pages.register(swaggerUi, {
      routePrefix: '/api/v1/docs',
      uiConfig: { docExpansion: 'list', deepLinking: true, supportedSubmitMethods: [], validatorUrl: null },
      theme: { title: 'Bureau admin API' },
    });
  });
};
