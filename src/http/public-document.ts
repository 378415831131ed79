import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { defaultMaxAgeSeconds } from '../core/signing-keys/published-keys.ts';

/** A document that anybody may read and keep for a while, ready to be sent. */
export interface PublicDocument {
  readonly contentType: string;
  readonly bytes: Buffer;
  /** Strong: the same tag means the same bytes (RFC 9110 §8.8.3). */
  readonly etag: string;
  /** How long anybody may keep it. */
  readonly maxAgeSeconds: number;
}

/** Serialises `content` once. */
export const buildPublicDocument = (
  contentType: string,
  content: object,
  maxAgeSeconds = defaultMaxAgeSeconds,
): PublicDocument => {
  const bytes = Buffer.from(JSON.stringify(content));
  return { contentType, bytes, etag: `"${hash('sha256', bytes, 'base64url')}"`, maxAgeSeconds };
};

/**
 * Answers GET or HEAD with `document`, or with 304 when the caller has it (MD-14). Pages of any origin may read it: it says
 * the same to everybody and takes no credentials (A96 is about token and admin routes).
 */
export const sendPublicDocument = (
  request: FastifyRequest,
  reply: FastifyReply,
  document: PublicDocument,
): FastifyReply => {
  reply
    .header('cache-control', `public, max-age=${document.maxAgeSeconds}`)
    .header('etag', document.etag)
    .header('access-control-allow-origin', '*')
    .header('x-content-type-options', 'nosniff');
  if (isKnown(request.headers['if-none-match'], document.etag)) return reply.code(304).send();
  return reply.code(200).header('content-type', document.contentType).send(document.bytes);
};

/** `If-None-Match` is a list or `*`, compared weakly (RFC 9110 §13.1.2). */
const isKnown = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch !== undefined &&
  ifNoneMatch.split(',').some((item) => item.trim() === '*' || item.trim().replace(/^W\//, '') === etag);
