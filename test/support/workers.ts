import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BureauProcess } from './bureau-process.ts';

/** The workers of a server, by process id. */
export const workersOf = async (bureau: Pick<BureauProcess, 'pid'>): Promise<readonly number[]> => {
  const text = await readFile(`/proc/${bureau.pid}/task/${bureau.pid}/children`, 'utf8');
  return text
    .split(' ')
    .filter((id) => id !== '')
    .map(Number);
};

/** Whether a process is there, and no zombie. */
export const isAlive = async (pid: number): Promise<boolean> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !stat.includes(') Z ');
};

/** How many threads of a process have this name. */
export const countThreads = async (pid: number, name: string): Promise<number> => {
  const threads = await readdir(`/proc/${pid}/task`);
  const names = await Promise.all(threads.map((id) => readFile(`/proc/${pid}/task/${id}/comm`, 'utf8')));
  return names.filter((found) => found.trim() === name).length;
};

/** Asks again until the answer is yes, or the time is over; the last answer. */
export const until = async (ask: () => Promise<boolean>, forMs = 15_000): Promise<boolean> => {
  const end = Date.now() + forMs;
  while (!(await ask())) {
    if (Date.now() >= end) return false;
    await sleep(25);
  }
  return true;
};

/** An answer; status 0 where the connection ended without one. */
export interface BriefAnswer {
  readonly status: number;
  readonly text: string;
}

/** One request over a connection of its own, which any worker may get. */
export const overNewConnection = (
  url: string,
  {
    method = 'GET',
    form,
    headers = {},
  }: {
    readonly method?: string;
    readonly form?: Readonly<Record<string, string>>;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<BriefAnswer> =>
  new Promise((resolve) => {
    const type = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const sent = request(url, { agent: false, method, headers: { ...type, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', () => resolve({ status: 0, text }));
    });
    sent.on('error', () => resolve({ status: 0, text: '' }));
    sent.end(form === undefined ? undefined : new URLSearchParams(form).toString());
  });

/** Which workers answered requests so far, by their lines of the log. */
export const workersThatAnswered = (bureau: Pick<BureauProcess, 'lines'>): ReadonlySet<number> =>
  new Set(
    bureau
      .lines()
      .map((line) => JSON.parse(line) as { readonly msg: string; readonly worker: number })
      .filter(({ msg }) => msg === 'request')
      .map(({ worker }) => worker),
  );
