import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import type { TestCertificate } from './tls.ts';

/** The address a front says its clients have (RFC 5737): not its own, so that a test sees whose was taken. */
export const addressOfFrontClient = '203.0.113.7';

/** One request as it passed. */
export interface FrontRequest {
  /** Method and path, with the query: `GET /livez`. */
  readonly line: string;
  /** The form a `POST` carried. */
  readonly form: Promise<URLSearchParams>;
}

/** A server that ends TLS and hands everything on, as a proxy in front of Bureau does. */
export interface TlsFront {
  /** `https://localhost:<port>`. */
  readonly url: string;
  /** Every request so far, oldest first. */
  readonly seen: readonly FrontRequest[];
  /** From now on requests go to this origin. */
  handTo(origin: string): void;
  close(): Promise<void>;
}

/** Starts one on a free port of loopback. */
export const startTlsFront = async (certificate: TestCertificate): Promise<TlsFront> => {
  const seen: FrontRequest[] = [];
  let origin = '';
  const handOn = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const body = text(incoming);
    seen.push({
      line: `${incoming.method} ${incoming.url}`,
      form: body.then((form) => new URLSearchParams(form)),
    });
    const onward = request(
      `${origin}${incoming.url}`,
      {
        method: incoming.method ?? 'GET',
        headers: {
          ...incoming.headers,
          'x-forwarded-for': addressOfFrontClient,
          'x-forwarded-proto': 'https',
        },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.writeHead(502).end());
    body.then(
      (whole) => onward.end(whole),
      (error: Error) => onward.destroy(error),
    );
  };
  const server = createServer({ cert: certificate.cert, key: certificate.key }, handOn);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the front has no port');
  return {
    url: `https://localhost:${address.port}`,
    seen,
    handTo: (next) => {
      origin = next;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
};
