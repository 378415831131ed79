import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import type { Bureau } from './compose.ts';
import { exitCodes, StartRefused } from './ports/start-refused.ts';

/** How long after SIGTERM connections are cut, and how long the process lives at most (contract §2: exit within 10 s). */
const patience = { connectionsMs: 8500, processMs: 9700 } as const;

/** One line for the operator, on stderr. */
export const say = (line: string): void => void process.stderr.write(`bureau: ${line}\n`);

/** Shows why the server does not start or go on, and gives the exit code that goes with it. */
export const sayFault = (error: unknown): number => {
  if (error instanceof StartRefused) for (const line of error.lines) say(line);
  else say(`cannot start: ${(error as Error).stack ?? String(error)}`);
  return error instanceof StartRefused ? error.exitCode : exitCodes.failed;
};

/**
 * The way to stop a server: not ready, drain, close, in time. What is returned may be called again and again, and answers
 * when it is done.
 */
export const createStop = (bureau: Bureau): ((delayMs: number) => Promise<void>) => {
  let stopped: Promise<void> | null = null;
  return (delayMs) => {
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
};

/** Stops, and ends the process with the code that says how that went. */
export const stopAndExit = (stop: (delayMs: number) => Promise<void>, delayMs: number): void => {
  stop(delayMs).then(
    () => process.exit(exitCodes.done),
    (error: unknown) => {
      say(`did not stop cleanly: ${(error as Error).stack ?? String(error)}`);
      process.exit(exitCodes.failed);
    },
  );
};

/** Where a listener listens, and the settings that say so. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly variables: 'BUREAU' | 'BUREAU_METRICS';
}

/** The listeners of a server with this configuration, the one that is announced last. */
export const placesOf = (configuration: {
  readonly host: string;
  readonly port: number;
  readonly metricsHost: string;
  readonly metricsPort?: number | undefined;
}): readonly Place[] => {
  const { host, port, metricsHost, metricsPort } = configuration;
  const main: Place = { host, port, variables: 'BUREAU' };
  return metricsPort === undefined
    ? [main]
    : [{ host: metricsHost, port: metricsPort, variables: 'BUREAU_METRICS' }, main];
};

/** `listen`, or {@link StartRefused} in one line that names the setting in the way. */
const orObstacle = async <T>(listen: () => Promise<T>, { host, port, variables }: Place): Promise<T> => {
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

/**
 * As many connections may wait in the kernel until the event loop takes them, where it grants that many itself (`somaxconn`).
 * Thousands come at the same second (B25), and one that finds no place tries again a whole second later.
 */
const backlog = 4096;

/**
 * Listens where the configuration says; the URL of the server.
 *
 * @param reusePort whether processes that also say so may listen in the same place
 */
export const listenEverywhere = async (
  bureau: Bureau,
  configuration: Parameters<typeof placesOf>[0],
  reusePort: boolean,
): Promise<string> => {
  let url = '';
  for (const place of placesOf(configuration)) {
    const app = place.variables === 'BUREAU' ? bureau.app : bureau.metricsApp;
    const { host, port } = place;
    const options = { host, port, backlog, ...(reusePort ? { reusePort } : {}) };
    if (app !== null) url = await orObstacle(() => app.listen(options), place);
  }
  return url;
};

/** Listens for a moment, before anything is written: the first start writes the issuer, and the issuer names the port. */
export const findPort = (place: Place): Promise<number> =>
  orObstacle(
    () =>
      new Promise((resolve, reject) => {
        const probe = createServer();
        probe.on('error', reject);
        probe.listen({ host: place.host, port: place.port }, () => {
          const { port: found } = probe.address() as AddressInfo;
          probe.close(() => resolve(found));
        });
      }),
    place,
  );
