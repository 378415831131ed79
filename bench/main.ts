// The benchmark: bench/README.md says what it measures. Ends by itself, and at once with Ctrl-C.
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNursery } from './children.ts';
import type { Surroundings } from './contenders/surroundings.ts';
import { areSiblings, chooseCores } from './cores.ts';
import { estimateMinutes } from './estimate-minutes.ts';
import type { Findings } from './findings.ts';
import { measurePrimitives } from './limit/measure-primitives.ts';
import { startLoad } from './load/run-load.ts';
import { describeMachine, isInMemory } from './machine.ts';
import { type Options, parseOptions, usageOf, WrongUsage } from './parse-options.ts';
import { renderReport } from './report/render-report.ts';
import { openSupplies } from './requests/supplies.ts';
import { type Bench, runLoadSubject } from './run-load-subject.ts';
import { runStartSubject } from './run-start-subject.ts';
import { prepareStartPrograms } from './start-programs.ts';
import type { Subject } from './subject.ts';
import type { SubjectResult } from './subject-result.ts';
import { subjectNames, subjects } from './subjects.ts';

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

/** One subject by itself: what goes wrong in it spoils no other. */
const runSubject = async (bench: Bench, subject: Subject): Promise<SubjectResult> => {
  const { name, title, why } = subject;
  say(`${name}: ${title}`);
  try {
    return subject.kind === 'load'
      ? { name, title, why, kind: 'load', ...(await runLoadSubject(bench, subject)) }
      : { name, title, why, kind: 'start', ...(await runStartSubject(bench, subject)) };
  } catch (error) {
    const reason = (error as Error).message;
    say(`  void: ${reason}`);
    return { name, title, why, kind: 'void', reason };
  }
};

const run = async (options: Options): Promise<Findings> => {
  const started = performance.now();
  const chosen = subjects.filter(
    ({ name, quick }) => options.only?.includes(name) ?? (quick || options.full),
  );
  say(`about ${estimateMinutes(chosen, options)} minutes`);
  const cores = chooseCores();
  const machine = describeMachine(root, folder);
  const surroundings: Surroundings = {
    nursery,
    folder,
    cores,
    programs: await prepareStartPrograms(folder),
    nodeOptions: options.profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(options.profile)}`],
    say,
  };
  const supplies = await openSupplies(options.tokens, say);
  const load = startLoad(surroundings);
  say('the limit of this machine');
  const primitives = await measurePrimitives(surroundings, supplies, load.run, options);
  const results: SubjectResult[] = [];
  for (const subject of chosen)
    results.push(await runSubject({ surroundings, supplies, load: load.run, options }, subject));
  await Promise.all([load.stop(), supplies.close()]);
  return {
    day: new Date().toISOString().slice(0, 10),
    minutes: (performance.now() - started) / 60_000,
    options,
    machine,
    cores: cores === null ? null : { ...cores, siblings: areSiblings(cores) },
    primitives,
    subjects: results,
  };
};

const write = (findings: Findings, report: string): void => {
  writeFileSync(join(root, 'bench', 'report.md'), report);
  writeFileSync(join(root, 'bench', 'report.json'), `${JSON.stringify(findings, null, 1)}\n`);
};

try {
  const options = parseOptions(process.argv.slice(2), subjectNames);
  if (options === null) {
    process.stdout.write(usageOf(subjectNames));
    process.exit(0);
  }
  const findings = await run(options);
  const report = renderReport(findings);
  process.stdout.write(report);
  if (options.report) write(findings, report);
  process.exit(findings.subjects.some(({ kind }) => kind === 'void') ? 1 : 0);
} catch (error) {
  if (error instanceof WrongUsage) say(`${error.message}\n\n${usageOf(subjectNames)}`);
  else say((error as Error).stack ?? String(error));
  process.exit(error instanceof WrongUsage ? 2 : 1);
}
