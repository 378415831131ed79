import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { createTakeTurns } from '../core/take-turns.ts';

/** Bounds of connections; their number in total is `maxConnections` of the server. */
export interface ConnectionBounds {
  /** From this share of all places on … */
  readonly scarceFrom: number;
  /** … no address gets another place that has this share of them. */
  readonly mostOfOneAddress: number;
  /** How often connections are looked at, in milliseconds. */
  readonly lookMs: number;
  /** How many looks in a row may find that a client took nothing of its answer. */
  readonly patientLooks: number;
  /** How many of those that one look found are cut off in a turn of the event loop. */
  readonly cutOffPerTurn: number;
}

/** Those of a server: a client that reads nothing is cut off after 14 to 16 s (A89). */
export const connectionBounds: ConnectionBounds = {
  scarceFrom: 0.75,
  mostOfOneAddress: 0.5,
  lookMs: 2000,
  patientLooks: 7,
  cutOffPerTurn: 10,
};

interface Reader {
  /** Bytes that had left this process, and for how many looks no more have. */
  flushed: number;
  looks: number;
}

/**
 * Keeps places free for others (A89, A90): one address cannot take them all, idle connections give way when there are none
 * left, and a client that does not take its answer loses the connection. Node itself bounds headers, requests and idleness,
 * but not that.
 */
export const boundConnections = (server: Server, bounds: ConnectionBounds = connectionBounds): void => {
  const byAddress = new Map<string, number>();
  const readers = new Map<Socket, Reader>();
  let madeRoom = false;
  const inTurn = createTakeTurns(() => bounds.cutOffPerTurn, setImmediate);

  const leave = (socket: Socket, address: string): void => {
    readers.delete(socket);
    const left = (byAddress.get(address) ?? 1) - 1;
    if (left === 0) byAddress.delete(address);
    else byAddress.set(address, left);
  };

  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const ofAddress = (byAddress.get(address) ?? 0) + 1;
    byAddress.set(address, ofAddress);
    readers.set(socket, { flushed: 0, looks: 0 });
    socket.on('close', () => leave(socket, address));
    const { maxConnections: places } = server;
    if (readers.size > places * bounds.scarceFrom && ofAddress > places * bounds.mostOfOneAddress)
      socket.destroy();
  });

  // Told for each connection that found no place; once between two looks is enough.
  server.on('drop', () => {
    if (!madeRoom) server.closeIdleConnections();
    madeRoom = true;
  });

  const look = (): void => {
    madeRoom = false;
    for (const [socket, reader] of readers) {
      const flushed = socket.writableLength === 0 ? -1 : socket.bytesWritten - socket.writableLength;
      reader.looks = flushed !== -1 && flushed === reader.flushed ? reader.looks + 1 : 0;
      reader.flushed = flushed;
      if (reader.looks === bounds.patientLooks) inTurn(() => void socket.destroy());
    }
  };
  const timer = setInterval(look, bounds.lookMs);
  timer.unref();
  server.on('close', () => clearInterval(timer));
};
