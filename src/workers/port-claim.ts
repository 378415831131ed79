import { createServer } from 'node:net';
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { StartRefused } from '../ports/start-refused.ts';

const patienceMs = 10_000;
const retryMs = 50;

/**
 * Workers share a port with whoever else says that it may be shared, and that could be another Bureau of the same user. So a
 * server makes sure that nobody listens there before its workers do, and two servers that start at the same moment do that
 * one after the other: by a name in the network namespace of the machine, which is where ports live too, and which ends
 * with the process that holds it.
 *
 * @returns gives the name back
 * @throws {StartRefused} when another server holds it for too long
 */
export const claimPort = async (port: number): Promise<() => Promise<void>> => {
  for (let waitedMs = 0; ; waitedMs += retryMs) {
    const release = await tryToClaim(port);
    if (release !== null) return release;
    if (waitedMs >= patienceMs)
      throw new StartRefused([
        `another server is being started on port ${port}; set BUREAU_PORT to a free one`,
      ]);
    await setTimeoutPromise(retryMs);
  }
};

const tryToClaim = (port: number): Promise<(() => Promise<void>) | null> =>
  new Promise((resolve, reject) => {
    const holder = createServer((socket) => socket.destroy());
    holder.unref();
    holder.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    holder.listen({ path: `\0bureau-port-${port}` }, () =>
      resolve(() => new Promise((closed) => holder.close(() => closed()))),
    );
  });
