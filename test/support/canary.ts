import { createServer, type Socket } from 'node:net';

/** A listener on loopback that must never be contacted (threats.md, Fixture). */
export interface Canary {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Connections so far: a bare TCP connect counts. */
  readonly hits: () => number;
  close(): Promise<void>;
}

/** Opens a canary. It answers any request with a good-looking empty key set, so that a hit cannot hide as an error. */
export const createCanary = async (): Promise<Canary> => {
  let hits = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    hits += 1;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
    socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"keys":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the canary has no port');
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    hits: () => hits,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
