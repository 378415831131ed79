// Holds connections and does no more with them than it is told: idle, or slow in one of three ways.
import { connect, type Socket } from 'node:net';
import type { HoldAnswer, HoldJob } from './hold-connections.ts';

const head = 'POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n';

const begin = (socket: Socket, way: HoldJob['way']): void => {
  if (way === 'headers') socket.write(head);
  else if (way === 'body') socket.write(`${head}Content-Length: 1000\r\n\r\n`);
  else if (way === 'read') {
    socket.pause();
    // More than all buffers between the two take.
    socket.write('GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(60));
  }
};

const drip = (socket: Socket, way: HoldJob['way']): void => {
  if (socket.destroyed) return;
  if (way === 'headers') socket.write('X: y\r\n');
  else if (way === 'body') socket.write('a');
};

let held: Socket[] = [];
let timer: NodeJS.Timeout | undefined;

const hold = async ({ port, from, count, way }: HoldJob): Promise<HoldAnswer> => {
  let failed = 0;
  const open = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, localAddress: from });
      held.push(socket);
      socket.on('connect', () => {
        begin(socket, way);
        resolve();
      });
      socket.on('error', () => {
        failed += 1;
        resolve();
      });
      socket.on('close', () => undefined);
    });
  for (let opened = 0; opened < count; opened += 100)
    await Promise.all(Array.from({ length: Math.min(100, count - opened) }, open));
  timer = setInterval(() => {
    for (const socket of held) drip(socket, way);
  }, 1000);
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { opened: count - failed, open: held.filter((socket) => !socket.closed).length };
};

process.on('message', (job: HoldJob | 'release') => {
  if (job === 'release') {
    clearInterval(timer);
    for (const socket of held) socket.destroy();
    held = [];
    process.send?.({ opened: 0, open: 0 });
  } else void hold(job).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit());
