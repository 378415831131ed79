import type { FastifyReply, FastifyRequest } from 'fastify';
import { InvalidCursor } from '../../ports/page.ts';
import { StoreUnavailable } from '../../ports/storage.ts';
import { sendProblem } from './problem-response.ts';

/** Thrown by the body parser; the answer is 400. */
export class MalformedJson extends Error {
  override readonly name = 'MalformedJson';
}

/** Thrown where what is known of platforms cannot be read; its cause names the file. The answer is 500. */
export class PresetsUnreadable extends Error {
  override readonly name = 'PresetsUnreadable';
}

/**
 * Answers what was thrown while a request of the admin API was handled: what Fastify refuses before our code, and faults.
 * The text is constant, the exception goes to the log only (A97). A fault while the store does not answer is 503: the
 * change was not made and may be sent again (contract §3, §7).
 */
export const answerFault = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  if (error instanceof MalformedJson) {
    return sendProblem(request, reply, { code: 'malformed_json', detail: error.message });
  }
  if (error instanceof InvalidCursor) {
    return sendProblem(request, reply, {
      code: 'invalid_cursor',
      detail: 'Send the nextCursor of the previous page unchanged, with the same filters.',
    });
  }
  switch (statusOf(error)) {
    case 413:
      return sendProblem(request, reply, {
        code: 'body_too_large',
        detail: 'The body is larger than this server accepts.',
      });
    case 415:
      return sendProblem(request, reply, {
        code: 'unsupported_media_type',
        detail: 'Send the body as application/json in UTF-8.',
      });
    case 400:
      return sendProblem(request, reply, {
        code: 'malformed_request',
        detail: 'The request cannot be read.',
      });
    default:
  }
  request.log.error({ reqId: request.id, err: error }, 'fault while answering an admin request');
  if (error instanceof StoreUnavailable) {
    return sendProblem(request, reply.header('retry-after', '5'), {
      code: 'temporarily_unavailable',
      detail: 'The store cannot be reached. Nothing was changed; try again after the time in Retry-After.',
    });
  }
  return sendProblem(request, reply, {
    code: 'internal_fault',
    detail:
      error instanceof PresetsUnreadable
        ? 'Nothing was done: what is known of platforms cannot be read. The log names the file; mend it and try again.'
        : 'The server met an internal fault. Its log has the details.',
  });
};

const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
