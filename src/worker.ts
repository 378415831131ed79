import { type Bureau, openBureau } from './compose.ts';
import { createStop, listenEverywhere, sayFault, stopAndExit } from './listening.ts';
import { exitCodes, StartRefused } from './ports/start-refused.ts';
import type { FromWorker, ToWorker, WorkerOrder } from './workers/messages.ts';
import { connectSiblings, type ConnectedSiblings } from './workers/siblings.ts';
import { unknownVariables } from './config/load.ts';

// One of the processes that are a server together (`workers` above 1). It is begun, and told to listen and to stop, by the
// process that looks after it, over a channel whose end is its own end.

/** A worker that has begun. */
interface Begun {
  readonly order: WorkerOrder;
  readonly siblings: ConnectedSiblings;
  readonly bureau: Bureau;
  readonly stop: (delayMs: number) => Promise<void>;
}

const environment = process.env;

const send = (message: FromWorker): void => {
  if (process.connected) process.send?.(message, () => undefined);
};

const refuse = (error: unknown): void => {
  // Sent before the end, so that it is said once and by the one that was started.
  if (error instanceof StartRefused) {
    send({ say: 'refused', lines: error.lines, exitCode: error.exitCode });
    setTimeout(() => process.exit(error.exitCode), 50);
  } else process.exit(sayFault(error));
};

const begin = async (order: WorkerOrder): Promise<Begun> => {
  const siblings = connectSiblings(order.count, send, (error) => void sayFault(error));
  const { configuration, version, place, prepares } = order;
  const bureau = await openBureau(configuration, version, environment, { place, prepares, siblings });
  return { order, siblings, bureau, stop: createStop(bureau) };
};

const listen = async ({ order, bureau }: Begun): Promise<string> =>
  listenEverywhere(bureau, order.configuration, true);

const announce = ({ bureau }: Begun, url: string): void => {
  const unknown = unknownVariables(environment);
  if (unknown.length > 0)
    bureau.logger.warn({ variables: unknown }, 'these variables mean nothing to this program');
  bureau.announceReady({ url });
};

let begun: Promise<Begun> | null = null;
let url = '';

const stopWith = (delayMs: number | 'as configured'): void => {
  if (begun === null) process.exit(exitCodes.done);
  begun.then(
    ({ order, stop }) =>
      stopAndExit(stop, delayMs === 'as configured' ? order.configuration.stopDelaySeconds * 1000 : delayMs),
    () => undefined,
  );
};

const take = async (message: ToWorker): Promise<void> => {
  if (message.say === 'begin') {
    begun = begin(message.order);
    await begun;
    send({ say: 'opened' });
    return;
  }
  if (message.say === 'stop') {
    stopWith('as configured');
    return;
  }
  if (begun === null) return;
  const worker = await begun;
  switch (message.say) {
    case 'listen':
      url = await listen(worker);
      send({ say: 'listening' });
      break;
    case 'announce':
      announce(worker, url);
      break;
    case 'log':
      worker.bureau.logger.warn(message.details, message.text);
      break;
    default:
      worker.siblings.take(message);
  }
};

process.on('message', (message) => {
  take(message as ToWorker).catch(refuse);
});
// Nobody is left to stop it, to replace it, or to tell it what its siblings changed.
process.on('disconnect', () => stopWith(0));
process.on('SIGTERM', () => stopWith('as configured'));
// At a terminal every process of the group gets it; the one that looks after the workers tells them.
process.on('SIGINT', () => undefined);
