import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, startBureau } from '../support/bureau-process.ts';

describe('A89 a client that neither ends its request, nor reads, nor closes', () => {
  let server: BureauProcess;
  beforeAll(async () => {
    server = await startBureau();
  });
  afterAll(() => server?.stop());

  it.each([
    ['in its headers', 'POST /token HTTP/1.1\r\nHost: a\r\n', 'X-A: b\r\n'],
    [
      'in its body',
      'POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n',
      'a',
    ],
  ])(
    'holds no connection for good: %s',
    async (_where, beginning, more) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      // Not reading, it never hears that the server has ended the connection; only the end of that says so.
      socket.pause();
      const timer = setInterval(() => socket.write(more), 500);
      const closed = new Promise<void>((resolve) => {
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
      });
      socket.write(beginning);
      await closed;
      clearInterval(timer);
      expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    },
    30_000,
  );
});
