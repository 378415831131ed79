import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../test/support/bureau-process.ts';
import { untilReady } from './contenders/until-ready.ts';
import { memoryOfProcess } from './processes.ts';
import type { Bench } from './run-load-subject.ts';
import { seedAccounts } from './seed-accounts.ts';
import { median } from './statistics.ts';
import type { StartSubject } from './subject.ts';
import type { SubjectResult } from './subject-result.ts';

type States = Extract<SubjectResult, { readonly kind: 'start' }>['states'];

/** A little more often than the eye sees, and rarely enough to take nothing from the start. */
const pauseMs = 10;
/** What a start left behind is collected before it is weighed. */
const restMs = 1500;

/** Starts the server several times in each state, on the core of the server, and times it from the start of the process to the first good `/readyz`. */
export const runStartSubject = async (
  { surroundings, options, supplies }: Bench,
  { states }: StartSubject,
): Promise<{ readonly states: States }> => {
  const { nursery, cores, say } = surroundings;
  const starts = options.rounds + 2;
  const start = async (dataDir: string, rest: number) => {
    const port = await freePort();
    await mkdir(dataDir, { recursive: true });
    const before = performance.now();
    const child = nursery.start({
      program: new URL('../bin/bureau.mjs', import.meta.url),
      args: ['serve'],
      core: cores?.server ?? null,
      cwd: dataDir,
      outputFile: join(surroundings.folder, 'start.log'),
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
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    const bytes = memoryOfProcess(child.pid);
    await child.stop();
    return { seconds, bytes };
  };

  const results: States[number][] = [];
  for (const { name, accounts } of states) {
    const folder = await mkdtemp(join(surroundings.folder, 'start-'));
    const again = join(folder, 'again');
    // Also the first start of all, which finds the files of the program not yet in memory.
    await start(again, 0);
    if (accounts !== null && accounts > 0)
      await seedAccounts({
        databaseUrl: `sqlite:${join(again, 'bureau.db')}`,
        accounts,
        issuers: (await supplies.seedIssuers(1)).map((known) => ({ ...known, jwks: null })),
      });
    const seconds: number[] = [];
    let bytes: number | null = null;
    for (let number = 0; number < starts; number += 1) {
      const dataDir = accounts === null ? join(folder, String(number)) : again;
      const started = await start(dataDir, number === 0 ? restMs : 0);
      seconds.push(started.seconds);
      bytes ??= started.bytes;
    }
    say(`  ${name}: ready after ${median(seconds).toFixed(2)} s`);
    results.push({ name, accounts, seconds, bytes });
  }
  return { states: results };
};
