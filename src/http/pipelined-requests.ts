import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Bounds of requests that are sent on one connection without waiting for the answers before them. */
export interface PipelineBounds {
  /** Under way at once; the others wait. */
  readonly underWay: number;
  /** Waiting on one connection, and on all of them; beyond it the connection is closed. */
  readonly waiting: number;
  readonly waitingInAll: number;
}

/** Those of a server. */
export const pipelineBounds: PipelineBounds = { underWay: 8, waiting: 1000, waitingInAll: 20_000 };

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
 * asks for a large document a thousand times and reads nothing would have a thousand of them kept for it.
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

  return {
    begin: (response) => {
      const { socket } = response.req;
      const queue = queueOf(socket);
      if (queue.underWay < bounds.underWay) {
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
      return undefined;
    },
    end: (socket) => {
      const queue = queueOf(socket);
      const next = socket.destroyed ? undefined : queue.waiting.shift();
      if (next === undefined) queue.underWay -= 1;
      else {
        waitingInAll -= 1;
        start(next);
      }
    },
  };
};
