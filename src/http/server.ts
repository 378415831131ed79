import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { oauthErrors } from '../core/oauth/errors.ts';
import { createTakeTurns } from '../core/take-turns.ts';
import { NoActiveSigningKey } from '../keys/key-ring-view.ts';
import { CannotOpenSigningKey } from '../ports/signing-backend.ts';
import type { LogRequest } from '../ports/request-log.ts';
import { StoreUnavailable } from '../ports/storage.ts';
import { headerCount } from './header-count.ts';
import { METHODS, STATUS_CODES } from './http-words.ts';
import { logRequests } from './request-log.ts';
import { noSchemaCompilers } from './schema-compilers.ts';

/** What the frame of the server needs to know. */
export interface ServerOptions {
  readonly logger: FastifyBaseLogger;
  /** Takes the one line of each request. */
  readonly logRequest: LogRequest;
  /** Peers whose forwarding headers count (TR-13); none by default. */
  readonly trustProxy: readonly string[];
  /** Whether the server is about to close; then connections end with their next answer, and clients go elsewhere. */
  readonly isStopping?: () => boolean;
}

/** Limits of the HTTP layer (A86, A89, A90, A91). Fastify itself sets no time-outs. */
const limits = {
  headersMs: 10_000,
  requestMs: 15_000,
  keepAliveMs: 10_000,
  lingerMs: 1000,
  bodyBytes: 64 * 1024,
  headerBytes: 16 * 1024,
  connections: 10_000,
  /** Node finds all that are too slow at once, and there may be thousands of them. */
  cutOffPerTurn: 32,
} as const;

/** The last answer on a connection on which none can follow. */
const cutOff = (socket: Socket, status: number): void => {
  if (socket.destroyed || !socket.writable) return;
  const body = JSON.stringify(plainError(status));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  // A client that neither reads nor closes would hold the connection for good (A89).
  setTimeout(() => socket.destroy(), limits.lingerMs).unref();
};

/**
 * Ends connections that failed: at once, but for those that are too slow. Each of them waits for its turn once, however often it
 * is found meanwhile.
 */
const createCutOff = (): ((code: string | undefined, socket: Socket) => void) => {
  const inTurn = createTakeTurns(() => limits.cutOffPerTurn, setImmediate);
  const waiting = new WeakSet<Socket>();
  return (code, socket) => {
    const status = statusOfClientError(code);
    if (status !== 408) return cutOff(socket, status);
    if (waiting.has(socket)) return;
    waiting.add(socket);
    inTurn(() => cutOff(socket, status));
  };
};

/**
 * The Fastify instance every route is registered on: bounds, log lines without a query string, and answers of our own
 * shape for everything that no route answers (A97).
 */
export const createServer = ({
  logger,
  logRequest,
  trustProxy,
  isStopping,
}: ServerOptions): FastifyInstance => {
  const endFailed = createCutOff();
  const app = Fastify({
    // Fastify's own remarks at start-up are dropped: the process says once that it is ready, and with what.
    loggerInstance: logger.child({}, { level: 'warn' }),
    // One logger for all requests: a line names its request where it is about one.
    childLoggerFactory: () => logger,
    // One line of our own per request instead of Fastify's two.
    logController: new LogController({ disableRequestLogging: true }),
    schemaController: noSchemaCompilers,
    trustProxy: trustProxy.length === 0 ? false : [...trustProxy],
    bodyLimit: limits.bodyBytes,
    // As long as any header may be: a parameter that is too long is refused by the route, in its own shape.
    routerOptions: { maxParamLength: limits.headerBytes },
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: true,
    return503OnClosing: false,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    http: {
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: 500,
      maxHeaderSize: limits.headerBytes,
      // Its absence is answered below, in our own shape.
      requireHostHeader: false,
    },
    clientErrorHandler: ({ code }, socket) => endFailed(code, socket),
    frameworkErrors: (_error, _request, reply) => void sendPlain(reply as FastifyReply, 404),
  });
  app.server.maxConnections = limits.connections;
  app.server.on('checkExpectation', (_request, response: ServerResponse) => {
    response.writeHead(417, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      connection: 'close',
    });
    response.end(JSON.stringify(plainError(417)));
  });

  // Every method Node reads, so that a route can say 405 to the strange ones too (TR-01).
  for (const method of METHODS)
    if (method !== 'CONNECT' && !app.supportedMethods.includes(method)) app.addHttpMethod(method);

  app.decorateRequest('logged', null);
  app.decorateRequest('sourceAddress', null);
  app.addHook('onRequest', requireOneHost);
  app.addHook('onSend', (_request, reply, payload, done) => {
    // Closed while its client sends the next request, a connection would cost that client an answer.
    if (isStopping?.() === true) reply.header('connection', 'close');
    done(null, payload);
  });
  app.addHook('onResponse', logRequests(logRequest));
  app.setNotFoundHandler((_request, reply) => sendPlain(reply, 404));
  app.setErrorHandler((error, request, reply) => {
    const status = statusOfFault(error);
    if (status >= 500)
      request.log.error({ reqId: request.id, err: error }, 'fault while answering a request');
    if (status === 503) reply.header('retry-after', '5');
    return sendPlain(reply, status);
  });
  return app;
};

const statusOfClientError = (code: string | undefined): number => {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408;
  return 400;
};

const unavailable = [StoreUnavailable, NoActiveSigningKey, CannotOpenSigningKey];

const statusOfFault = (error: unknown): number => {
  if (unavailable.some((kind) => error instanceof kind)) return 503;
  const { statusCode = 500 } = error as { readonly statusCode?: number };
  return statusCode < 500 ? statusCode : 500;
};

const plainTexts: Readonly<Record<number, string>> = {
  400: 'The request cannot be read.',
  404: 'There is nothing at this path. The admin API is described at /api/v1/docs.',
  405: 'This resource does not have this method.',
  408: 'The request took too long to arrive.',
  417: 'The expectation in the Expect header cannot be met.',
  413: 'The body is larger than this server accepts.',
  431: 'The headers are larger than this server accepts.',
  500: 'The server met an internal fault.',
  503: 'The server cannot answer this right now. Try again after the time in Retry-After.',
};

/** The body of an error that no endpoint claims: constant text, never the exception's (A97). */
const plainError = (status: number) => {
  const error =
    status === 503 ? 'temporarily_unavailable' : status >= 500 ? 'server_error' : 'invalid_request';
  const text = plainTexts[status] ?? 'The request is refused.';
  return { error, error_description: text, errors: [{ code: oauthErrors[error].code, message: text }] };
};

const sendPlain = (reply: FastifyReply, status: number): FastifyReply =>
  reply
    .code(status)
    .header('content-type', 'application/json; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('x-content-type-options', 'nosniff')
    .send(JSON.stringify(plainError(status)));

/** One Host in HTTP/1.1, none or one before (RFC 9112 §3.2); two are how two parsers come to disagree (A88). */
const requireOneHost = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
  const hosts = headerCount(request, 'host');
  if (hosts === 1 || (hosts === 0 && request.raw.httpVersion === '1.0')) done();
  else void sendPlain(reply.header('connection', 'close'), 400);
};
