import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeOnCore } from './cores.ts';

/** How a child of the harness is started. */
export interface ChildOptions {
  readonly program: URL;
  readonly args?: readonly string[];
  /** The core it is held to, or `null`. */
  readonly core: number | null;
  readonly nodeOptions?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Where its standard output goes. */
  readonly outputFile: string;
  /** Whether it speaks with the harness; then it must end by itself when the harness is gone. */
  readonly talks: boolean;
}

/** A child process that talks, and that ends with the harness whatever happens. */
export interface Child {
  readonly pid: number;
  /** Sends a message and resolves with the next one that comes back; rejects when the child ends instead. */
  ask<Answer>(message: object): Promise<Answer>;
  /** What it wrote to standard error. */
  errors(): string;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /** Asks it to end, and insists after ten seconds. */
  stop(): Promise<void>;
}

/** A starter of children; `killAll` ends them at once, for the moment the harness itself ends. */
export const createNursery = () => {
  const living = new Set<ChildProcess>();

  const start = (options: ChildOptions): Child => {
    const program = fileURLToPath(options.program);
    const [command, args] = nodeOnCore(options.core, [
      ...(options.nodeOptions ?? []),
      program,
      ...(options.args ?? []),
    ]);
    const output = openSync(options.outputFile, 'a', 0o600);
    const child = spawn(command, args, {
      cwd: options.cwd,
      // Nothing of the caller's environment, so that two runs differ in nothing nobody sees.
      env: { NODE_ENV: 'production', PATH: process.env['PATH'] ?? '', ...options.environment },
      stdio: ['ignore', output, 'pipe', ...(options.talks ? (['ipc'] as const) : [])],
    });
    living.add(child);
    let errors = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    const ended = new Promise<void>((resolve) => {
      child.on('error', (error) => {
        errors += error.message;
        living.delete(child);
        resolve();
      });
      child.on('close', () => {
        living.delete(child);
        resolve();
      });
    });
    return {
      pid: child.pid ?? 0,
      errors: () => errors,
      ended,
      ask: <Answer>(message: object) =>
        new Promise<Answer>((resolve, reject) => {
          child.once('message', (answer) => resolve(answer as Answer));
          void ended.then(() => reject(new Error(`${basename(program)} ended: ${errors.trim()}`)));
          child.send(message, (error) => (error === null ? undefined : reject(error)));
        }),
      stop: async () => {
        child.kill('SIGTERM');
        const insist = setTimeout(() => child.kill('SIGKILL'), 10_000);
        await ended;
        clearTimeout(insist);
      },
    };
  };

  return {
    start,
    killAll: () => {
      for (const child of living) child.kill('SIGKILL');
    },
  };
};

/** What {@link createNursery} makes. */
export type Nursery = ReturnType<typeof createNursery>;
