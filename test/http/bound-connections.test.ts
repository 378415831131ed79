import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import {
  boundConnections,
  type ConnectionBounds,
  connectionBounds,
} from '../../src/http/bound-connections.ts';

let server: Server;
const clients: Socket[] = [];
afterEach(async () => {
  ends.length = 0;
  for (const client of clients.splice(0)) client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const chunk = Buffer.alloc(64 * 1024, 'x');
const chunksOfLarge = 320;
/** The server's end of each connection, in order. */
const ends: Socket[] = [];

const start = async (bounds: ConnectionBounds, places = 1000): Promise<number> => {
  server = createServer((request, response) => {
    if (request.url === '/large')
      Readable.from(Array.from({ length: chunksOfLarge }, () => chunk)).pipe(response);
    else if (request.url === '/never') return;
    else response.end('ok');
  });
  server.maxConnections = places;
  server.on('connection', (socket: Socket) => void ends.push(socket));
  boundConnections(server, bounds);
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  return (server.address() as AddressInfo).port;
};

/** A client at one address of loopback; resolves when it is connected. */
const open = (port: number, localAddress = '127.0.0.1'): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const client = connect({ host: '127.0.0.1', port, localAddress }, () => resolve(client));
    clients.push(client);
    client.on('error', reject);
  });

const ask = (client: Socket, path = '/'): Promise<string> => {
  client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  return new Promise((resolve) => {
    client.once('data', (chunk) => resolve(chunk.toString('latin1')));
    client.once('close', () => resolve('closed'));
  });
};

describe('A90 places', () => {
  it('one address may have them all while they are not scarce, then no more than its share; others get theirs', async () => {
    const port = await start({ ...connectionBounds, scarceFrom: 0.5, mostOfOneAddress: 0.3 }, 20);
    const own: string[] = [];
    for (let count = 0; count < 12; count += 1) own.push(await ask(await open(port)));
    expect(own.map((answer) => answer.includes('200 OK'))).toEqual([
      ...Array.from({ length: 10 }, () => true),
      false,
      false,
    ]);
    for (let count = 0; count < 5; count += 1)
      expect(await ask(await open(port, '127.0.0.2'))).toContain('200 OK');
    // A place that was left may be taken again.
    clients.shift()?.destroy();
    clients.splice(9, 1)[0]?.destroy();
    expect(await ask(await open(port, '127.0.0.3'))).toContain('200 OK');
  });

  it('when there is none left, those that are idle give theirs up, and no answer is lost', async () => {
    const port = await start({ ...connectionBounds, scarceFrom: 1 }, 4);
    const busy = await open(port);
    busy.write('GET /never HTTP/1.1\r\nHost: x\r\n\r\n');
    const idle = [await open(port), await open(port), await open(port)];
    const closed = idle.map(
      (client) => new Promise<string>((resolve) => client.on('close', () => resolve('closed'))),
    );
    for (const client of idle) expect(await ask(client)).toContain('200 OK');
    await ask(await open(port));
    expect(await Promise.all(closed)).toEqual(['closed', 'closed', 'closed']);
    expect(await ask(await open(port))).toContain('200 OK');
    expect(busy.destroyed).toBe(false);
  });
});

describe('A89 slow reading', () => {
  it('a client that takes nothing of its answer loses the connection, one that takes it slowly does not', async () => {
    const port = await start({ ...connectionBounds, lookMs: 100, patientLooks: 5 });
    const [stuck, slow, patient] = [await open(port), await open(port), await open(port)];
    while (ends.length < 3) await new Promise((resolve) => setImmediate(resolve));
    const lost = new Promise<void>((resolve) => ends[0]?.once('close', () => resolve()));
    stuck.pause();
    stuck.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
    patient.write('GET /never HTTP/1.1\r\nHost: x\r\n\r\n');
    slow.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
    let received = 0;
    const whole = new Promise<void>((resolve) => {
      slow.on('data', (piece) => {
        received += piece.length;
        if (received > chunksOfLarge * chunk.length) return resolve();
        // Some twenty rests on the way, longer than all the patience together.
        if (Math.floor(received / 2 ** 20) > Math.floor((received - piece.length) / 2 ** 20)) {
          slow.pause();
          setTimeout(() => slow.resume(), 60);
        }
      });
    });
    await Promise.all([whole, lost]);
    expect(ends.map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
  });

  it('of those that one look finds a few are cut off in a turn of the event loop', async () => {
    const port = await start({ ...connectionBounds, lookMs: 100, patientLooks: 3, cutOffPerTurn: 2 });
    for (let count = 0; count < 8; count += 1) {
      const client = await open(port);
      client.pause();
      client.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
    }
    const countLost = (): number => ends.filter(({ destroyed }) => destroyed).length;
    const inTurns = new Set<number>();
    for (let lost = 0; lost < 8; ) {
      await new Promise((resolve) => setImmediate(resolve));
      inTurns.add(countLost() - lost);
      lost = countLost();
    }
    expect(inTurns).toEqual(new Set([0, 2]));
  });

  it('the bounds of a server: 14 to 16 seconds without a byte', () => {
    expect(connectionBounds).toEqual({
      scarceFrom: 0.75,
      mostOfOneAddress: 0.5,
      lookMs: 2000,
      patientLooks: 7,
      cutOffPerTurn: 10,
    });
  });
});
