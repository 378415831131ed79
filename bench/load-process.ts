// A process of its own: what the load costs must not be taken from the server, nor slow it down.
import autocannon from 'autocannon';
import { cpuSecondsOfProcess, timeOfCore } from './cpu-time.ts';
import type { LoadAnswer, LoadJob, LoadResult } from './load-job.ts';
import { percentile } from './statistics.ts';

/** An answer that takes longer is a failure, and voids the round. */
const timeoutSeconds = 10;

const isAccessTokenResponse = (body: unknown): boolean => {
  try {
    const { access_token: token } = JSON.parse(String(body)) as { access_token?: unknown };
    return typeof token === 'string' && token.split('.').length === 3;
  } catch {
    return false;
  }
};

/** Runs one round; rejects with the first answer that is no access token. */
const runRound = (job: LoadJob): Promise<LoadResult> =>
  new Promise((resolve, reject) => {
    const latencies: number[] = [];
    let late = 0;
    let measured: Omit<LoadResult, 'late'> | null = null;
    let failure: string | null = null;
    let dealt = 0;
    const last = { status: 0 };

    const finish = (error: unknown): void => {
      if (failure !== null || measured === null) reject(new Error(failure ?? describe(error)));
      else resolve({ ...measured, late });
    };
    const options: autocannon.Options = {
      url: job.url,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      connections: job.connections,
      timeout: timeoutSeconds,
      // The end is set below, to the millisecond; this one is only there should that not happen.
      duration: job.seconds + 2 * timeoutSeconds,
      sampleInt: 50,
      setupClient: (client) => {
        const first = dealt;
        dealt += 1;
        client.setRequests(
          job.bodies.filter((_, index) => index % job.connections === first).map((body) => ({ body })),
        );
      },
      verifyBody: (body) => {
        if (!isAccessTokenResponse(body))
          fail(`no access token in the answer: ${String(body).slice(0, 500)}`);
        return true;
      },
    };
    const run = autocannon(options, finish);
    const fail = (why: string): void => {
      failure ??= why;
      run.stop();
    };

    // Comes right before `verifyBody` has the body of the same answer.
    run.on('response', (_client, statusCode, _bytes, milliseconds) => {
      last.status = statusCode;
      if (measured === null) latencies.push(milliseconds);
      else late += 1;
    });
    run.on('reqError', (error: Error) => fail(error.message));

    const start = performance.now();
    const before = readCounters(job);
    setTimeout(() => {
      const seconds = (performance.now() - start) / 1000;
      const after = readCounters(job);
      const sorted = Float64Array.from(latencies).sort();
      if (sorted.length === 0) return fail('no answer at all');
      measured = {
        exchanges: sorted.length,
        seconds,
        p50Ms: percentile(sorted, 0.5),
        p99Ms: percentile(sorted, 0.99),
        mostMs: percentile(sorted, 1),
        ...differenceOf(before, after),
      };
      run.stop();
    }, job.seconds * 1000);
  });

const describe = (error: unknown): string =>
  error instanceof Error ? error.message : 'the round ended early';

interface Counters {
  readonly load: number;
  readonly server: number | null;
  /** Of both cores together. */
  readonly processes: number | null;
  readonly stolen: number | null;
}

const readCounters = ({ serverPid, cores }: LoadJob): Counters => {
  const { user, system } = process.cpuUsage();
  const times = cores === null ? [] : [timeOfCore(cores.server), timeOfCore(cores.load)];
  const known = times.filter((time) => time !== null);
  const all = known.length === 2;
  return {
    load: (user + system) / 1e6,
    server: cpuSecondsOfProcess(serverPid),
    processes: all ? known.reduce((sum, time) => sum + time.processes, 0) : null,
    stolen: all ? known.reduce((sum, time) => sum + time.stolen, 0) : null,
  };
};

const differenceOf = (before: Counters, after: Counters) => {
  const difference = (name: keyof Counters): number | null => {
    const [from, to] = [before[name], after[name]];
    return from === null || to === null ? null : to - from;
  };
  const loadCpuSeconds = after.load - before.load;
  const serverCpuSeconds = difference('server');
  const processes = difference('processes');
  const stolen = difference('stolen');
  return {
    loadCpuSeconds,
    serverCpuSeconds,
    disturbanceSeconds:
      processes === null || stolen === null || serverCpuSeconds === null
        ? null
        : Math.max(0, processes - serverCpuSeconds - loadCpuSeconds) + stolen,
  };
};

process.on('message', (job: LoadJob) => {
  runRound(job).then(
    (result) => answer({ ok: true, result }),
    (error: unknown) => answer({ ok: false, why: (error as Error).message }),
  );
});
process.on('disconnect', () => process.exit());
// Ctrl-C reaches the whole group; the harness ends this process when it has nothing more to ask.
process.on('SIGINT', () => undefined);

const answer = (message: LoadAnswer): void => void process.send?.(message);
