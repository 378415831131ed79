// What becomes of the server when more is asked than it can do, and of good requests beside something that is not:
// bench/README.md. Takes some five minutes and ends by itself; Ctrl-C ends it at once.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { chooseCores } from './cores.ts';
import { floodWithConnections, holdSlowly, pipeline } from './overload/connections.ts';
import { startGenerator } from './overload/generators.ts';
import { stampede } from './overload/herd.ts';
import { floodWithBad, hangIssuers, makeKeys, type Stage, startIssuers } from './overload/neighbours.ts';
import { renderOverload } from './overload/render.ts';
import { findMaximum, type LevelFindings, tryLevel } from './overload/saturation.ts';
import { holdTo, type Server, startServer } from './overload/start-server.ts';
import { signBad, signGood, startIssuer } from './overload/workload.ts';

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

const cores = chooseCores();
const issuer = await startIssuer();
const silent = await startIssuers(20);
say('signing tokens');
const good = await signGood(issuer, 3000);
const bad = await signBad(issuer, 3000);
const [generator, other] = [startGenerator(), startGenerator()];
for (const { pid } of [generator, other]) holdTo(cores?.load ?? null, pid);

const onServer = async <T>(
  environment: Readonly<Record<string, string>>,
  act: (server: Server) => Promise<T>,
): Promise<T> => {
  const allowed = [issuer, ...silent].map(({ host, port }) => `${host}:${port}`).join(',');
  const server = await startServer(cores?.server ?? null, { BUREAU_OUTBOUND_ALLOW: allowed, ...environment });
  await server.register('deploy-payments', [issuer]);
  try {
    return await act(server);
  } finally {
    await server.stop();
  }
};

say('B25: 5,000 requests at a cold start');
const herd = await onServer({}, (server) => stampede(generator, server, issuer, good));

const found = await onServer({}, async (server) => {
  const stage: Stage = { server, generator, other, good };
  say('the most it grants');
  const maximum = await findMaximum(generator, server, good, 4);
  say(`${Math.round(maximum.perSecond)} a second`);
  const levels: LevelFindings[] = [];
  for (const times of [1, 2, 5, 10]) {
    say(`B26: ${times} times as much`);
    levels.push(
      await tryLevel(generator, server, { times, maximum: maximum.perSecond, connections, seconds: 6 }),
    );
  }
  const perSecond = Math.round(maximum.perSecond / 10);
  say('A63: key pairs');
  const keys = await makeKeys(stage, perSecond);
  say('B28: bad tokens, rate limit off');
  const flooded = await floodWithBad(stage, bad, perSecond);
  say('A89: slow clients');
  const slow = await holdSlowly(stage, perSecond);
  say('A90: connections, pipelined requests');
  const flood = await floodWithConnections(stage);
  const piped = await pipeline(stage);
  say('A58: issuers that hang');
  for (const [index, entry] of silent.entries()) await server.register(`silent-${index}`, [entry]);
  const hanging = await hangIssuers(stage, silent);
  return { maximum, levels, keys, bad: flooded, slow, flood, pipeline: piped, hanging };
});

say('B28: bad tokens, default rate limit');
const badWithLimits = await onServer({ BUREAU_RATE_LIMIT: '6000' }, (server) =>
  // Fewer in all than one address may send in a minute.
  floodWithBad({ server, generator, other, good }, bad, 200),
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
      : 'The server has one core with all its threads; the load has another.',
  ],
});
process.stdout.write(report);
if (process.argv.includes('--report')) writeFileSync(new URL('overload-report.md', import.meta.url), report);
generator.stop();
other.stop();
await Promise.all([issuer, ...silent].map((entry) => entry.close()));
process.exit(0);
