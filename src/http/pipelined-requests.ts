import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createTakeTurns } from '../core/take-turns.ts';

/** Bounds of requests that are sent on one connection without waiting for the answers before them. */
export interface PipelineBounds {
  /** Under way at once; the others wait. */
  readonly underWay: number;
  /** Of all that wait for those before them, so many are begun in a turn of the event loop: then it is everybody's turn. */
  readonly perTurn: number;
  /** Waiting on one connection, and on all of them; beyond it the connection is closed. */
  readonly waiting: number;
  readonly waitingInAll: number;
}

/** Those of a server. */
export const pipelineBounds: PipelineBounds = {
  underWay: 8,
  perTurn: 8,
  waiting: 1000,
  waitingInAll: 20_000,
};

interface Queue {
  underWay: number;
  readonly waiting: ServerResponse[];
}

/** Takes requests of a connection one after the other (A89, A90). */
export interface PipelinedRequests {
  /** Begins with a request, now or when those before it are over; it is told by the response that is to answer it. */
  begin(response: ServerResponse): void;
  /** One that was begun is over. */
  end(socket: Socket): void;
}

/**
 * Node reads as many requests as arrive together and begins with all of them, although the answers leave in order: a client that
 * asks for a large document a thousand times and reads nothing would have a thousand of them kept for it. And what is answered
 * at once would be begun within the answer before it, so that nobody else is heard until the last of them is over.
 *
 * @param start begins to answer
 */
export const createPipelinedRequests = (
  start: (response: ServerResponse) => void,
  bounds: PipelineBounds = pipelineBounds,
): PipelinedRequests => {
  const queues = new WeakMap<Socket, Queue>();
  let waitingInAll = 0;

  const queueOf = (socket: Socket): Queue => {
    let queue = queues.get(socket);
    if (queue === undefined) {
      queue = { underWay: 0, waiting: [] };
      queues.set(socket, queue);
    }
    return queue;
  };

  const forget = (queue: Queue): void => {
    waitingInAll -= queue.waiting.length;
    queue.waiting.length = 0;
  };

  const takeTurns = createTakeTurns(() => bounds.perTurn, setImmediate);

  /** Begins with the next one of a queue when it is its turn; its place among those under way is taken already. */
  const beginSoon = (queue: Queue): void =>
    takeTurns(() => {
      const next = queue.waiting.shift();
      if (next !== undefined) waitingInAll -= 1;
      if (next === undefined || next.req.socket.destroyed) queue.underWay -= 1;
      else start(next);
    });

  return {
    begin: (response) => {
      const { socket } = response.req;
      const queue = queueOf(socket);
      if (queue.underWay === 0) {
        queue.underWay += 1;
        return start(response);
      }
      if (queue.waiting.length >= bounds.waiting || waitingInAll >= bounds.waitingInAll) {
        forget(queue);
        socket.destroy();
        return undefined;
      }
      if (queue.waiting.length === 0) socket.once('close', () => forget(queue));
      waitingInAll += 1;
      queue.waiting.push(response);
      if (queue.underWay < bounds.underWay) {
        queue.underWay += 1;
        beginSoon(queue);
      }
      return undefined;
    },
    end: (socket) => {
      const queue = queueOf(socket);
      if (queue.waiting.length > 0 && !socket.destroyed) beginSoon(queue);
      else queue.underWay -= 1;
    },
  };
};
