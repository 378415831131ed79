import type { FastifyReply, FastifyRequest } from 'fastify';
import { sourceAddressOf } from './source-address.ts';

/** What became known of a request, for its line in the log. Names of ours alone: nothing a stranger wrote (A101, A102). */
export interface LoggedFacts {
  /** Id of the activity behind the answer: what a refused caller holds. */
  readonly receipt?: string | null;
  /** Why it was refused. */
  readonly reason?: string;
  /** A tenant that exists. */
  readonly tenant: string | null;
  /** Id of the service account that asked, once it is known. */
  readonly account: string | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** `null` where nothing is known, as of a request that no route answers. */
    logged: LoggedFacts | null;
  }
}

/**
 * One line per request. The path is the template of its route, never what was sent, where tokens could stand (A84, RS-12).
 */
export const logRequest = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
  request.log.info(
    {
      reqId: request.id,
      method: request.method,
      path: request.routeOptions.url ?? 'unmatched',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      address: sourceAddressOf(request),
      tenant: null,
      account: null,
      receipt: null,
      ...request.logged,
    },
    'request',
  );
  done();
};
