import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AdminProblem, adminProblems } from '../../admin/admin-problem.ts';

/** Sends a refusal as problem details (RFC 9457 §3, AD-03); `status` of the body is that of the answer. */
export const sendProblem = (
  request: FastifyRequest,
  reply: FastifyReply,
  problem: AdminProblem,
): FastifyReply => {
  const { status, title } = adminProblems[problem.code];
  if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', problem.retryAfterSeconds);
  return reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .send(
      // Bytes, because Fastify would add a charset to text, and this media type has no such parameter (RFC 9457 §6.1).
      Buffer.from(
        JSON.stringify({
          type: 'about:blank',
          title,
          status,
          detail: problem.detail,
          instance: pathOf(request),
          code: problem.code,
          ...(problem.errors === undefined ? {} : { errors: problem.errors }),
        }),
      ),
    );
};

/** The path of a request without its query, where tokens could stand (A84). */
export const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? '';
