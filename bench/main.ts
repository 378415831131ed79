// The benchmark: bench/README.md says what it measures. Ends by itself, and at once with Ctrl-C.
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkContender, RunIsVoid } from './check-contender.ts';
import { createNursery } from './children.ts';
import { areSiblings, chooseCores } from './cores.ts';
import { countIssuedActivities } from './count-activities.ts';
import { describeMachine, isInMemory } from './machine.ts';
import { type Options, parseOptions, usage, WrongUsage } from './parse-options.ts';
import { type Findings, renderReport } from './render-report.ts';
import { type Case, type CaseResult, runCase } from './run-rounds.ts';
import { databaseOf, startBureau } from './start-bureau.ts';
import { startOidcProvider } from './start-oidc-provider.ts';
import {
  type SignedTokens,
  signThirdPartyTokens,
  type TokenAlgorithm,
  tokenAlgorithms,
} from './third-party-tokens.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const makeFolder = (): string => {
  if (!isInMemory(tmpdir())) return mkdtempSync(join(tmpdir(), 'bureau-bench-'));
  const data = join(root, 'data');
  mkdirSync(data, { recursive: true });
  return mkdtempSync(join(data, 'bench-'));
};

const nursery = createNursery();
const folder = makeFolder();
/** Runs whatever ends the process, so nothing asynchronous is possible here. */
process.on('exit', () => {
  nursery.killAll();
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
] as const)
  process.on(signal, () => process.exit(128 + number));

const run = async (options: Options): Promise<Findings> => {
  const cores = chooseCores();
  const machine = describeMachine(root, folder);
  say(`signing ${options.tokens} third-party tokens of each algorithm`);
  const signed = new Map<TokenAlgorithm, SignedTokens>();
  for (const algorithm of tokenAlgorithms)
    signed.set(algorithm, await signThirdPartyTokens(algorithm, options.tokens));
  const tokensOf = (algorithm: TokenAlgorithm): SignedTokens => {
    const tokens = signed.get(algorithm);
    if (tokens === undefined) throw new Error(`no tokens for ${algorithm}`);
    return tokens;
  };
  const issuers = [...signed.values()].map(({ issuer }) => issuer);

  const core = cores?.server ?? null;
  const nodeOptions =
    options.profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(options.profile)}`];
  const bureau = await startBureau(nursery, folder, core, issuers, nodeOptions);
  const other = await startOidcProvider(nursery, folder, core, issuers, nodeOptions);
  const load = nursery.start({
    program: new URL('./load-process.ts', import.meta.url),
    core: cores?.load ?? null,
    cwd: folder,
    outputFile: join(folder, 'load.log'),
    talks: true,
  });

  const tokenBytes = { bureau: 0, 'oidc-provider': 0 };
  let received = 0;
  for (const contender of [bureau, other])
    for (const tokens of signed.values()) {
      const inspection = await checkContender(contender, tokens);
      tokenBytes[contender.name] = inspection.tokenBytes;
      if (contender === bureau) received += inspection.exchanges;
    }

  const cases: readonly Case[] = [
    ...tokenAlgorithms.map((algorithm) => ({ algorithm, connections: options.connections })),
    // The case that suits Bureau least: nobody shares the fsync.
    { algorithm: 'ES256', connections: 1 },
  ];
  const results: CaseResult[] = [];
  for (const entry of cases)
    results.push(
      await runCase(
        { load, cores, contenders: [bureau, other], ...options, say },
        entry,
        tokensOf(entry.algorithm),
      ),
    );

  await Promise.all([load.stop(), other.stop(), bureau.stop(), ...issuers.map((issuer) => issuer.close())]);
  received += results.reduce((sum, { issued }) => sum + issued.bureau, 0);
  const activities = countIssuedActivities(databaseOf(folder));
  if (activities < received) throw new RunIsVoid(`${received} tokens, but only ${activities} activities`);
  return {
    day: new Date().toISOString().slice(0, 10),
    options,
    machine,
    cores: cores === null ? null : { ...cores, siblings: areSiblings(cores) },
    cases: results,
    tokenBytes,
    thirdPartyTokenBytes: Object.fromEntries(
      [...signed].map(([algorithm, { tokens }]) => [algorithm, tokens[0]?.length ?? 0]),
    ),
    durable: { received, activities },
  };
};

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(usage);
  } else {
    const report = renderReport(await run(options));
    process.stdout.write(report);
    if (options.report) writeFileSync(join(root, 'bench', 'report.md'), report);
  }
  process.exit(0);
} catch (error) {
  if (error instanceof WrongUsage) say(`${error.message}\n\n${usage}`);
  else if (error instanceof RunIsVoid) say(`The run is void. ${error.message}`);
  else say((error as Error).stack ?? String(error));
  process.exit(error instanceof WrongUsage ? 2 : 1);
}
