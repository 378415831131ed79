import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import type { MinuteCount, OpenMinuteCounter } from '../ports/minute-counts.ts';
import { createNetworkOf } from '../token/source-network.ts';
import { sourceAddressOf } from './source-address.ts';

/** Requests a minute, or `off` (contract §2). */
export type PerMinute = number | 'off';

/** How many token requests a minute are let through before any other work is done for them (RL-03). */
export interface TokenRateLimits {
  readonly perAddress: PerMinute;
  readonly perTenant: PerMinute;
  /** Opens what counts, one counter for each limit. */
  readonly openCounter: OpenMinuteCounter;
}

/** Thrown towards the error handler of the scope, which answers 429 (RL-01). */
export class RateLimited extends Error {
  override readonly name = 'RateLimited';
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('rate limited');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The hook that holds the limits, cheapest question first; none where there are none. */
export const limitTokenRequests = (
  { perAddress, perTenant, openCounter }: TokenRateLimits,
  tenantOf: (request: FastifyRequest) => string,
): onRequestHookHandler[] => {
  const networkOf = createNetworkOf();
  const limits = [
    ...limitOf('address', perAddress, openCounter, (request) => networkOf(sourceAddressOf(request))),
    ...limitOf('tenant', perTenant, openCounter, tenantOf),
  ];
  const holdLimits: onRequestHookHandler = (request, _reply, done) => {
    for (const { max, count } of limits) {
      const counted = count(request);
      if (counted.count > max) return done(new RateLimited(Math.max(1, Math.ceil(counted.leftMs / 1000))));
    }
    return done();
  };
  return limits.length === 0 ? [] : [holdLimits];
};

interface Limit {
  readonly max: number;
  readonly count: (request: FastifyRequest) => MinuteCount;
}

const limitOf = (
  name: string,
  max: PerMinute,
  openCounter: OpenMinuteCounter,
  keyOf: (request: FastifyRequest) => string,
): Limit[] => {
  if (max === 'off') return [];
  const countOne = openCounter(name, max);
  return [{ max, count: (request) => countOne(keyOf(request)) }];
};
