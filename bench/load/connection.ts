import { connect } from 'node:net';
import { parseAnswer } from './parse-answer.ts';

/** Who hears of what a connection receives. */
export interface Listener {
  /** A whole answer; `body` is only good until this returns. */
  readonly onAnswer: (status: number, body: Buffer) => void;
  /** The connection is of no use any more, and was not closed by us. */
  readonly onBroken: (why: string) => void;
}

/** A connection that is kept alive, with one request in flight. */
export interface Connection {
  send(request: Buffer): void;
  close(): void;
}

/** Connects to a port of loopback. Bytes are taken as they come, without a stream between, because the load has to be cheap. */
export const openConnection = (port: number, { onAnswer, onBroken }: Listener): Promise<Connection> =>
  new Promise((resolve, reject) => {
    let rest: Buffer | null = null;
    let over = false;
    const fail = (why: string): void => {
      if (over) return;
      over = true;
      socket.destroy();
      onBroken(why);
    };
    const take = (chunk: Buffer): void => {
      const bytes = rest === null ? chunk : Buffer.concat([rest, chunk]);
      const answer = parseAnswer(bytes);
      // The buffer of the socket is used again for what comes next.
      if (answer === null) rest = rest === null ? Buffer.from(chunk) : bytes;
      else if (answer.end !== bytes.length) fail('more than one answer to one request');
      else {
        rest = null;
        onAnswer(answer.status, bytes.subarray(answer.bodyStart, answer.end));
      }
    };
    const socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer: Buffer.alloc(65_536),
        callback: (length, buffer) => {
          try {
            if (!over) take(Buffer.from(buffer.buffer, buffer.byteOffset, length));
          } catch (error) {
            fail((error as Error).message);
          }
          return true;
        },
      },
    });
    socket.on('error', (error) => {
      reject(error);
      fail(error.message);
    });
    socket.on('close', () => fail('the server closed a connection'));
    socket.on('connect', () =>
      resolve({
        send: (request) => void socket.write(request),
        close: () => {
          over = true;
          socket.destroy();
        },
      }),
    );
  });
