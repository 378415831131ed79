import type { FakeIssuer } from '../../test/support/fake-issuer.ts';
import type { Generator } from './generators.ts';
import { of } from './saturation.ts';
import type { Server } from './start-server.ts';

/** What 5,000 first requests did (B25). */
export interface HerdFindings {
  readonly fetches: number;
  readonly issued: number;
  /** Told to come again. */
  readonly refused: number;
  readonly others: number;
  readonly refusedP99Ms: number;
  /** Until the last answer. */
  readonly seconds: number;
  /** Of those that came again, how many got their token the second time. */
  readonly issuedAgain: number;
}

/** 5,000 connections with one request each, at a server that has issued nothing yet. */
export const stampede = async (
  generator: Generator,
  server: Server,
  issuer: FakeIssuer,
  bodies: readonly string[],
): Promise<HerdFindings> => {
  const job = { port: server.port, from: '127.0.0.1', perSecond: null, seconds: 20, onePerConnection: true };
  const first = await generator.run({ ...job, connections: 5000, bodies });
  const refused = of(first, 503);
  const answered = first.statuses.reduce((sum, { count }) => sum + count, 0);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const again =
    refused.count === 0
      ? 0
      : of(await generator.run({ ...job, connections: refused.count, bodies: [] }), 200).count;
  return {
    fetches: issuer.hits('/jwks.json'),
    issued: of(first, 200).count,
    refused: refused.count,
    others: answered - of(first, 200).count - refused.count + first.broken,
    refusedP99Ms: refused.p99Ms,
    seconds: first.seconds,
    issuedAgain: again,
  };
};
