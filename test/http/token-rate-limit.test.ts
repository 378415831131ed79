import Fastify from 'fastify';
import { startSharingMinutes } from '../../src/workers/shared-minutes.ts';
import { onlyWorker } from '../../src/workers/worker-place.ts';
import { describe, expect, it } from 'vitest';
import { limitTokenRequests, RateLimited, type TokenRateLimits } from '../../src/http/token-rate-limit.ts';

/** How many of `count` requests get through, each from the address and to the tenant its number gives. */
const letThrough = async (
  limits: Omit<TokenRateLimits, 'openCounter'>,
  count: number,
  addressOf: (index: number) => string = () => '203.0.113.1',
  tenantOf: (index: number) => string = () => 'default',
): Promise<number> => {
  const app = Fastify({ trustProxy: true });
  const waits: number[] = [];
  const { open, stop } = startSharingMinutes(onlyWorker.siblings, { monotonic: () => 0 });
  const hooks = limitTokenRequests({ ...limits, openCounter: open }, (request) =>
    String(request.headers['x-tenant']),
  );
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof RateLimited) waits.push(error.retryAfterSeconds);
    return reply.code(error instanceof RateLimited ? 429 : 500).send();
  });
  app.post('/', { onRequest: hooks }, () => 'ok');
  const statuses: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const headers = { 'x-forwarded-for': addressOf(index), 'x-tenant': tenantOf(index) };
    statuses.push((await app.inject({ method: 'POST', url: '/', headers })).statusCode);
  }
  await app.close();
  await stop();
  expect(statuses).not.toContain(500);
  for (const wait of waits) expect(Number.isInteger(wait) && wait >= 1 && wait <= 60).toBe(true);
  return statuses.filter((status) => status === 200).length;
};

describe('limitTokenRequests (RL-01, RL-03)', () => {
  it.each<[Omit<TokenRateLimits, 'openCounter'>, number]>([
    [{ perAddress: 5, perTenant: 'off' }, 5],
    [{ perAddress: 'off', perTenant: 4 }, 4],
    [{ perAddress: 5, perTenant: 4 }, 4],
    [{ perAddress: 3, perTenant: 4 }, 3],
    [{ perAddress: 'off', perTenant: 'off' }, 12],
  ])('%j lets %i of 12 through', async (limits, expected) =>
    expect(await letThrough(limits, 12)).toBe(expected),
  );

  it('each address and each tenant has its own count', async () => {
    const limits = { perAddress: 2, perTenant: 'off' } as const;
    expect(await letThrough(limits, 8, (index) => `203.0.113.${index % 2}`)).toBe(4);
    const perTenant = { perAddress: 'off', perTenant: 2 } as const;
    expect(
      await letThrough(
        perTenant,
        8,
        () => '203.0.113.1',
        (index) => `tenant-${index % 2}`,
      ),
    ).toBe(4);
  });

  it.each<[string, (index: number) => string]>([
    ['an IPv6 network is one subscriber', (index) => `2001:db8:0:1::${index.toString(16)}`],
    [
      'an IPv4 address in its IPv6 form is the same one',
      (index) => (index % 2 ? '203.0.113.1' : '::ffff:203.0.113.1'),
    ],
    ['A92 a port behind the address makes nobody else of it', (index) => `203.0.113.1:${5000 + index}`],
    ['A92 nor behind a bracketed one', (index) => `[2001:db8::1]:${5000 + index}`],
    ['what is no address at all is counted as it stands', () => 'zz:zz'],
  ])('%s', async (_what, addressOf) =>
    expect(await letThrough({ perAddress: 3, perTenant: 'off' }, 9, addressOf)).toBe(3),
  );
});
