import { fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { disturberPriority } from './generators.ts';

/** How connections are held. */
export interface HoldJob {
  readonly port: number;
  readonly from: string;
  readonly count: number;
  readonly way: 'idle' | 'headers' | 'body' | 'read';
}

/** How many were opened, and how many of them are open half a second later. */
export interface HoldAnswer {
  readonly opened: number;
  readonly open: number;
}

/** A process that holds connections, for one process has too few file descriptors. */
export interface Holder {
  hold(job: HoldJob): Promise<HoldAnswer>;
  release(): Promise<void>;
  stop(): void;
}

/** Starts one; it ends with this process. */
export const startHolder = (): Holder => {
  const child = fork(fileURLToPath(new URL('./hold-connections-process.ts', import.meta.url)), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  if (child.pid !== undefined) setPriority(child.pid, disturberPriority);
  const ask = (message: HoldJob | 'release'): Promise<HoldAnswer> =>
    new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error('a process that holds connections has ended'));
      child.once('exit', ended);
      child.once('message', (answer) => {
        child.off('exit', ended);
        resolve(answer as HoldAnswer);
      });
      child.send(message);
    });
  return {
    hold: ask,
    release: async () => void (await ask('release')),
    stop: () => child.disconnect(),
  };
};

/** File descriptors a process has open; a connection that is closed has none any more. */
export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Seconds until a process has at most `most` open, or `null` when it has not within `patience` seconds. */
export const secondsUntilClosed = async (
  pid: number,
  most: number,
  patience: number,
): Promise<number | null> => {
  const startedAt = performance.now();
  const elapsed = (): number => (performance.now() - startedAt) / 1000;
  while (elapsed() < patience) {
    if (openFiles(pid) <= most) return elapsed();
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return null;
};
