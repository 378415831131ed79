import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify';
import ipaddr from 'ipaddr.js';

/** Requests a minute, or `off` (contract §2). */
export type PerMinute = number | 'off';

/** How many token requests a minute are let through before any other work is done for them (RL-03). */
export interface TokenRateLimits {
  readonly perAddress: PerMinute;
  readonly perTenant: PerMinute;
}

/** Thrown towards the error handler of the scope, which answers 429 (RL-01). */
class RateLimited extends Error {
  override readonly name = 'RateLimited';
  readonly statusCode = 429;
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('rate limited');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The hooks that hold the limits, cheapest question first. */
export const limitTokenRequests = async (
  scope: FastifyInstance,
  limits: TokenRateLimits,
  tenantOf: (request: FastifyRequest) => string,
): Promise<onRequestHookHandler[]> => {
  await scope.register(rateLimit, { global: false, addHeaders: noHeaders, addHeadersOnExceeding: noHeaders });
  const hook = (max: PerMinute, keyGenerator: (request: FastifyRequest) => string): onRequestHookHandler[] =>
    max === 'off'
      ? []
      : [
          scope.rateLimit({
            max,
            timeWindow: 60_000,
            cache: 20_000,
            keyGenerator,
            errorResponseBuilder: (_request, context) =>
              new RateLimited(Math.max(1, Math.ceil(context.ttl / 1000))),
          }),
        ];
  return [
    ...hook(limits.perAddress, (request) => networkOf(request.ip)),
    ...hook(limits.perTenant, tenantOf),
  ];
};

const noHeaders = {
  'x-ratelimit-limit': false,
  'x-ratelimit-remaining': false,
  'x-ratelimit-reset': false,
  'retry-after': false,
} as const;

/** An IPv4 address, or the /64 an IPv6 address stands in: one subscriber holds all of it. */
const networkOf = (address: string): string => {
  if (!address.includes(':')) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return (parsed as ipaddr.IPv6).parts.slice(0, 4).join(':');
};
