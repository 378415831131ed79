import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KnownIssuer } from '../the-exchange.ts';

/** Issuers on one port of loopback, each with a path and a key set of its own address; they share one key. */
export interface ManyIssuers {
  readonly issuers: readonly KnownIssuer[];
  close(): Promise<void>;
}

/** Starts `count` issuers that publish `jwk`. */
export const startManyIssuers = async (count: number, jwk: object): Promise<ManyIssuers> => {
  const body = JSON.stringify({ keys: [jwk] });
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuers: Array.from({ length: count }, (_, index) => ({
      issuer: `${origin}/cluster-${index}`,
      jwksUri: `${origin}/cluster-${index}/jwks`,
    })),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
};
