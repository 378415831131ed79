import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../test/support/bureau-process.ts';
import { untilReady } from './contenders/until-ready.ts';
import { cpuSecondsOfProcess } from './cpu-time.ts';
import { memoryOfProcess } from './processes.ts';
import { type Bench, orderOfRound } from './run-load-subject.ts';
import { seedAccounts } from './seed-accounts.ts';
import type { Startable } from './start-programs.ts';
import { median } from './statistics.ts';
import type { StartState, StartSubject } from './subject.ts';
import type { SubjectResult } from './subject-result.ts';

type States = Extract<SubjectResult, { readonly kind: 'start' }>['states'];

/** What one start took. */
type Start = {
  readonly seconds: number;
  readonly cpuSeconds: number | null;
  readonly bytes: number | null;
};

/** A little more often than the eye sees, and rarely enough to take nothing from the start. */
const pauseMs = 10;
/** What a start left behind is collected before it is weighed. */
const restMs = 1500;

/** A state while it is measured. */
interface Runner {
  readonly state: StartState;
  /** Starts the server the next time, and stops it after a rest. */
  readonly start: (restMs: number) => Promise<Start>;
  readonly starts: Start[];
}

/**
 * Starts the server several times in each state, on the core of the server, and times it from the start of the process to the
 * first good `/readyz`. The states take turns.
 */
export const runStartSubject = async (
  { surroundings, options, supplies }: Bench,
  { states }: StartSubject,
): Promise<{ readonly states: States }> => {
  const { nursery, cores, say, folder, programs } = surroundings;
  const startIn = async (dataDir: string, { program, args }: Startable, rest: number): Promise<Start> => {
    const port = await freePort();
    await mkdir(dataDir, { recursive: true });
    const before = performance.now();
    const child = nursery.start({
      program,
      args: [...args, 'serve'],
      core: cores?.server ?? null,
      cwd: dataDir,
      outputFile: join(folder, 'start.log'),
      talks: false,
      environment: {
        BUREAU_PORT: String(port),
        BUREAU_DATA_DIR: dataDir,
        BUREAU_ISSUER: 'http://127.0.0.1:8080',
        BUREAU_STOP_DELAY_SECONDS: '0',
      },
    });
    await untilReady(`http://127.0.0.1:${port}`, child, pauseMs);
    const seconds = (performance.now() - before) / 1000;
    const cpuSeconds = cpuSecondsOfProcess(child.pid);
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    const bytes = memoryOfProcess(child.pid);
    await child.stop();
    return { seconds, cpuSeconds, bytes };
  };
  const prepare = async (state: StartState): Promise<Runner> => {
    const { accounts } = state;
    const program = programs[state.program];
    const place = await mkdtemp(join(folder, 'start-'));
    const again = join(place, 'again');
    // Also the first start of all, which finds the files of the program not yet in memory.
    await startIn(again, program, 0);
    if (accounts !== null && accounts > 0)
      await seedAccounts({
        databaseUrl: `sqlite:${join(again, 'bureau.db')}`,
        accounts,
        issuers: (await supplies.seedIssuers(1)).map((known) => ({ ...known, jwks: null })),
      });
    const starts: Start[] = [];
    const start = (rest: number) =>
      startIn(accounts === null ? join(place, String(starts.length)) : again, program, rest);
    return { state, start, starts };
  };

  const runners: Runner[] = [];
  for (const state of states) runners.push(await prepare(state));
  for (let round = 0; round < options.rounds + 2; round += 1)
    for (const { start, starts } of orderOfRound(runners, round))
      starts.push(await start(round === 0 ? restMs : 0));
  const results = runners.map(({ state, starts }) => ({
    ...state,
    seconds: starts.map(({ seconds }) => seconds),
    cpuSeconds: starts.flatMap(({ cpuSeconds }) => cpuSeconds ?? []),
    bytes: starts[0]?.bytes ?? null,
  }));
  for (const { name, seconds } of results) say(`  ${name}: ready after ${median(seconds).toFixed(2)} s`);
  return { states: results };
};
