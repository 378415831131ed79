import { configurationParsers } from './compose-parsers.ts';
import { loadConfiguration, onPort, unknownVariables } from './config/load.ts';
import type { Configuration } from './config/schema.ts';
import { createStop, findPort, listenEverywhere, placesOf, say, sayFault, stopAndExit } from './listening.ts';
import { exitCodes, StartRefused } from './ports/start-refused.ts';
import { countWorkers } from './workers/count-workers.ts';

/** What the process gives its server. */
export interface ServerStart {
  /** `--config FILE`, or `null`. */
  readonly file: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
}

const serve = async ({ file, environment, version }: ServerStart): Promise<void> => {
  const loaded = await loadConfiguration({
    file,
    environment,
    workingDirectory: process.cwd(),
    parsers: configurationParsers,
  });
  if (!loaded.ok) throw new StartRefused(loaded.error, { exitCode: exitCodes.configuration });
  const workers = countWorkers(loaded.value.workers);
  if (!workers.ok) throw new StartRefused([workers.error], { exitCode: exitCodes.configuration });
  const { host, port } = loaded.value;
  const configuration = onPort(loaded.value, await findPort({ host, port, variables: 'BUREAU' }));
  if (workers.value > 1) await serveWithWorkers(configuration, version, environment, workers.value);
  else await serveAlone(configuration, version, environment);
};

const onStopSignal = (stop: () => void): void => {
  // `on`, not `once`: a process group is often signalled twice, and the second one must not end the drain.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
};

const serveAlone = async (
  configuration: Configuration,
  version: string,
  environment: ServerStart['environment'],
): Promise<void> => {
  const { openBureau } = await import('./compose.ts');
  const bureau = await openBureau(configuration, version, environment);
  const stop = createStop(bureau);
  // Before anybody can see that the server is ready, for whoever waits for that may stop it at once.
  onStopSignal(() => stopAndExit(stop, configuration.stopDelaySeconds * 1000));
  try {
    const url = await listenEverywhere(bureau, configuration, false);
    const unknown = unknownVariables(environment);
    if (unknown.length > 0)
      bureau.logger.warn({ variables: unknown }, 'these variables mean nothing to this program');
    bureau.announceReady({ url });
  } catch (error) {
    await stop(0);
    throw error;
  }
};

/** This process serves nothing: it starts the workers, passes on what they tell each other, and replaces those that end. */
const serveWithWorkers = async (
  configuration: Configuration,
  version: string,
  environment: ServerStart['environment'],
  count: number,
): Promise<void> => {
  const [{ superviseWorkers }, { startWorker }, { claimPort }] = await Promise.all([
    import('./workers/supervise.ts'),
    import('./workers/start-worker.ts'),
    import('./workers/port-claim.ts'),
  ]);
  const workers = superviseWorkers({
    configuration,
    version,
    count,
    startWorker: () => startWorker(environment),
    claim: async () => {
      const release = await claimPort(configuration.port);
      try {
        for (const place of placesOf(configuration)) await findPort(place);
        return release;
      } catch (error) {
        await release();
        throw error;
      }
    },
    // What is put off keeps this process alive, which ends by `exit` alone: between two workers nothing else would.
    later: (run, ms) => void setTimeout(run, ms),
    say,
    sayFault,
    exit: (code) => process.exit(code),
  });
  onStopSignal(() => workers.stop());
};

/** Starts the server and leaves it running; what an operator has to mend is said in clear lines, with its exit code. */
export const runServer = async (start: ServerStart): Promise<void> => {
  try {
    await serve(start);
  } catch (error) {
    process.exitCode = sayFault(error);
  }
};
