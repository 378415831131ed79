import type { FastifyInstance } from 'fastify';
import { parseJsonObject } from '../../core/json-text.ts';
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

/** Deeper and wider than any body of this API; its size is bounded before. */
const limits = { maxDepth: 32, maxMembers: 5000 } as const;

/** What the schemas refuse better, with the path of the member: not an object, or text that no store can keep. */
const leftToSchemas: ReadonlySet<string> = new Set(['not-an-object', 'text']);

const parseJson = (body: string | Buffer, done: (error: Error | null, value?: unknown) => void): void => {
  if (body.length === 0) return done(null);
  try {
    const text = typeof body === 'string' ? body : decoder.decode(body);
    const parsed = parseJsonObject(text, limits);
    if (parsed.ok) return done(null, parsed.value);
    const { kind, detail } = parsed.error;
    if (leftToSchemas.has(kind)) return done(null, JSON.parse(text));
    return done(new MalformedJson(`The body is not accepted: ${detail}.`));
  } catch {
    return done(new MalformedJson('The body is not JSON in UTF-8 (RFC 8259).'));
  }
};
