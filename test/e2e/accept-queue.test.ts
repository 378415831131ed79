// Thousands of workloads knock at the same second (B25), and the event loop takes their connections one turn later.
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { type BureauProcess, startBureau } from '../support/bureau-process.ts';

const knocking = 1500;

/** What the kernel grants at most, whatever a server asks for. */
const granted = (): number => {
  try {
    return Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
  } catch {
    return 0;
  }
};

let bureau: BureauProcess;
let sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  process.kill(bureau.pid, 'SIGCONT');
  await bureau.stop();
});

it.skipIf(granted() < knocking)(
  `B25 ${knocking} connections in one turn of the event loop all find a place (where the kernel grants so many)`,
  async () => {
    bureau = await startBureau();
    const port = Number(new URL(bureau.url).port);
    // A turn that does not end: nothing is taken meanwhile, and whoever finds no place tries again in vain.
    process.kill(bureau.pid, 'SIGSTOP');
    let connected = 0;
    sockets = Array.from({ length: knocking }, () => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.on('connect', () => (connected += 1));
      socket.on('error', () => undefined);
      return socket;
    });
    for (const end = Date.now() + 8000; Date.now() < end && connected < knocking; ) await sleep(20);
    expect(connected).toBe(knocking);
    process.kill(bureau.pid, 'SIGCONT');
    expect((await fetch(`${bureau.url}/readyz`)).status).toBe(200);
  },
);
