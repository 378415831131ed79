import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { OpenLoopJob, OpenLoopResult } from './open-loop-job.ts';

/** A process that sends requests. */
export interface Generator {
  readonly pid: number;
  run(job: OpenLoopJob): Promise<OpenLoopResult>;
  stop(): void;
}

/** Starts one; it ends with this process. */
export const startGenerator = (): Generator => {
  const child = fork(fileURLToPath(new URL('./open-loop-process.ts', import.meta.url)), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
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
