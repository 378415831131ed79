// How a connection ends that sent nothing that can be answered, or sent it too slowly.
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createServer } from '../../src/http/server.ts';

const createApp = () =>
  createServer({ logger: pino({ enabled: false }), logRequest: () => undefined, trustProxy: [] });

/** What is left of a socket for whoever says the last word on it. */
const createEnd = () => ({
  destroyed: false,
  writable: true,
  said: [] as string[],
  end(text: string) {
    this.writable = false;
    this.said.push(text);
  },
  destroy() {
    this.destroyed = true;
  },
});

it('A89 of a thousand that are too slow at once thirty-two are cut off in a turn of the event loop, each with one answer', async () => {
  const app = createApp();
  const ends = Array.from({ length: 1000 }, createEnd);
  const tooSlow = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  // The next look of Node finds them again.
  for (let look = 0; look < 2; look += 1)
    for (const end of ends) app.server.emit('clientError', tooSlow, end as never);
  const countSaid = (): number => ends.filter(({ said }) => said.length > 0).length;
  const inTurns: number[] = [];
  for (let said = 0; said < 1000; said += inTurns.at(-1) ?? 0) {
    await new Promise((resolve) => setImmediate(resolve));
    inTurns.push(countSaid() - said);
  }
  expect(Math.max(...inTurns)).toBe(32);
  // Each had one turn: nobody waits behind those that were found twice.
  const last = createEnd();
  app.server.emit('clientError', tooSlow, last as never);
  await new Promise((resolve) => setImmediate(resolve));
  expect(last.said).toHaveLength(1);
  expect(ends.every(({ said }) => said.length === 1)).toBe(true);
  expect(ends[0]?.said[0]).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n.*Connection: close\r\n/s);
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(ends.every(({ destroyed }) => destroyed)).toBe(true);
  await app.close();
});

it('A89 A90 what cannot be read is answered at once, however much more of it comes and whoever else waits', async () => {
  const app = createApp();
  const slow = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  for (let count = 0; count < 1000; count += 1) app.server.emit('clientError', slow, createEnd() as never);
  const end = createEnd();
  const unreadable = Object.assign(new Error('Parse Error'), { code: 'HPE_INVALID_METHOD' });
  for (let count = 0; count < 3; count += 1) app.server.emit('clientError', unreadable, end as never);
  expect(end.said).toHaveLength(1);
  expect(end.said[0]).toMatch(/^HTTP\/1\.1 400 /);
  await app.close();
});

it('A89 who has gone meanwhile is told nothing', async () => {
  const app = createApp();
  const ends = [createEnd(), createEnd()];
  const slow = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  for (const end of ends) app.server.emit('clientError', slow, end as never);
  ends[1]?.destroy();
  await new Promise((resolve) => setImmediate(resolve));
  expect(ends.map(({ said }) => said.length)).toEqual([1, 0]);
  await app.close();
});
