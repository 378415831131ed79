import { join } from 'node:path';
import type { Surroundings } from '../contenders/surroundings.ts';
import { RunIsVoid } from '../the-exchange.ts';
import type { LoadAnswer, LoadJob, LoadResult } from './load-job.ts';

/** Runs one round; throws {@link RunIsVoid} with the first answer that is not the expected one. */
export type LoadRunner = (job: Omit<LoadJob, 'cores'>) => Promise<LoadResult>;

/** Where answers are not looked at more closely. */
export const noSamples = 0;

/** Starts the load process on its core. */
export const startLoad = ({
  nursery,
  folder,
  cores,
}: Surroundings): { readonly run: LoadRunner; readonly stop: () => Promise<void> } => {
  const child = nursery.start({
    program: new URL('./load-process.ts', import.meta.url),
    core: cores?.load ?? null,
    // Hundreds of megabytes of requests are kept ready; collecting around them must not take time from the rounds.
    nodeOptions: ['--max-semi-space-size=64'],
    cwd: folder,
    outputFile: join(folder, 'load.log'),
    talks: true,
  });
  return {
    run: async (job) => {
      const answer = await child.ask<LoadAnswer>({
        ...job,
        cores: cores === null ? null : [cores.server, cores.load],
      } satisfies LoadJob);
      if (!answer.ok) throw new RunIsVoid(answer.why);
      return answer.result;
    },
    stop: () => child.stop(),
  };
};
