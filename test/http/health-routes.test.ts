import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { registerHealthRoutes, type VitalPart } from '../../src/http/health-routes.ts';
import { createFixedClock } from '../support/fixed-clock.ts';

const open = (parts: readonly VitalPart[]) => {
  const app = Fastify();
  const clock = createFixedClock();
  let stopping = false;
  registerHealthRoutes(app, { parts, isStopping: () => stopping, clock });
  const ready = async () => {
    const response = await app.inject('/readyz');
    return { status: response.statusCode, body: response.json<unknown>() };
  };
  return { app, clock, ready, stop: () => (stopping = true) };
};

describe('health (contract §2)', () => {
  it('names every part that fails, and only those', async () => {
    const { app, ready } = open([
      { name: 'store', check: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.5')) },
      { name: 'signing-keys', check: () => Promise.resolve() },
      { name: 'third', check: () => Promise.reject(new Error('no')) },
    ]);
    expect(await ready()).toEqual({
      status: 503,
      body: { status: 'not ready', failing: ['store', 'third'] },
    });
    expect((await app.inject('/livez')).statusCode).toBe(200);
  });

  it('A10 asks the parts once a second, however often it is asked itself', async () => {
    let asked = 0;
    const { clock, ready } = open([{ name: 'store', check: () => Promise.resolve(void (asked += 1)) }]);
    await Promise.all(Array.from({ length: 100 }, ready));
    expect(asked).toBe(1);
    clock.advance(1000);
    expect(await ready()).toEqual({ status: 200, body: { status: 'ready' } });
    expect(asked).toBe(2);
  });

  it('a server that stops is not ready, whatever its parts say', async () => {
    const { ready, stop } = open([{ name: 'store', check: () => Promise.resolve() }]);
    expect((await ready()).status).toBe(200);
    stop();
    expect(await ready()).toEqual({ status: 503, body: { status: 'not ready', failing: ['stopping'] } });
  });

  it('nothing of these answers is kept on the way', async () => {
    const { app } = open([]);
    for (const path of ['/livez', '/readyz'])
      expect((await app.inject(path)).headers['cache-control']).toBe('no-store');
  });
});
