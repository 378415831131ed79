import type { Configuration } from '../config/schema.ts';
import { exitCodes } from '../ports/start-refused.ts';
import type { Message } from '../ports/siblings.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { createRestartPolicy } from './restart-policy.ts';
import { createSwitchboard } from './switchboard.ts';

/** A process that was started, and is one of the workers. */
export interface WorkerProcess {
  send(message: ToWorker): void;
  kill(): void;
  onMessage(take: (message: FromWorker) => void): void;
  /** Told once: its exit code, or the signal that ended it. */
  onEnd(take: (how: number | NodeJS.Signals) => void): void;
}

/** What looking after workers uses. */
export interface Supervision {
  readonly configuration: Configuration;
  readonly version: string;
  readonly count: number;
  readonly startWorker: () => WorkerProcess;
  /**
   * Makes sure that nobody else listens where the workers are about to; resolves with the end of that claim, and throws
   * what is in the way.
   */
  readonly claim: () => Promise<() => Promise<void>>;
  readonly later: (run: () => void, ms: number) => void;
  /** For the operator, where no worker is there to log it. */
  readonly say: (line: string) => void;
  /** Says what is in the way of a start; its exit code. */
  readonly sayFault: (error: unknown) => number;
  /** The end of this process. */
  readonly exit: (code: number) => void;
}

/** Workers at work. */
export interface SupervisedWorkers {
  /** Stops all of them, and ends this process. May be called again. */
  stop(): void;
}

/** The last worker ends by itself 9.7 s after the signal; what is left is ended (contract §2: 10 s). */
const patienceMs = 9850;

/** Ends within a minute that are borne, for each worker. */
const endsPerWorker = 4;

interface Worker {
  readonly process: WorkerProcess;
  stage: 'opening' | 'opened' | 'listening' | 'ended';
}

/**
 * Starts the first worker, which prepares the store, then the others, then lets all of them listen and says once that the
 * server is ready. A worker that ends is replaced, so long as that does not happen all the time; while the server starts,
 * one that ends is the end of the server, with its exit code.
 */
export const superviseWorkers = (supervision: Supervision): SupervisedWorkers => {
  const { count, configuration, version, startWorker, claim, later, say, sayFault, exit } = supervision;
  const workers = new Map<number, Worker>();
  const switchboard = createSwitchboard();
  const policy = createRestartPolicy(endsPerWorker * count, later);
  let phase: 'starting' | 'ready' | 'stopping' = 'starting';
  let exitCode: number = exitCodes.done;

  const at = (stage: Worker['stage']): readonly Worker[] =>
    [...workers.values()].filter((worker) => worker.stage === stage);
  const log = (text: string, details: Message): void => {
    const [teller] = at('listening');
    if (teller === undefined) say(`${text} ${JSON.stringify(details)}`);
    else teller.process.send({ say: 'log', text, details });
  };

  const stop = (code: number): void => {
    if (phase === 'stopping') return;
    phase = 'stopping';
    exitCode = code;
    if (at('ended').length === workers.size) exit(exitCode);
    for (const worker of workers.values()) if (worker.stage !== 'ended') worker.process.send({ say: 'stop' });
    later(() => {
      say('the stop took too long and was cut short');
      for (const worker of workers.values()) if (worker.stage !== 'ended') worker.process.kill();
      exit(exitCodes.failed);
    }, patienceMs);
  };

  /** Lets workers listen that are open, behind a claim while no other one listens. */
  let claimed: Promise<() => Promise<void>> | null = null;
  const listen = async (): Promise<void> => {
    if (at('listening').length === 0) {
      claimed ??= claim();
      await claimed;
    }
    for (const { process } of at('opened')) process.send({ say: 'listen' });
  };
  const unclaim = (): void => {
    claimed?.then((release) => release()).catch(say);
    claimed = null;
  };

  const begin = (place: number, prepares: boolean): void => {
    const process = startWorker();
    const worker: Worker = { process, stage: 'opening' };
    workers.set(place, worker);
    process.onMessage((message) => take(place, worker, message));
    process.onEnd((how) => {
      worker.stage = 'ended';
      switchboard.disconnect(place);
      ended(place, how);
    });
    process.send({ say: 'begin', order: { configuration, version, place, count, prepares } });
  };

  const take = (place: number, worker: Worker, message: FromWorker): void => {
    switch (message.say) {
      case 'opened':
        worker.stage = 'opened';
        switchboard.connect(place, (passed) => worker.process.send(passed));
        opened();
        break;
      case 'listening':
        worker.stage = 'listening';
        listening(place);
        break;
      case 'refused':
        message.lines.forEach(say);
        break;
      case 'ask':
      case 'answer':
        switchboard.pass(place, message);
        break;
    }
  };

  const opened = (): void => {
    if (phase === 'stopping') return;
    if (phase === 'starting') {
      if (workers.size === 1) for (let place = 2; place <= count; place += 1) begin(place, false);
      if (at('opened').length < count) return;
    }
    listen().catch((error: unknown) => {
      claimed = null;
      stop(sayFault(error));
    });
  };

  const listening = (place: number): void => {
    if (at('listening').length === count) unclaim();
    if (phase === 'ready') log('a worker took the place of one that ended', { worker: place });
    if (phase !== 'starting' || at('listening').length < count) return;
    phase = 'ready';
    workers.get(1)?.process.send({ say: 'announce' });
  };

  const ended = (place: number, how: number | NodeJS.Signals): void => {
    if (phase === 'stopping') {
      if (how !== exitCodes.done && exitCode === exitCodes.done) exitCode = exitCodes.failed;
      if (at('ended').length === workers.size) exit(exitCode);
      return;
    }
    if (phase === 'starting') {
      stop(typeof how === 'number' && how !== exitCodes.done ? how : exitCodes.failed);
      return;
    }
    const delayMs = policy.ended();
    if (delayMs === null) {
      log('workers end again and again; the server gives up', { worker: place, ended: how });
      stop(exitCodes.failed);
      return;
    }
    log('a worker ended and will be replaced', { worker: place, ended: how, delayMs });
    later(() => {
      if (phase === 'ready') begin(place, false);
    }, delayMs);
  };

  begin(1, true);
  return { stop: () => stop(exitCodes.done) };
};
