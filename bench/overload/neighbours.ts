import { createFakeIssuer, type FakeIssuer } from '../../test/support/fake-issuer.ts';
import { cpuSecondsOfProcess } from '../cpu-time.ts';
import type { Generator } from './generators.ts';
import type { OpenLoopResult } from './open-loop-job.ts';
import { type HealthFindings, probeHealth } from './probe-health.ts';
import { of } from './saturation.ts';
import type { Server } from './start-server.ts';
import { signGood } from './workload.ts';

/** What good requests noticed of something beside them. */
export interface NeighbourFindings {
  readonly perSecond: number;
  readonly alone: GoodFindings;
  readonly beside: GoodFindings;
  /** Share of the good requests beside it that were granted. */
  readonly granted: number;
  readonly health: HealthFindings;
}

/** What became of the good requests, and who was how busy meanwhile. */
export interface GoodFindings {
  readonly p99Ms: number;
  /** CPU time of the server, in seconds a second: 1 is a core. */
  readonly serverBusy: number;
  /** How late the process that measures was itself. */
  readonly lateP99Ms: number;
}

/** What a scenario works with. */
export interface Stage {
  readonly server: Server;
  /** Sends what is good. */
  readonly generator: Generator;
  /** Sends what is not. */
  readonly other: Generator;
  readonly good: readonly string[];
}

const seconds = 6;

/** Good requests at a constant rate, and how busy that kept the server. */
export const runGood = async (
  server: Server,
  run: () => Promise<OpenLoopResult>,
): Promise<{ readonly findings: GoodFindings; readonly load: OpenLoopResult }> => {
  const [cpuBefore, before] = [cpuSecondsOfProcess(server.pid) ?? 0, performance.now()];
  const load = await run();
  if (of(load, 200).count === 0)
    throw new Error('no good request was granted: nothing can be said of its time');
  const seconds = (performance.now() - before) / 1000;
  const serverBusy = ((cpuSecondsOfProcess(server.pid) ?? 0) - cpuBefore) / seconds;
  return { load, findings: { p99Ms: of(load, 200).p99Ms, serverBusy, lateP99Ms: load.lateP99Ms } };
};

/** Good requests alone, and then beside something that begins a little later. */
export const compare = async <T>(
  { server, generator, good }: Omit<Stage, 'other'>,
  perSecond: number,
  beside: () => Promise<T>,
  during = seconds,
): Promise<{ readonly findings: NeighbourFindings; readonly result: T }> => {
  const job = { port: server.port, from: '127.0.0.1', connections: 64, perSecond };
  await generator.run({ ...job, seconds: 2, bodies: good });
  const alone = await runGood(server, () => generator.run({ ...job, seconds, bodies: [] }));
  const both = Promise.all([
    runGood(server, () => generator.run({ ...job, seconds: during, bodies: [] })),
    beside(),
  ]);
  const {
    result: [{ findings, load }, result],
    health,
  } = await probeHealth(server.port, both);
  return {
    result,
    findings: {
      perSecond,
      alone: alone.findings,
      beside: findings,
      granted: of(load, 200).count / load.statuses.reduce((sum, { count }) => sum + count, 0),
      health,
    },
  };
};

/** 10,000 tokens a second that are no good, from another address (B28). */
export const floodWithBad = async (
  stage: Stage,
  bad: readonly string[],
  perSecond: number,
): Promise<{ readonly findings: NeighbourFindings; readonly result: OpenLoopResult }> =>
  compare(stage, perSecond, () =>
    stage.other.run({
      port: stage.server.port,
      from: '127.0.0.2',
      connections: 200,
      perSecond: 10_000,
      seconds,
      bodies: bad,
    }),
  );

/** Twenty issuers that take the connection and say nothing, each asked for twenty times a second (A58). */
export const hangIssuers = async (
  stage: Stage,
  issuers: readonly FakeIssuer[],
): Promise<{ readonly findings: NeighbourFindings; readonly result: OpenLoopResult }> => {
  const bodies: string[] = [];
  for (const issuer of issuers) bodies.push(...(await signGood(issuer, 5)));
  for (const issuer of issuers) issuer.setMode('hang');
  return compare(stage, 200, () =>
    stage.other.run({
      port: stage.server.port,
      from: '127.0.0.2',
      connections: 3000,
      perSecond: 20 * issuers.length,
      seconds,
      bodies: bodies.toSorted(() => Math.random() - 0.5),
    }),
  );
};

/** Starts twenty issuers and registers them, with an account for each. */
export const startIssuers = (count: number): Promise<readonly FakeIssuer[]> =>
  Promise.all(Array.from({ length: count }, () => createFakeIssuer({ algorithm: 'ES256' })));

/** What became of 200 key pairs that were asked for at once. */
export interface KeyFindings {
  readonly made: number;
  readonly throttled: number;
  readonly others: number;
}

/** 200 accounts at once, with a generated RSA key each (A63) or, to tell what the keys are guilty of, without one. */
export const makeAccounts = async (
  stage: Omit<Stage, 'other'>,
  perSecond: number,
  keys: 'with keys' | 'without keys',
): Promise<{ readonly findings: NeighbourFindings; readonly result: KeyFindings }> =>
  compare(stage, perSecond, async () => {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        stage.server.admin('POST', '/service-accounts', {
          name: `${keys.replace(' ', '-')}-${index}`,
          owningTeam: 'default',
          useCase: 'custom-api-integration',
          scopes: ['certificates:read'],
          ...(keys === 'with keys' ? { key: { generate: 'RS256' } } : {}),
        }),
      ),
    );
    const count = (wanted: number): number => answers.filter(({ status }) => status === wanted).length;
    return { made: count(201), throttled: count(429), others: 200 - count(201) - count(429) };
  });
