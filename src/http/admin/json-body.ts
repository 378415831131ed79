import type { FastifyInstance } from 'fastify';
import { MalformedJson } from './fault-response.ts';

/** `application/json`, and `application/merge-patch+json` for changes (RFC 7396 §3); charset utf-8 alone (RFC 8259 §8.1). */
const mediaType = /^application\/(?:merge-patch\+)?json(?:\s*;\s*charset\s*=\s*"?utf-8"?)?\s*$/i;

/** A body that says it is of another media type; 415 like those Fastify refuses itself. */
const unsupported = (): Error => Object.assign(new Error('unsupported media type'), { statusCode: 415 });

/** Makes JSON the only body that routes of `scope` read. Members named `__proto__` are ordinary data here (A35, A108). */
export const acceptJsonBodies = (scope: FastifyInstance): void => {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    const contentType = request.headers['content-type'] ?? '';
    if (!mediaType.test(contentType)) return done(unsupported());
    if (contentType.toLowerCase().includes('merge-patch') && request.method !== 'PATCH')
      return done(unsupported());
    return parseJson(body, done);
  });
};

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const parseJson = (body: string | Buffer, done: (error: Error | null, value?: unknown) => void): void => {
  let value: unknown;
  try {
    value =
      body.length === 0 ? undefined : JSON.parse(typeof body === 'string' ? body : decoder.decode(body));
  } catch {
    return done(new MalformedJson('The body is not JSON in UTF-8 (RFC 8259).'));
  }
  return done(null, value);
};
