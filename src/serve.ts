import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { type Bureau, configurationParsers, openBureau } from './compose.ts';
import { loadConfiguration, onPort, unknownVariables } from './config/load.ts';
import { exitCodes, StartRefused } from './ports/start-refused.ts';

/** How long after SIGTERM connections are cut, and how long the process lives at most (contract §2: exit within 10 s). */
const patience = { connectionsMs: 8500, processMs: 9700 } as const;

const say = (line: string): void => void process.stderr.write(`bureau: ${line}\n`);

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
  const configuration = onPort(loaded.value, await findPort(loaded.value.host, loaded.value.port, 'BUREAU'));
  const bureau = await openBureau(configuration, version, environment);

  let stopped: Promise<void> | null = null;
  const stop = (delayMs: number): Promise<void> => {
    stopped ??= (async () => {
      bureau.announceStop();
      setTimeout(() => {
        bureau.logger.error('the stop took too long and was cut short');
        process.exit(exitCodes.failed);
      }, patience.processMs).unref();
      setTimeout(() => bureau.app.server.closeAllConnections(), patience.connectionsMs).unref();
      await setTimeoutPromise(delayMs);
      await Promise.all([bureau.app.close(), bureau.metricsApp?.close()]);
      await bureau.close();
    })();
    return stopped;
  };

  // Before anybody can see that the server is ready, for whoever waits for that may stop it at once.
  // `on`, not `once`: a process group is often signalled twice, and the second one must not end the drain.
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      stop(configuration.stopDelaySeconds * 1000).then(
        () => process.exit(exitCodes.done),
        (error: unknown) => {
          say(`did not stop cleanly: ${(error as Error).stack ?? String(error)}`);
          process.exit(exitCodes.failed);
        },
      );
    });

  const { host, port, metricsHost, metricsPort } = configuration;
  try {
    if (bureau.metricsApp !== null && metricsPort !== undefined)
      await listen(bureau.metricsApp, metricsHost, metricsPort, 'BUREAU_METRICS');
    const url = await listen(bureau.app, host, port, 'BUREAU');
    const unknown = unknownVariables(environment);
    if (unknown.length > 0)
      bureau.logger.warn({ variables: unknown }, 'these variables mean nothing to this program');
    bureau.announceReady({ url });
  } catch (error) {
    await stop(0);
    throw error;
  }
};

/** The settings that say where a listener listens. */
type Variables = 'BUREAU' | 'BUREAU_METRICS';

/** `listen`, or {@link StartRefused} in one line that names the setting in the way. */
const orObstacle = async <T>(
  listen: () => Promise<T>,
  host: string,
  port: number,
  variables: Variables,
): Promise<T> => {
  try {
    return await listen();
  } catch (error) {
    const obstacles: Readonly<Record<string, string>> = {
      EADDRINUSE: `${host}:${port} is taken by another process; set ${variables}_PORT to a free one`,
      EACCES: `${host}:${port} may not be listened on by this user; set ${variables}_PORT above 1023`,
      EADDRNOTAVAIL: `${host} is no address of this machine; set ${variables}_HOST`,
      ENOTFOUND: `${host} is no address of this machine; set ${variables}_HOST`,
    };
    const obstacle = obstacles[(error as NodeJS.ErrnoException).code ?? ''];
    throw obstacle === undefined ? error : new StartRefused([obstacle]);
  }
};

const listen = (app: Bureau['app'], host: string, port: number, variables: Variables): Promise<string> =>
  orObstacle(() => app.listen({ host, port }), host, port, variables);

/** Listens for a moment, before anything is written: the first start writes the issuer, and the issuer names the port. */
const findPort = (host: string, port: number, variables: Variables): Promise<number> =>
  orObstacle(
    () =>
      new Promise((resolve, reject) => {
        const probe = createServer();
        probe.on('error', reject);
        probe.listen({ host, port }, () => {
          const { port: found } = probe.address() as AddressInfo;
          probe.close(() => resolve(found));
        });
      }),
    host,
    port,
    variables,
  );

/** Starts the server and leaves it running; what an operator has to mend is said in clear lines, with its exit code. */
export const runServer = async (start: ServerStart): Promise<void> => {
  try {
    await serve(start);
  } catch (error) {
    if (error instanceof StartRefused) for (const line of error.lines) say(line);
    else say(`cannot start: ${(error as Error).stack ?? String(error)}`);
    process.exitCode = error instanceof StartRefused ? error.exitCode : exitCodes.failed;
  }
};
