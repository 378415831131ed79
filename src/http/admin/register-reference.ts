import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const paths = ['/api/v1/openapi.json', '/api/v1/docs', '/api/v1/docs/*'];

/** Of the connection and not of the page. */
const hopByHop: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

/**
 * Serves the OpenAPI document of the admin API and the pages that show it. Both are public, and both are made by the first
 * request for one: few servers are ever asked, and what makes them is a third of all that could be loaded at the start.
 */
export const registerReference = (app: FastifyInstance, baseIssuer: string): void => {
  let opening: Promise<FastifyInstance> | null = null;
  const open = async (): Promise<FastifyInstance> => {
    try {
      const { openReference } = await import('./reference.ts');
      return await openReference(baseIssuer);
    } catch (error) {
      // Not for good: the next request tries again.
      opening = null;
      throw error;
    }
  };
  const reference = (): Promise<FastifyInstance> => (opening ??= open());
  const show = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    // For HEAD as well: what the page would be says how long it is.
    const page = await (await reference()).inject({
      method: 'GET',
      url: request.url,
      headers: request.headers,
    });
    if (page.statusCode === 404) {
      reply.callNotFound();
      return reply;
    }
    if (page.statusCode >= 400)
      throw Object.assign(new Error('the reference cannot be shown'), { statusCode: page.statusCode });
    for (const [name, value] of Object.entries(page.headers))
      if (value !== undefined && !hopByHop.has(name)) reply.header(name, value);
    return reply.code(page.statusCode).send(page.rawPayload.length === 0 ? undefined : page.rawPayload);
  };
  for (const url of paths) app.get(url, show);
};
