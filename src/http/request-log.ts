import type { onResponseHookHandler } from 'fastify';
import type { LoggedRequest, LogRequest } from '../ports/request-log.ts';
import { sourceAddressOf } from './source-address.ts';

/** What became known of a request, for its line in the log. */
export type LoggedFacts = Pick<LoggedRequest, 'tenant' | 'account'> &
  Partial<Pick<LoggedRequest, 'receipt' | 'reason'>>;

declare module 'fastify' {
  interface FastifyRequest {
    /** `null` where nothing is known, as of a request that no route answers. */
    logged: LoggedFacts | null;
  }
}

const nothingKnown: LoggedFacts = { tenant: null, account: null };

/** One line per request, when its answer has been written. */
export const logRequests =
  (log: LogRequest): onResponseHookHandler =>
  (request, reply, done) => {
    const { tenant, account, receipt = null, reason } = request.logged ?? nothingKnown;
    log({
      reqId: request.id,
      method: request.method,
      path: request.routeOptions.url ?? 'unmatched',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      address: sourceAddressOf(request),
      tenant,
      account,
      receipt,
      reason,
    });
    done();
  };
