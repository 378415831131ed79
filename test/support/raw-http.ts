import { connect } from 'node:net';

/** What came back over one connection. */
export interface RawExchange {
  /** Everything the server sent. */
  readonly text: string;
  /** The status of every answer, in order. */
  readonly statuses: readonly number[];
  /** Whether the server ended the connection by itself. */
  readonly closed: boolean;
}

/** How long to wait for more once the server has fallen silent. */
const quietMs = 400;

/**
 * Sends bytes as they are, for requests that no HTTP client would make.
 *
 * @param url where the server listens
 * @param parts sent in order; each is its own write
 */
export const sendRaw = (url: string, ...parts: readonly (string | Uint8Array)[]): Promise<RawExchange> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    let text = '';
    let closed = false;
    let timer: NodeJS.Timeout | undefined;
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
      resolve({ text, statuses, closed });
    };
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(finish, text === '' ? 5000 : quietMs);
    };
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      for (const part of parts) socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
      wait();
    });
    socket.on('data', (chunk: string) => {
      text += chunk;
      wait();
    });
    socket.on('end', () => {
      closed = true;
      finish();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // The server closes while we still write: that is an answer too.
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') return reject(error);
      closed = true;
      return finish();
    });
  });
