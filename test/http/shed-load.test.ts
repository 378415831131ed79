// The refusal of load at a server of Node's, with an admission that does as it is told.
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AdmissionControl, LoopMoment } from '../../src/core/admission-control.ts';
import { isSpared, shedLoad } from '../../src/http/shed-load.ts';
import { createOverloadRefusals, startReportingOverload } from '../../src/token/overload-refusals.ts';
import { createStrangerBudget, type StrangerBudget } from '../../src/token/stranger-budget.ts';
import { createFixedClock } from '../support/fixed-clock.ts';
import { sendRaw } from '../support/raw-http.ts';

let server: Server;
let url: string;
let full: boolean;
/** Where requests wait: how many are begun in a turn. */
let duePerTurn: number | null;
let restMs: number;
let stopping: boolean;
let inside: number;
let seen: string[];
let moments: LoopMoment[];
let sockets: Socket[];
let statusOf: (path: string) => number;
let strangers: StrangerBudget;
let refusals: ReturnType<typeof createOverloadRefusals>;
let waiting: (() => void)[];
let nowMs: number;

const admission: AdmissionControl = {
  admit: () => {
    if (full) return null;
    inside += 1;
    return duePerTurn === null ? 'now' : 'later';
  },
  next: () => duePerTurn ?? 0,
  restMs: () => restMs,
  left: () => void (inside -= 1),
  turn: (moment) => void moments.push(moment),
  inFlight: () => inside,
};

beforeEach(async () => {
  [full, stopping, inside, seen, moments, sockets, waiting] = [false, false, 0, [], [], [], []];
  [nowMs, duePerTurn, restMs] = [7, null, 50];
  statusOf = () => 200;
  let ids = 0;
  strangers = createStrangerBudget(600, createFixedClock(), () => `receipt-${(ids += 1)}`);
  refusals = createOverloadRefusals(strangers);
  server = createServer((request, response) => {
    seen.push(request.url ?? '');
    server.emit('begun');
    request.resume();
    const answer = (): void => void response.writeHead(statusOf(request.url ?? '')).end('{}');
    if (request.url?.endsWith('?wait')) waiting.push(answer);
    else answer();
  });
  server.on('connection', (socket: Socket) => void sockets.push(socket));
  shedLoad(server, {
    admission,
    refusals,
    clock: { monotonic: () => nowMs },
    idleMs: () => 3,
    isStopping: () => stopping,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const answer of waiting) answer();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const post = (path = '/token'): Promise<Response> => fetch(`${url}${path}`, { method: 'POST', body: 'a=b' });
const connectRaw = (to: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(to).port), '127.0.0.1', () => resolve(socket)).on('error', reject);
  });
const raw = (path = '/token', body = 'a=b'): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('B26 RS-11 a request that is too many', () => {
  it('is 503 in the shape of OAuth with Retry-After, and reaches nothing behind; one that is not passes', async () => {
    expect((await post()).status).toBe(200);
    full = true;
    const answer = await post();
    expect(answer.status).toBe(503);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      pragma: 'no-cache',
      'x-content-type-options': 'nosniff',
      connection: 'keep-alive',
    });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    const sentence = 'The server cannot decide this right now. Try again after the time in Retry-After.';
    expect(await answer.json()).toEqual({
      error: 'temporarily_unavailable',
      error_description: sentence,
      receipt: 'receipt-1',
      errors: [{ code: 1008, message: sentence }],
    });
    expect(seen).toEqual(['/token']);
    full = false;
    expect((await post()).status).toBe(200);
  });

  it('those refused together are told different times', async () => {
    full = true;
    const told = new Set<string | null>();
    for (let count = 0; count < 4; count += 1) told.add((await post()).headers.get('retry-after'));
    expect(told).toEqual(new Set(['1', '2', '3', '4']));
  });

  it('is counted: one receipt for all of a minute, which leads to their number, and none is kept alone', async () => {
    full = true;
    for (let count = 0; count < 5; count += 1)
      expect(await (await post()).json()).toMatchObject({ receipt: 'receipt-1' });
    expect(refusals.count()).toBe(5);
    expect(strangers.pending('default', 'receipt-1')).toMatchObject({
      type: 'token.summary',
      outcome: 'refused',
      details: { total: 5, 'count.overloaded': 5 },
    });
    expect(strangers.admit('default', 'issuer_unknown')).toEqual({ kept: 'alone' });
  });

  it('a new minute has another receipt, and the answer says so', async () => {
    full = true;
    await post();
    strangers.due(true);
    expect(await (await post()).json()).toMatchObject({ receipt: 'receipt-2' });
  });

  it('its connection stays, also when its body comes late, and serves the next', async () => {
    full = true;
    const { statuses, closed } = await sendRaw(url, raw(), raw('/token', 'x'.repeat(60_000)), raw());
    expect(statuses).toEqual([503, 503, 503]);
    expect(closed).toBe(false);
  });

  it('on a server that is stopping the connection ends with it', async () => {
    full = true;
    stopping = true;
    expect((await post()).headers.get('connection')).toBe('close');
  });

  it('HEAD has no body', async () => {
    full = true;
    const { text } = await sendRaw(url, 'HEAD /token HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 503 .*\r\n\r\n$/s);
  });

  it('its connection rests, and is read again', async () => {
    full = true;
    const { statuses } = await sendRaw(url, raw());
    expect(statuses).toEqual([503]);
    const [socket] = sockets;
    const happened: string[] = [];
    const waitFor = (event: string): Promise<void> =>
      new Promise((resolve) => {
        sockets.at(-1)?.once(event, () => {
          happened.push(event);
          resolve();
        });
      });
    const second = fetch(url, { method: 'POST', body: 'a=b' });
    while (sockets.at(-1) === socket) await new Promise((resolve) => setImmediate(resolve));
    const rested = waitFor('pause').then(() => waitFor('resume'));
    expect((await second).status).toBe(503);
    await rested;
    expect(happened).toEqual(['pause', 'resume']);
  });

  it.each([
    [50, false],
    [100_000, true],
  ])('its connection rests for about as long as is said: %i ms', async (milliseconds, rests) => {
    full = true;
    restMs = milliseconds;
    const client = await connectRaw(url);
    client.write(raw());
    while (sockets.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => sockets[0]?.once('pause', resolve));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(sockets[0]?.isPaused()).toBe(rests);
    client.destroy();
  });
});

describe('B26 who is spared', () => {
  const table: readonly (readonly [string, boolean])[] = [
    ['/livez', true],
    ['/readyz', true],
    ['/readyz?verbose', true],
    ['/metrics', true],
    ['/api/v1', true],
    ['/api/v1/service-accounts?limit=1', true],
    ['/t/acme/api/v1/blocks', true],
    ['/.well-known/jwks.json', true],
    ['/.well-known/oauth-authorization-server/t/acme', true],
    ['/t/acme/.well-known/openid-configuration', true],
    ['/acme/v2.0/.well-known/openid-configuration', true],
    ['/spiffe/bundle.json', true],
    ['/t/acme/spiffe/.well-known/jwks.json', true],
    ['/token', false],
    ['/%74oken', false],
    ['/token?x=/.well-known/jwks.json', false],
    ['/token?/livez', false],
    ['/t/acme/token', false],
    ['/t/api/v1/token', false],
    ['/v1/oauth2/v2.0/acme/token', false],
    ['/v1/oauth/token/serviceaccount', false],
    ['/introspect', false],
    ['/revoke', false],
    ['/livezz', false],
    ['/api/v10/token', false],
    ['//livez', false],
    ['http://x/livez', false],
    ['*', false],
    ['', false],
  ];
  it.each(table)('%s: %s', (target, spared) => {
    expect(isSpared(target)).toBe(spared);
  });

  it('spared paths are answered while everything else is refused, and are not counted in', async () => {
    full = true;
    for (const path of ['/livez', '/readyz', '/metrics', '/api/v1/blocks', '/.well-known/jwks.json'])
      expect([path, (await post(path)).status]).toEqual([path, 200]);
    expect((await post()).status).toBe(503);
    expect(inside).toBe(0);
  });
});

describe('what is let in', () => {
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  it('leaves once, answered or gone away, and every turn is told of', async () => {
    await post();
    await post('/token?fail');
    await settled();
    expect(inside).toBe(0);
    expect(moments.length).toBeGreaterThanOrEqual(2);
    expect(moments[0]).toEqual({ atMs: 7, idleMs: 3 });
    const controller = new AbortController();
    const gone = fetch(`${url}/token?wait`, { method: 'POST', body: 'a', signal: controller.signal });
    while (waiting.length === 0) await settled();
    expect(inside).toBe(1);
    controller.abort();
    await expect(gone).rejects.toThrow();
    while (inside > 0) await settled();
    expect(inside).toBe(0);
  });

  it('A90 of a thousand requests in one breath eight are under way at once, and all are answered in order', async () => {
    const breath = sendRaw(url, raw('/token?wait').repeat(1000));
    let most = 0;
    for (let answered = 0; answered < 1000; ) {
      await settled();
      most = Math.max(most, inside);
      const some = waiting;
      waiting = [];
      answered += some.length;
      for (const answer of some) answer();
    }
    expect(most).toBe(8);
    expect((await breath).statuses).toEqual(Array.from({ length: 1000 }, () => 200));
    expect(inside).toBe(0);
  });

  it('A90 more than a thousand that wait on one connection: it is closed, and what waited is not begun with', async () => {
    const breath = sendRaw(url, raw('/token?wait').repeat(3000));
    while (waiting.length === 0) await settled();
    // Another connection is none the worse for it.
    expect((await post()).status).toBe(200);
    const { statuses, closed } = await breath;
    expect([statuses, closed]).toEqual([[], true]);
    while (inside > 0) await settled();
    expect(waiting.length).toBeLessThanOrEqual(8);
    waiting = [];
  });

  it('A89 what is spared waits in line too', async () => {
    const breath = sendRaw(url, raw('/api/v1/openapi.json?wait').repeat(20));
    while (waiting.length < 8) await settled();
    await settled();
    expect(waiting.length).toBe(8);
    for (let answered = 0; answered < 20; ) {
      const some = waiting;
      waiting = [];
      answered += some.length;
      for (const answer of some) answer();
      await settled();
    }
    expect((await breath).statuses).toHaveLength(20);
  });

  /** Sends `path` over each of so many connections at once; the most that were begun in one turn of the event loop. */
  const mostBegunInTurn = async (clients: readonly Socket[], path: string): Promise<number> => {
    const inTurns: number[] = [0];
    const all = seen.length + clients.length;
    const countTurns = (): void => {
      inTurns.push(0);
      if (seen.length < all) setImmediate(countTurns);
    };
    const count = (): void => void (inTurns[inTurns.length - 1] = (inTurns.at(-1) ?? 0) + 1);
    setImmediate(countTurns);
    server.on('begun', count);
    for (const client of clients) client.write(raw(path));
    while (seen.length < all || inside > 0) await settled();
    server.off('begun', count);
    return Math.max(...inTurns);
  };
  const connectMany = async (count: number): Promise<readonly Socket[]> => {
    const clients = await Promise.all(Array.from({ length: count }, () => connectRaw(url)));
    while (sockets.length < count) await settled();
    return clients;
  };

  it('B26 what is let in for later is begun with in turns, as many as is said, in the order in which it came', async () => {
    const clients = await connectMany(40);
    expect(await mostBegunInTurn(clients, '/token')).toBeGreaterThan(5);
    duePerTurn = 3;
    expect(await mostBegunInTurn(clients, '/token')).toBe(3);
    seen.length = 0;
    for (const [index, client] of clients.entries()) client.write(raw(`/token?${index}`));
    while (seen.length < 40 || inside > 0) await settled();
    expect(seen).toEqual(clients.map((_, index) => `/token?${index}`));
    for (const client of clients) client.destroy();
  });

  it('B26 a turn in which nothing arrived is one too, for those who wait', async () => {
    const [client] = await connectMany(1);
    duePerTurn = 0;
    client?.write(raw());
    while (inside === 0) await settled();
    const before = moments.length;
    await settled();
    await settled();
    expect(moments.length).toBeGreaterThan(before);
    duePerTurn = 1;
    while (inside > 0) await settled();
    client?.destroy();
  });

  it('B26 what was given up while it waited is not begun with, and leaves', async () => {
    const clients = await connectMany(5);
    duePerTurn = 0;
    for (const client of clients) client.write(raw());
    while (inside < 5) await settled();
    for (const client of clients.slice(1)) client.destroy();
    while (inside > 1) await settled();
    duePerTurn = 10;
    while (inside > 0) await settled();
    expect(seen).toEqual(['/token']);
    for (const client of clients) client.destroy();
  });

  it.each([
    ['/token', 5, 40],
    ['/t/acme/.well-known/openid-configuration', 5, 40],
    ['/api/v1/service-accounts', 1, 1],
    ['/t/acme/api/v1/service-accounts', 1, 1],
    ['/api/v1/openapi.json', 1, 1],
    ['/t/acme/api/v1/docs/static/index.css', 1, 1],
  ])(
    'A63 A89 of 40 × %s that arrive together, %i to %i are begun in one turn of the event loop',
    async (path, least, most) => {
      const clients = await connectMany(40);
      const begun = await mostBegunInTurn(clients, path);
      expect(begun).toBeGreaterThanOrEqual(least);
      expect(begun).toBeLessThanOrEqual(most);
      for (const client of clients) client.destroy();
    },
  );

  it('A89 whoever reads what describes the admin API is not in its way', async () => {
    const clients = await connectMany(40);
    for (const client of clients.slice(1)) client.write(raw('/api/v1/openapi.json'));
    clients[0]?.write(raw('/api/v1/blocks'));
    while (seen.length < 40) await settled();
    expect(seen.indexOf('/api/v1/blocks')).toBeLessThan(20);
    for (const client of clients) client.destroy();
  });

  it('B28 whose last request was refused takes turns, and nobody else', async () => {
    statusOf = (path) => (path === '/token?bad' ? 400 : 200);
    const clients = await connectMany(40);
    expect(await mostBegunInTurn(clients, '/token?bad')).toBeGreaterThan(5);
    expect(await mostBegunInTurn(clients, '/token?bad')).toBeLessThanOrEqual(2);
    expect(await mostBegunInTurn(clients, '/token?good')).toBeLessThanOrEqual(2);
    expect(await mostBegunInTurn(clients, '/token?good')).toBeGreaterThan(5);
    for (const client of clients) client.destroy();
  });

  it('B28 more of those who were refused are begun in a turn where there are no others, and fewer as soon as there are', async () => {
    statusOf = (path) => (path === '/token?bad' ? 400 : 200);
    const clients = await connectMany(41);
    const [other, ...refused] = clients;
    await mostBegunInTurn(refused, '/token?bad');
    nowMs += 100;
    expect(await mostBegunInTurn(refused, '/token?bad')).toBeLessThanOrEqual(2);
    nowMs += 1;
    const alone = await mostBegunInTurn(refused, '/token?bad');
    expect(alone).toBeGreaterThan(2);
    expect(alone).toBeLessThanOrEqual(32);
    if (other !== undefined) await mostBegunInTurn([other], '/token?good');
    expect(await mostBegunInTurn(refused, '/token?bad')).toBeLessThanOrEqual(2);
    for (const client of clients) client.destroy();
  });

  it('B28 who takes turns is in nobody’s way', async () => {
    statusOf = (path) => (path === '/token?bad' ? 400 : 200);
    const clients = await connectMany(40);
    const good = clients.slice(0, 1);
    await mostBegunInTurn(clients.slice(1), '/token?bad');
    seen.length = 0;
    for (const client of clients.slice(1)) client.write(raw('/token?bad'));
    for (const client of good) client.write(raw('/token?good'));
    while (seen.length < 40) await settled();
    expect(seen.indexOf('/token?good')).toBeLessThan(20);
    for (const client of clients) client.destroy();
  });

  it('B28 what was given up before its turn is not begun with', async () => {
    statusOf = () => 400;
    const clients = await connectMany(40);
    await mostBegunInTurn(clients, '/token?bad');
    seen.length = 0;
    server.once('begun', () => {
      for (const socket of sockets) socket.destroy();
    });
    for (const client of clients) client.write(raw('/token?bad'));
    while (seen.length === 0 || inside > 0) await settled();
    expect(seen).toHaveLength(1);
  });
});

describe('startReportingOverload', () => {
  it('says how many there were since the last time, and nothing when there were none', async () => {
    const lines: unknown[] = [];
    const reporting = startReportingOverload(
      refusals,
      () => 9,
      { warn: (facts) => void lines.push(facts) },
      (error) => void lines.push(error),
      60_000,
    );
    refusals.refuse();
    refusals.refuse();
    await reporting.stop();
    await reporting.stop();
    expect(lines).toEqual([{ refused: 2, inFlight: 9 }]);
  });
});
