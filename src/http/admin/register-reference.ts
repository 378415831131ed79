import type { FastifyInstance, FastifyReply, FastifyRequest, LightMyRequestResponse } from 'fastify';
import { defaultMaxAgeSeconds } from '../../core/signing-keys/published-keys.ts';
import { type PublicDocument, sendPublicDocument } from '../public-document.ts';

const documentPath = '/api/v1/openapi.json';
const paths = ['/api/v1/docs', '/api/v1/docs/*'];

/** Of the connection and not of the page. */
const hopByHop: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

/** A document as it is answered to everybody, made once: it is large, and anybody may ask for it again and again (A89). */
interface Page {
  readonly headers: readonly (readonly [string, string | number | string[]])[];
  readonly document: PublicDocument;
}

const toPage = ({ headers, rawPayload }: LightMyRequestResponse): Page => ({
  headers: Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || hopByHop.has(name) || name === 'content-length' ? [] : [[name, value] as const],
  ),
  document: {
    contentType: String(headers['content-type']),
    bytes: rawPayload,
    etag: String(headers.etag),
    maxAgeSeconds: defaultMaxAgeSeconds,
  },
});

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

  let document: Promise<Page> | null = null;
  const readDocument = async (): Promise<Page> => {
    try {
      return toPage(await (await reference()).inject({ method: 'GET', url: documentPath }));
    } catch (error) {
      document = null;
      throw error;
    }
  };
  app.get(documentPath, async (request, reply) => {
    const page = await (document ??= readDocument());
    for (const [name, value] of page.headers) reply.header(name, value);
    return sendPublicDocument(request, reply, page.document);
  });
};
