// What becomes of the server when more is asked than it can do, and of good requests beside something that is not:
// bench/README.md. Takes some five minutes and ends by itself; Ctrl-C ends it at once.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseCores } from './cores.ts';
import { floodWithConnections, holdSlowly, pipeline } from './overload/connections.ts';
import { startGenerator } from './overload/generators.ts';
import { stampede } from './overload/herd.ts';
import {
  floodWithBad,
  hangIssuers,
  makeAccounts,
  runGood,
  type Stage,
  startIssuers,
} from './overload/neighbours.ts';
import { type OverloadOptions, type PartName, parseParts } from './overload/parse-parts.ts';
import { renderOverload } from './overload/render.ts';
import { findMaximum, type LevelFindings, tryLevel } from './overload/saturation.ts';
import { holdTo, type Server, startServer } from './overload/start-server.ts';
import { signBad, signGood, startIssuer } from './overload/workload.ts';
import { prepareStartPrograms } from './start-programs.ts';

const connections = 1000;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const)
  process.on(signal, () => process.exit(128 + number));
// Whatever hangs, this ends.
setTimeout(() => {
  say('it took too long and was cut short');
  process.exit(1);
}, 600_000).unref();

const readOptions = (): OverloadOptions => {
  try {
    return parseParts(process.argv.slice(2));
  } catch (error) {
    say((error as Error).message);
    process.exit(2);
  }
};

const { parts, report: isReported } = readOptions();
const cores = chooseCores();
// Whatever this process starts inherits its core; the server has another.
holdTo(cores?.load ?? null, process.pid);
const place = mkdtempSync(join(tmpdir(), 'bureau-overload-'));
process.on('exit', () => rmSync(place, { recursive: true, force: true }));
const { built } = await prepareStartPrograms(place);
const issuer = await startIssuer();
const silent = await startIssuers(20);
say('signing tokens');
const good = await signGood(issuer, 3000);
const bad = await signBad(issuer, 3000);
const [generator, other] = [startGenerator('measures'), startGenerator('disturbs')];

/** Runs a part that was asked for. */
const part = async <T>(name: PartName, title: string, run: () => Promise<T>): Promise<T | undefined> => {
  if (!parts.has(name)) return undefined;
  say(`${name.toUpperCase()}: ${title}`);
  return await run();
};

const onServer = async <T>(
  environment: Readonly<Record<string, string>>,
  act: (server: Server) => Promise<T>,
): Promise<T> => {
  const allowed = [issuer, ...silent].map(({ host, port }) => `${host}:${port}`).join(',');
  const server = await startServer(built, cores?.server ?? null, {
    BUREAU_OUTBOUND_ALLOW: allowed,
    ...environment,
  });
  await server.register('deploy-payments', [issuer]);
  try {
    return await act(server);
  } finally {
    await server.stop();
  }
};

const herd = await part('b25', '5,000 requests at a cold start', () =>
  onServer({}, (server) => stampede(generator, server, issuer, good)),
);

const found = await onServer({}, async (server) => {
  const stage: Stage = { server, generator, other, good };
  say('the most it grants');
  const maximum = await findMaximum(generator, server, good, 4);
  say(`${Math.round(maximum.perSecond)} a second`);
  const { findings: half } = await runGood(server, () =>
    generator.run({
      port: server.port,
      from: '127.0.0.1',
      connections: 128,
      perSecond: maximum.perSecond / 2,
      seconds: 6,
      bodies: [],
    }),
  );
  const levels = await part('b26', 'more than it can do', async () => {
    const all: LevelFindings[] = [];
    for (const times of [1, 2, 5, 10]) {
      say(`  ${times} times as much`);
      all.push(
        await tryLevel(generator, server, { times, maximum: maximum.perSecond, connections, seconds: 6 }),
      );
    }
    return all;
  });
  const perSecond = Math.round(maximum.perSecond / 10);
  return {
    maximum,
    half,
    levels,
    accounts: await part('a63', 'accounts', () => makeAccounts(stage, perSecond, 'without keys')),
    keys: await part('a63', 'key pairs', () => makeAccounts(stage, perSecond, 'with keys')),
    bad: await part('b28', 'bad tokens, rate limit off', () => floodWithBad(stage, bad, perSecond)),
    slow: await part('a89', 'slow clients', () => holdSlowly(stage, perSecond)),
    flood: await part('a90', 'connections', () => floodWithConnections(stage)),
    pipeline: await part('a90', 'pipelined requests', () => pipeline(stage)),
    hanging: await part('a58', 'issuers that hang', async () => {
      for (const [index, entry] of silent.entries()) await server.register(`silent-${index}`, [entry]);
      return await hangIssuers(stage, silent);
    }),
  };
});

const badWithLimits = await part('b28', 'bad tokens, default rate limit', () =>
  onServer({ BUREAU_RATE_LIMIT: '6000' }, (server) =>
    // Fewer in all than one address may send in a minute.
    floodWithBad({ server, generator, other, good }, bad, 200),
  ),
);

const report = renderOverload({
  ...found,
  herd,
  badWithLimits,
  connections,
  machine: [
    `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}, ${process.platform}`,
    cores === null
      ? 'Server and load were not held to cores of their own.'
      : 'The server has one core with all its threads; everything else has another.',
  ],
});
process.stdout.write(report);
if (isReported) writeFileSync(new URL('overload-report.md', import.meta.url), report);
generator.stop();
other.stop();
await Promise.all([issuer, ...silent].map((entry) => entry.close()));
process.exit(0);
