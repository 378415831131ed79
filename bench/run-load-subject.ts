import { rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Contender, ServerPlan } from './contenders/contender.ts';
import { startContender } from './contenders/start-contender.ts';
import type { Surroundings } from './contenders/surroundings.ts';
import { keepAwake } from './load/keep-awake.ts';
import type { LoadResult, Pace } from './load/load-job.ts';
import type { LoadRunner } from './load/run-load.ts';
import type { Options } from './parse-options.ts';
import { checkContender } from './requests/check-contender.ts';
import type { TokenAlgorithm } from './requests/sign-many.ts';
import type { Supplies } from './requests/supplies.ts';
import { createWork, type Work } from './requests/work.ts';
import { median } from './statistics.ts';
import type { Entrant, LoadSubject } from './subject.ts';
import type { Durability, EntrantResult, Half, Round } from './subject-result.ts';
import { RunIsVoid } from './the-exchange.ts';

/** What subjects are run with. */
export interface Bench {
  readonly surroundings: Surroundings;
  readonly supplies: Supplies;
  readonly load: LoadRunner;
  readonly options: Options;
}

/** How many answers of a round are verified. */
const samplesPerRound = 25;
/** What a round at a constant rate is sent on: enough that no request waits for a connection unless the server is behind. */
const constantConnections = 128;
/** Rate at which the cost of a change is measured, and changes a second; both far below what a server can take. */
const calm = { exchangesPerSecond: 200, changesPerSecond: 20, pairs: 2 } as const;
/** Before the first round it is not known how many single-use forms a server takes a second. */
const firstGuessPerSecond = 15_000;

/** How many pairs of calm rounds there are, with changes and without. */
export const calmPairs = (rounds: number): number => Math.min(calm.pairs, rounds);

/** Every key set is fetched in the first pass, which ends when it is through. */
const firstPassSeconds = 300;

/** The order of a round: who goes first changes, so that a drift of the machine hits all alike. */
export const orderOfRound = <T>(entrants: readonly T[], round: number): readonly T[] => {
  const first = round % entrants.length;
  return [...entrants.slice(first), ...entrants.slice(0, first)];
};

/** A server under test and what it has issued so far. */
interface Server {
  readonly contender: Contender;
  issued: number;
}

/** An entrant while it runs. */
interface Runner {
  readonly entrant: Entrant;
  readonly server: Server;
  readonly work: Work;
  readonly connections: number;
  readonly rounds: Round[];
  readonly run: (pace: Pace, seconds: number) => Promise<Round>;
  readonly judged: () => number;
  /** Throws away what was prepared. */
  readonly close: () => Promise<void>;
}

/**
 * Starts the servers, holds each to the work, warms them up, lets them take turns, verifies samples of the answers after
 * every round, and counts what was made durable in the end. Throws {@link RunIsVoid} with the first thing that is not as
 * it has to be.
 */
export const runLoadSubject = async (
  bench: Bench,
  subject: LoadSubject,
): Promise<{ readonly entrants: readonly EntrantResult[]; readonly durability: readonly Durability[] }> => {
  const { options, surroundings } = bench;
  const servers = new Map<string, Server>();
  const runners: Runner[] = [];
  try {
    for (const [index, entrant] of subject.entrants.entries())
      runners.push(
        await createRunner(
          bench,
          entrant,
          await serverOf(bench, entrant, servers),
          `${subject.name}-${index}`,
        ),
      );
    surroundings.say('  warm-up');
    for (const runner of runners) await warmUp(runner, options.warmUpSeconds);
    for (let round = 0; round < options.rounds; round += 1)
      for (const runner of orderOfRound(runners, round)) {
        const result = await runner.run({ kind: 'saturate' }, options.secondsPerRound);
        runner.rounds.push(result);
        surroundings.say(`  round ${round + 1}  ${describe(runner, result)}`);
      }
    const results: EntrantResult[] = [];
    for (const [place, runner] of runners.entries())
      results.push(
        resultOf(runner, {
          half: hasHalf(subject, place, options) ? await runHalf(bench, subject, runner) : null,
          change: subject.changes === true ? await measureChange(bench, runner) : null,
        }),
      );
    return { entrants: results, durability: await stopAll(servers) };
  } finally {
    await Promise.all(runners.map((runner) => runner.close()));
    await Promise.all([...servers.values()].map(({ contender }) => contender.stop()));
  }
};

const serverOf = async (bench: Bench, entrant: Entrant, servers: Map<string, Server>): Promise<Server> => {
  const { supplies, surroundings } = bench;
  const plan = JSON.stringify(entrant.server);
  const known = servers.get(plan);
  if (known !== undefined) return known;
  surroundings.say(`  starting ${describePlan(entrant)}`);
  const seeded = entrant.server.kind === 'bureau' && entrant.server.accounts !== undefined;
  const seedIssuers = seeded
    ? await supplies.seedIssuers(entrant.work.door === 'seeded' ? entrant.work.issuers : 1)
    : [];
  const contender = await startContender(entrant.server, surroundings, supplies.registrations, seedIssuers);
  const server = { contender, issued: 0 };
  servers.set(plan, server);
  server.issued += await checkContender(contender, algorithmOf(entrant), supplies);
  return server;
};

const describePlan = ({ name, server }: Entrant): string =>
  server.kind === name ? name : `${server.kind} (${name})`;
const algorithmOf = ({ work }: Entrant): TokenAlgorithm =>
  work.door === 'exchange' ? work.algorithm : 'RS256';

const createRunner = async (
  { supplies, load, surroundings, options }: Bench,
  entrant: Entrant,
  server: Server,
  name: string,
): Promise<Runner> => {
  const { contender } = server;
  const work = createWork(entrant.work, contender, supplies);
  const cores = entrant.connectionsForEachCore === true ? availableParallelism() : 1;
  const connections = (entrant.connections ?? options.connections) * cores;
  const formsFile = join(surroundings.folder, `${name}.forms`);
  const rounds: Round[] = [];
  let total = 0;
  let sent = 0;
  let judged = 0;
  let perSecond = firstGuessPerSecond;

  const write = async (wanted: number): Promise<void> => {
    const forms = await work.forms(wanted);
    total = forms.length;
    await writeFile(formsFile, forms.join('\n'));
  };
  if (work.again) await write(0);

  const send = async (pace: Pace, seconds: number, most: number | null): Promise<LoadResult> => {
    if (!work.again)
      await write(Math.ceil((pace.kind === 'constant' ? pace.perSecond : perSecond) * seconds * 1.3));
    const result = await load({
      urls: contender.tokenUrls,
      formsFile,
      first: work.again ? sent % total : 0,
      keep: work.again,
      most: work.again ? most : total,
      pace,
      connections: pace.kind === 'constant' ? constantConnections : connections,
      seconds,
      expected: work.expected,
      samples: samplesPerRound,
      serverPids: contender.serverPids,
      databasePids: contender.databasePids,
    });
    sent += result.answers + result.late;
    if (work.expected.status === 200) server.issued += result.answers + result.late;
    if (pace.kind === 'saturate') perSecond = result.answers / result.seconds;
    for (const body of result.samples) await work.judge(body);
    return result;
  };

  if (work.first > 0) {
    surroundings.say(`  ${entrant.name}: ${work.first.toLocaleString('en')} tokens once`);
    await send({ kind: 'saturate' }, firstPassSeconds, work.first);
  }
  return {
    entrant,
    server,
    work,
    connections,
    rounds,
    run: async (pace, seconds) => {
      const { samples, ...round } = await send(pace, seconds, null);
      judged += samples.length;
      return round;
    },
    judged: () => judged,
    close: () => rm(formsFile, { force: true }),
  };
};

const warmUp = (runner: Runner, seconds: number): Promise<Round> => runner.run({ kind: 'saturate' }, seconds);

/** Whether a row is also asked at half: in the short run the first alone. */
export const hasHalf = (
  { half }: Pick<LoadSubject, 'half'>,
  place: number,
  { full }: Pick<Options, 'full'>,
): boolean => half === true && (full || place === 0);

/** Half of the median, round by round. */
const runHalf = async (
  { options, surroundings }: Bench,
  { awake = false }: LoadSubject,
  runner: Runner,
): Promise<Half> => {
  const perSecond = median(runner.rounds.map(({ answers, seconds }) => answers / seconds)) / 2;
  const runRounds = async (how: string): Promise<readonly Round[]> => {
    const rounds: Round[] = [];
    for (let round = 0; round < Math.min(3, options.rounds); round += 1) {
      const result = await runner.run({ kind: 'constant', perSecond }, options.secondsPerRound);
      rounds.push(result);
      surroundings.say(`  ${how}   ${describe(runner, result)}`);
    }
    return rounds;
  };
  const rounds = await runRounds('at half');
  const letSleep = options.full && awake ? keepAwake(surroundings.cores?.server ?? null) : null;
  if (letSleep === null) return { perSecond, rounds, awake: null };
  try {
    return { perSecond, rounds, awake: await runRounds('at half, awake') };
  } finally {
    letSleep();
  }
};

/**
 * The same calm load with changes and without: the difference is what changes cost, on every node and in the database. Means
 * of pairs, of which every other one begins with the changes: what a server still does for the load before is in the first.
 */
const measureChange = async (
  { options, surroundings }: Bench,
  runner: Runner,
): Promise<EntrantResult['change']> => {
  const { change } = runner.server.contender;
  if (change === null) return null;
  const pace: Pace = { kind: 'constant', perSecond: calm.exchangesPerSecond };
  const runWithout = async () => await runner.run(pace, options.secondsPerRound);
  const runWith = async () => {
    let changes = 0;
    let failed: Error | null = null;
    const timer = setInterval(() => {
      changes += 1;
      change().catch((error: Error) => {
        failed ??= error;
      });
    }, 1000 / calm.changesPerSecond);
    const result = await runner.run(pace, options.secondsPerRound).finally(() => clearInterval(timer));
    if (failed !== null) throw new RunIsVoid(`a change failed: ${(failed as Error).message}`);
    return { result, changes };
  };
  const pairs: { readonly server: number | null; readonly database: number | null }[] = [];
  for (let pair = 0; pair < calmPairs(options.rounds); pair += 1) {
    const early = pair % 2 === 0 ? await runWithout() : null;
    const { result, changes } = await runWith();
    const without = early ?? (await runWithout());
    const each = (name: 'serverCpuSeconds' | 'databaseCpuSeconds'): number | null => {
      const [before, after] = [without[name], result[name]];
      return before === null || after === null ? null : (after - before) / changes;
    };
    pairs.push({ server: each('serverCpuSeconds'), database: each('databaseCpuSeconds') });
    surroundings.say(`  ${runner.entrant.name}: ${changes} changes`);
  }
  const medianOf = (name: 'server' | 'database'): number | null => {
    const known = pairs.flatMap((pair) => pair[name] ?? []);
    return known.length === pairs.length ? median(known) : null;
  };
  const serverSeconds = medianOf('server');
  return serverSeconds === null ? null : { serverSeconds, databaseSeconds: medianOf('database') };
};

const resultOf = (
  { entrant, server, connections, rounds, judged }: Runner,
  more: Pick<EntrantResult, 'half' | 'change'>,
): EntrantResult => ({
  name: entrant.name,
  server: entrant.server,
  work: entrant.work,
  connections,
  kept: server.contender.kept,
  rounds,
  ...more,
  bytesAtRest: server.contender.bytesAtRest,
  judged: judged(),
});

/** Stops every server and compares what it issued with what its store knows of. */
const stopAll = async (servers: Map<string, Server>): Promise<readonly Durability[]> => {
  const found: Durability[] = [];
  for (const [plan, { contender, issued }] of servers) {
    servers.delete(plan);
    const kept = await contender.stop();
    if (kept === null) continue;
    if (kept.issued < issued)
      throw new RunIsVoid(
        `${issued} tokens were received, but there are only ${kept.issued} activities of them`,
      );
    found.push({
      server: JSON.parse(plan) as ServerPlan,
      received: issued,
      activities: kept.issued,
      grownBytes: kept.grownBytes,
    });
  }
  return found;
};

const describe = ({ entrant }: Runner, { answers, seconds, p99Ms, serverCpuSeconds }: Round): string => {
  const perSecond = Math.round(answers / seconds).toLocaleString('en');
  const cpu = serverCpuSeconds === null ? '' : `  ${Math.round((serverCpuSeconds / answers) * 1e6)} µs`;
  return `${entrant.name.padEnd(28)} ${perSecond.padStart(7)}/s${cpu}  p99 ${p99Ms.toFixed(1)} ms`;
};
