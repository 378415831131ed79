import { readFile } from 'node:fs/promises';
import type { BureauProcess } from './bureau-process.ts';

/** What a server has used: counts, which no busy machine changes much. */
export interface Costs {
  /** Bytes its main thread allocated on the heap. */
  readonly allocated: number;
  /** Messages its main thread sent to threads of its own, as those of the store. */
  readonly messages: number;
  /** SQL statements run, `begin` and `commit` among them, on all connections. */
  readonly statements: number;
  /** Transactions committed: those whose `commit` is a statement of its own, as all of the embedded store are that write. */
  readonly commits: number;
  /** System calls of the family of `read`, all threads; Linux counts reads and writes of files and sockets alike. */
  readonly reads: number;
  /** System calls of the family of `write`, all threads. */
  readonly writes: number;
  /** Bytes given to them: to the store, the log and the sockets. */
  readonly written: number;
}

/** The environment of a server that {@link readCosts} can ask. */
export const reportsCosts = {
  NODE_OPTIONS: `--import ${new URL('./report-costs.ts', import.meta.url).href}`,
};

/** What `server` has used until now. */
export const readCosts = async (server: BureauProcess): Promise<Costs> => {
  const saidBefore = reports(server).length;
  process.kill(server.pid, 'SIGUSR2');
  while (reports(server).length === saidBefore) await new Promise((resolve) => setTimeout(resolve, 5));
  const said = JSON.parse(reports(server).at(-1) ?? '') as Omit<Costs, 'reads' | 'writes' | 'written'>;
  const counters = await readFile(`/proc/${server.pid}/io`, 'utf8');
  const counter = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(counters)?.[1]);
  return { ...said, reads: counter('syscr'), writes: counter('syscw'), written: counter('wchar') };
};

const reports = (server: BureauProcess): readonly string[] =>
  [...server.errors().matchAll(/^costs (.+)$/gm)].map(([, report]) => report ?? '');

/** What one of `count` pieces of work used on average between two readings. */
export const costsOfOne = (before: Costs, after: Costs, count: number): Costs => {
  const one = (name: keyof Costs): number => (after[name] - before[name]) / count;
  return {
    allocated: one('allocated'),
    messages: one('messages'),
    statements: one('statements'),
    commits: one('commits'),
    reads: one('reads'),
    writes: one('writes'),
    written: one('written'),
  };
};
