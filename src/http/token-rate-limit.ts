import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import ipaddr from 'ipaddr.js';
import type { OpenMinuteCounter } from '../ports/minute-counts.ts';
import { sourceAddressOf } from './source-address.ts';

/** Requests a minute, or `off` (contract §2). */
export type PerMinute = number | 'off';

/** How many token requests a minute are let through before any other work is done for them (RL-03). */
export interface TokenRateLimits {
  readonly perAddress: PerMinute;
  readonly perTenant: PerMinute;
  /** Counts over all workers of this node, where there are others. */
  readonly openCounter?: OpenMinuteCounter;
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

/** The most addresses or tenants counted at one time; beyond it the one seen longest ago is forgotten. */
const mostCounted = 20_000;

/**
 * The hooks that hold the limits, cheapest question first. Each has a counter of its own: the plugin's ready-made hooks
 * share a mark on the request, and the second of two never counts.
 */
export const limitTokenRequests = async (
  scope: FastifyInstance,
  limits: TokenRateLimits,
  tenantOf: (request: FastifyRequest) => string,
): Promise<onRequestAsyncHookHandler[]> => {
  await scope.register(rateLimit, { global: false, cache: mostCounted });
  const hook = (
    max: PerMinute,
    keyGenerator: (request: FastifyRequest) => string,
    name: string,
  ): onRequestAsyncHookHandler[] => {
    if (max === 'off') return [];
    if (limits.openCounter !== undefined) {
      const countOne = limits.openCounter(name, max);
      return [
        async (request) => {
          const { count, leftMs } = countOne(keyGenerator(request));
          if (count > max) throw new RateLimited(Math.max(1, Math.ceil(leftMs / 1000)));
        },
      ];
    }
    const take = scope.createRateLimit({ max, timeWindow: 60_000, keyGenerator });
    return [
      async (request) => {
        const taken = await take(request);
        if (!taken.isAllowed && taken.isExceeded)
          throw new RateLimited(Math.max(1, Math.ceil(taken.ttl / 1000)));
      },
    ];
  };
  return [
    ...hook(limits.perAddress, (request) => networkOf(sourceAddressOf(request)), 'address'),
    ...hook(limits.perTenant, tenantOf, 'tenant'),
  ];
};

/** An IPv4 address, or the /64 an IPv6 address stands in: one subscriber holds all of it. */
const networkOf = (address: string): string => {
  if (!ipaddr.IPv6.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
};
