import { fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
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

/** Told half a second after the last was opened. */
export interface HoldAnswer {
  readonly opened: number;
  /** Of those, as far as the client knows. */
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

/**
 * Connections that a server still holds of an address, by the kernel's own table: those it closed belong to no process, though
 * the kernel may go on with them for a while.
 */
export const connectionsOf = (port: number, address: string): number => {
  const hexadecimal = (value: number, digits: number): string =>
    value.toString(16).toUpperCase().padStart(digits, '0');
  const bytes = address.split('.').map((part) => hexadecimal(Number(part), 2));
  const remote = `${bytes.toReversed().join('')}:`;
  return readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, from = '', to = '', , , , , , , inode]) =>
        from.endsWith(`:${hexadecimal(port, 4)}`) && to.startsWith(remote) && inode !== '0',
    ).length;
};

/** Seconds until a server has closed all connections of an address, or `null` when it has not within `patience` seconds. */
export const secondsUntilClosed = async (
  port: number,
  address: string,
  patience: number,
): Promise<number | null> => {
  const startedAt = performance.now();
  const elapsed = (): number => (performance.now() - startedAt) / 1000;
  while (elapsed() < patience) {
    if (connectionsOf(port, address) === 0) return elapsed();
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return null;
};
