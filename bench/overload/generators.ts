import { fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { OpenLoopJob, OpenLoopResult } from './open-loop-job.ts';

/** A process that sends requests. */
export interface Generator {
  readonly pid: number;
  run(job: OpenLoopJob): Promise<OpenLoopResult>;
  stop(): void;
}

/** What disturbs shares a core with what measures and has to give way: it is the server that is to be disturbed. */
export const disturberPriority = 10;

/** Starts one; it ends with this process. */
export const startGenerator = (purpose: 'measures' | 'disturbs'): Generator => {
  const child = fork(fileURLToPath(new URL('./open-loop-process.ts', import.meta.url)), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  if (purpose === 'disturbs' && child.pid !== undefined) setPriority(child.pid, disturberPriority);
  return {
    pid: child.pid ?? 0,
    run: (job) =>
      new Promise((resolve, reject) => {
        const ended = (code: number | null): void => reject(new Error(`a generator ended with ${code}`));
        child.once('exit', ended);
        child.once('message', (answer: { result?: OpenLoopResult; failure?: string }) => {
          child.off('exit', ended);
          if (answer.result === undefined) reject(new Error(answer.failure));
          else resolve(answer.result);
        });
        child.send(job);
      }),
    stop: () => child.disconnect(),
  };
};
