import type { Socket } from 'node:net';

/** Lets connections rest: nothing more is read from them for a while, and their clients wait with what they send next. */
export interface RestingConnections {
  /** From the end of this turn of the event loop on. */
  rest(socket: Socket, milliseconds: number): void;
}

/**
 * What was refused costs nearly as much as the reading of it. A client that sends again at once would have a busy server do
 * little else; so its connection is read again a little later, and TCP holds back what it sends. One timer for all of a turn.
 */
export const createRestingConnections = (): RestingConnections => {
  let soon: Map<number, Socket[]> | null = null;

  const beginRest = (): void => {
    for (const [milliseconds, sockets] of soon ?? []) {
      for (const socket of sockets) socket.pause();
      setTimeout(() => {
        for (const socket of sockets) socket.resume();
      }, milliseconds).unref();
    }
    soon = null;
  };

  return {
    rest: (socket, milliseconds) => {
      // Not at once: what is left of the request's body is read after the answer, and would end the rest.
      if (soon === null) {
        soon = new Map();
        setImmediate(beginRest);
      }
      const sockets = soon.get(milliseconds);
      if (sockets === undefined) soon.set(milliseconds, [socket]);
      else sockets.push(socket);
    },
  };
};
