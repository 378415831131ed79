import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createPipelinedRequests } from '../../src/http/pipelined-requests.ts';

const bounds = { underWay: 3, perTurn: 2, waiting: 10, waitingInAll: 15 };

const connection = () => {
  const socket = Object.assign(new EventEmitter(), {
    destroyed: false,
    destroy: () => {
      socket.destroyed = true;
      socket.emit('close');
    },
  });
  return socket;
};
type Connection = ReturnType<typeof connection>;

/** Requests that are begun stand in `begun` until a test ends them. */
const pipeline = () => {
  const begun: string[] = [];
  const names = new WeakMap<ServerResponse, string>();
  const requests = createPipelinedRequests((response) => begun.push(names.get(response) ?? ''), bounds);
  return {
    begun,
    end: (socket: Connection) => requests.end(socket as never),
    send: (socket: Connection, ...all: readonly string[]) => {
      for (const name of all) {
        const response = { req: { socket } } as unknown as ServerResponse;
        names.set(response, name);
        requests.begin(response);
      }
    },
  };
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('requests that do not wait for the answers before them', () => {
  it('one alone is begun at once, and so is the next one when it is over', () => {
    const { begun, send, end } = pipeline();
    const socket = connection();
    send(socket, 'a');
    end(socket);
    send(socket, 'b');
    expect(begun).toEqual(['a', 'b']);
  });

  it('A90 as many as are allowed are under way on a connection, in the order in which they came', async () => {
    const { begun, send, end } = pipeline();
    const socket = connection();
    send(socket, '1', '2', '3', '4', '5');
    expect(begun).toEqual(['1']);
    await turn();
    await turn();
    expect(begun).toEqual(['1', '2', '3']);
    end(socket);
    await turn();
    expect(begun).toEqual(['1', '2', '3', '4']);
  });

  it('A89 what is answered at once is not begun within the answer before it, but in later turns, a few in each', async () => {
    const { begun, send, end } = pipeline();
    const sockets = [connection(), connection(), connection()];
    for (const [index, socket] of sockets.entries()) send(socket, `${index}a`, `${index}b`, `${index}c`);
    expect(begun).toEqual(['0a', '1a', '2a']);
    const seen: number[] = [];
    for (let turns = 0; turns < 4; turns += 1) {
      const before = begun.length;
      for (const socket of sockets) end(socket);
      expect(begun).toHaveLength(before);
      await turn();
      seen.push(begun.length - before);
    }
    expect(Math.max(...seen)).toBe(bounds.perTurn);
    expect(begun.toSorted()).toEqual(['0a', '0b', '0c', '1a', '1b', '1c', '2a', '2b', '2c']);
  });

  it('nothing is begun for a connection that is gone, and its places are free', async () => {
    const { begun, send, end } = pipeline();
    const [gone, other] = [connection(), connection()];
    send(gone, '1', '2', '3', '4');
    gone.destroy();
    await turn();
    await turn();
    expect(begun).toEqual(['1']);
    end(gone);
    send(other, 'a', 'b');
    await turn();
    expect(begun).toEqual(['1', 'a', 'b']);
  });

  it.each([
    ['one connection', 1, bounds.waiting + 1],
    ['all of them', 3, Math.floor(bounds.waitingInAll / 3) + 1],
  ])('A90 more than may wait on %s: the connection is closed, those before are not', (_what, count, each) => {
    const { send } = pipeline();
    const sockets = Array.from({ length: count }, connection);
    for (const socket of sockets) send(socket, ...Array.from({ length: each }, String));
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual(sockets.map(() => false));
    send(sockets.at(-1) ?? connection(), 'one more');
    expect(sockets.at(-1)?.destroyed).toBe(true);
  });
});
