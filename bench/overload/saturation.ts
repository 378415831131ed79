import { cpuSecondsOfProcess } from '../cpu-time.ts';
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
  /** Of the server, refusals included, for each token granted; tells more than the clock when others use the machine. */
  readonly cpuMicrosPerGrant: number;
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

/** The most there is. */
export interface Maximum {
  readonly perSecond: number;
  readonly cpuMicrosPerGrant: number;
}

const microsPerGrant = (cpuSeconds: number, result: OpenLoopResult): number =>
  (cpuSeconds * 1e6) /
  Math.max(
    1,
    result.slices.reduce((sum, slice) => sum + slice.issued, 0),
  );

/** Runs a job and says what it cost the server. */
const runCounted = async (
  server: Server,
  run: () => Promise<OpenLoopResult>,
): Promise<{ readonly result: OpenLoopResult; readonly micros: number }> => {
  const before = cpuSecondsOfProcess(server.pid) ?? 0;
  const result = await run();
  return { result, micros: microsPerGrant((cpuSecondsOfProcess(server.pid) ?? 0) - before, result) };
};

/** How much is granted at most, with so many clients that each waits for its answer. */
export const findMaximum = async (
  generator: Generator,
  server: Server,
  bodies: readonly string[],
  seconds: number,
): Promise<Maximum> => {
  const job = { port: server.port, from: '127.0.0.1', connections: 128, perSecond: null, seconds };
  await generator.run({ ...job, bodies });
  const again = () => runCounted(server, () => generator.run({ ...job, bodies: [] }));
  const runs = [await again(), await again()];
  return {
    perSecond: Math.max(...runs.map(({ result }) => issuedPerSecond(result))),
    cpuMicrosPerGrant: Math.min(...runs.map(({ micros }) => micros)),
  };
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
  const {
    result: { result, micros },
    health,
  } = await probeHealth(
    server.port,
    runCounted(server, () => generator.run({ ...job, connections, perSecond: times * maximum, seconds })),
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
    cpuMicrosPerGrant: micros,
    refused: refused.count / result.seconds,
    refusedP50Ms: refused.p50Ms,
    refusedP99Ms: refused.p99Ms,
    others: answered - issued.count - refused.count + result.broken,
    health,
    recoveryMs: (lastTrouble + 1) * 100,
  };
};
