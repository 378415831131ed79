import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  RouteHandlerMethod,
} from 'fastify';
import { failed } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import type { RefusalReason } from '../core/oauth/reasons.ts';
import { defaultTenant } from '../core/tenants/tenant.ts';
import type { EndpointAnswers, EndpointReply } from '../token/endpoint.ts';
import { maxTokenRequestBytes, type TokenRequest } from '../token/token-request.ts';
import { sourceAddressOf } from './source-address.ts';
import { headerCount } from './header-count.ts';
import { limitTokenRequests, RateLimited, type TokenRateLimits } from './token-rate-limit.ts';

const maxBodyBytes = maxTokenRequestBytes;

const formType = 'application/x-www-form-urlencoded';

const formContentType = /^application\/x-www-form-urlencoded[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i;

/** An endpoint that takes a form and answers in JSON, or with nothing. */
export interface FormEndpoint<Request extends TokenRequest, Body extends object | null> {
  readonly paths: readonly string[];
  readonly answers: EndpointAnswers<Request, Body>;
  readonly limits: TokenRateLimits;
  /** What this endpoint wants to know of a request beside the rest. */
  readonly complete: (request: FastifyRequest, read: TokenRequest) => Request;
}

/**
 * `POST` to an endpoint of OAuth, in a scope of its own: form bodies only, every answer in OAuth's shape (RS-06), requests
 * counted for this endpoint alone (RL-03).
 */
export const registerFormEndpoint = async <Request extends TokenRequest, Body extends object | null>(
  app: FastifyInstance,
  { paths, answers, limits, complete }: FormEndpoint<Request, Body>,
): Promise<void> => {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // As UTF-8, which costs no copy: what is not ASCII in it is refused later on, whatever it was read as (A87).
    scope.addContentTypeParser(
      formType,
      { parseAs: 'string', bodyLimit: maxBodyBytes },
      (_request, body, done) => done(null, body),
    );

    const turnAway = async (
      request: FastifyRequest,
      reply: FastifyReply,
      refusal: Turned,
    ): Promise<FastifyReply> => {
      const checks = [failed(refusal.check, refusal.expected, refusal.presented, refusal.hint)];
      const answer = await answers.turnAway(callerOf(request), refusal.reason, checks);
      for (const [name, value] of Object.entries(refusal.headers ?? {})) reply.header(name, value);
      return send(request, reply, answer);
    };

    scope.setErrorHandler((error, request, reply) => turnAway(request, reply, describeError(error, request)));
    const throttled = limitTokenRequests(limits, (request) => callerOf(request).tenant);

    const requireFormBody: onRequestHookHandler = (request, _reply, done) => {
      const type = request.headers['content-type'];
      const isForm =
        type !== undefined && formContentType.test(type) && headerCount(request, 'content-type') === 1;
      if (isForm) done();
      else done(new ContentTypeUnsupported());
    };

    // Returns nothing: Fastify would make more promises, and wait for the end of the answer by them.
    const handler: RouteHandlerMethod = (request, reply) => {
      const { headers } = request;
      answers
        .answer(
          complete(request, {
            ...callerOf(request),
            body: typeof request.body === 'string' ? request.body : '',
            authorizationHeader: headers.authorization !== undefined,
            authorizationScheme: schemeOf(headers.authorization),
            attestationHeader: headers['oauth-client-attestation'] !== undefined,
          }),
        )
        .then((answer) => void send(request, reply, answer))
        .catch((error: unknown) => void reply.send(error));
    };

    const wrongMethod: RouteHandlerMethod = (request, reply) =>
      turnAway(request, reply, {
        reason: 'method_not_allowed',
        check: 'request.method',
        expected: 'POST',
        presented: request.method,
        hint: 'Send a POST with a form body.',
        headers: { allow: 'POST' },
      });

    const otherMethods = scope.supportedMethods.filter((method) => method !== 'POST');
    for (const url of paths) {
      scope.route({ method: 'POST', url, onRequest: [...throttled, requireFormBody], handler });
      scope.route({
        method: otherMethods,
        url,
        onRequest: [...throttled, async (request, reply) => wrongMethod.call(scope, request, reply)],
        handler: wrongMethod,
      });
    }
  });
};

/** Named only where it is one of these: what stands there without a scheme may be the secret itself (A102). */
const schemes = ['Basic', 'Bearer', 'DPoP', 'Digest', 'Negotiate', 'AWS4-HMAC-SHA256'];

const schemeOf = (header: string | undefined): string | null => {
  if (header === undefined) return null;
  const said = header.split(' ', 1)[0]?.toLowerCase();
  return schemes.find((scheme) => scheme.toLowerCase() === said) ?? null;
};

interface Turned {
  readonly reason: RefusalReason;
  readonly check: string;
  readonly expected: string;
  readonly presented: string;
  readonly hint?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const callerOf = (request: FastifyRequest): { tenant: string; sourceAddress: string } => ({
  tenant: (request.params as { tenant?: string }).tenant ?? defaultTenant,
  sourceAddress: sourceAddressOf(request),
});

/** Thrown towards the error handler of the scope. */
class ContentTypeUnsupported extends Error {
  override readonly name = 'ContentTypeUnsupported';
}

/** Faults of the frame around the handler, as refusals; what is unknown is ours (RS-11). */
const describeError = (error: unknown, request: FastifyRequest): Turned => {
  if (error instanceof RateLimited)
    return {
      reason: 'rate_limited',
      check: 'request.rate',
      expected: 'fewer requests a minute',
      presented: 'more',
      hint: 'Keep a token until shortly before it expires. Behind a proxy, list its address in BUREAU_TRUST_PROXY, or all callers count as one.',
      headers: { 'retry-after': String(error.retryAfterSeconds) },
    };
  if (error instanceof ContentTypeUnsupported)
    return {
      reason: 'content_type_unsupported',
      check: 'request.content-type',
      expected: 'application/x-www-form-urlencoded',
      presented: present(request.headers['content-type']),
      hint: 'Send the parameters as a form body in UTF-8; JSON is not read here.',
    };
  const { code, statusCode } = error as { readonly code?: string; readonly statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return {
      reason: 'body_too_large',
      check: 'request.body.size',
      expected: `at most ${maxBodyBytes} bytes`,
      presented: 'more',
      hint: 'Send the parameters of the grant and nothing else.',
      headers: { connection: 'close' },
    };
  if (statusCode !== undefined && statusCode < 500)
    return {
      reason: 'body_malformed',
      check: 'request.body',
      expected: 'a complete form body',
      presented: code ?? 'broken',
      hint: 'The connection broke, or Content-Length is not the length of the body.',
    };
  request.log.error({ reqId: request.id, err: error }, 'fault at an endpoint of OAuth');
  return {
    reason: 'internal_fault',
    check: 'server',
    expected: 'no fault',
    presented: 'a fault',
    hint: 'The log has the fault beside this receipt.',
  };
};

/** The few headers by hand: this is the hot path (RS-01, A95). */
const headersOfAll = {
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'x-content-type-options': 'nosniff',
} as const;
const headersOfJson = { ...headersOfAll, 'content-type': 'application/json; charset=utf-8' } as const;

const send = (
  request: FastifyRequest,
  reply: FastifyReply,
  answer: EndpointReply<object | null>,
): FastifyReply => {
  const { activity: receipt, tenant, account } = answer;
  request.logged = { tenant, account, receipt, ...(answer.ok ? {} : { reason: answer.reason }) };
  reply.headers(answer.ok && answer.body === null ? headersOfAll : headersOfJson);
  if (answer.ok && answer.body === null) return reply.code(200).send();
  if (answer.ok) return reply.code(200).send(JSON.stringify(answer.body));
  const { status, body, retryAfterSeconds, challenge } = answer.response;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  if (challenge !== undefined) reply.header('www-authenticate', challenge);
  return reply.code(status).send(JSON.stringify(body));
};
