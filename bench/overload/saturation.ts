import type { Generator } from './generators.ts';
import type { OpenLoopResult, StatusFindings } from './open-loop-job.ts';
import { type HealthFindings, probeHealth } from './probe-health.ts';
import type { Server } from './start-server.ts';

/** What one level of load did (B26). */
export interface LevelFindings {
  readonly times: number;
  readonly asked: number;
  readonly sent: number;
  readonly issued: number;
  readonly issuedP99Ms: number;
  readonly refused: number;
  readonly refusedP50Ms: number;
  readonly refusedP99Ms: number;
  /** Answers that are neither, and connections that broke. */
  readonly others: number;
  readonly health: HealthFindings;
  /** From the end of the load until half of the maximum is served without a refusal again. */
  readonly recoveryMs: number;
}

/** Requests a second that were granted. */
export const issuedPerSecond = (result: OpenLoopResult): number => of(result, 200).count / result.seconds;

/** What is known of one status; zeros where it did not occur. */
export const of = ({ statuses }: OpenLoopResult, wanted: number): StatusFindings =>
  statuses.find(({ status }) => status === wanted) ?? {
    status: wanted,
    count: 0,
    p50Ms: 0,
    p99Ms: 0,
    mostMs: 0,
  };

/** How much is granted at most, with so many clients that each waits for its answer. */
export const findMaximum = async (
  generator: Generator,
  server: Server,
  bodies: readonly string[],
  seconds: number,
): Promise<number> => {
  const job = { port: server.port, from: '127.0.0.1', connections: 128, perSecond: null, bodies: [] };
  await generator.run({ ...job, seconds, bodies });
  const runs = [await generator.run({ ...job, seconds }), await generator.run({ ...job, seconds })];
  return Math.max(...runs.map(issuedPerSecond));
};

/** Asks for `times` the maximum, then for half of it. */
export const tryLevel = async (
  generator: Generator,
  server: Server,
  {
    times,
    maximum,
    connections,
    seconds,
  }: {
    readonly times: number;
    readonly maximum: number;
    readonly connections: number;
    readonly seconds: number;
  },
): Promise<LevelFindings> => {
  const job = { port: server.port, from: '127.0.0.1', bodies: [] };
  const { result, health } = await probeHealth(
    server.port,
    generator.run({ ...job, connections, perSecond: times * maximum, seconds }),
  );
  const after = await generator.run({ ...job, connections: 128, perSecond: maximum / 2, seconds: 4 });
  const lastTrouble = after.slices.findLastIndex(({ refused }) => refused > 0);
  const [issued, refused] = [of(result, 200), of(result, 503)];
  const answered = result.statuses.reduce((sum, { count }) => sum + count, 0);
  return {
    times,
    asked: times * maximum,
    sent: result.sent / (result.seconds + 1),
    issued: issued.count / result.seconds,
    issuedP99Ms: issued.p99Ms,
    refused: refused.count / result.seconds,
    refusedP50Ms: refused.p50Ms,
    refusedP99Ms: refused.p99Ms,
    others: answered - issued.count - refused.count + result.broken,
    health,
    recoveryMs: (lastTrouble + 1) * 100,
  };
};
