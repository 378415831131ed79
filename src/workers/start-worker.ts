import { fork } from 'node:child_process';
import type { FromWorker } from './messages.ts';
import type { WorkerProcess } from './supervise.ts';

// Development runs the sources, an installation the compiled files: the worker has the ending of this module.
const program = import.meta.url.endsWith('.ts')
  ? new URL('../worker.ts', import.meta.url)
  : new URL('../worker.js', import.meta.url);

/**
 * The collector and the compiler of V8 work in four threads beside the main one unless told otherwise. Where each worker has a
 * core, they take it from the requests: a full collection is a pause of 110 ms beside four and of 75 beside one.
 */
const oneHelper = '--v8-pool-size=1';

/**
 * Starts a worker: the same Node with the same options, writing to the same log.
 *
 * @param environment of the server; what an operator says in its `NODE_OPTIONS` comes later than ours and so decides
 */
export const startWorker = (environment: Readonly<Record<string, string | undefined>>): WorkerProcess => {
  const child = fork(program, [], {
    env: { ...environment, NODE_OPTIONS: `${oneHelper} ${environment['NODE_OPTIONS'] ?? ''}` },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = Promise.withResolvers<number | NodeJS.Signals>();
  child.on('exit', (code, signal) => ended.resolve(signal ?? code ?? 'SIGKILL'));
  // Not started at all, or not to be reached: either way it is no worker, and `exit` does not always follow.
  child.on('error', () => {
    child.kill('SIGKILL');
    ended.resolve('SIGKILL');
  });
  return {
    // Gone, or going: its end is told apart from this.
    send: (message) => void (child.connected && child.send(message, () => undefined)),
    kill: () => void child.kill('SIGKILL'),
    onMessage: (take) => void child.on('message', (message) => take(message as FromWorker)),
    onEnd: (take) => void ended.promise.then(take),
  };
};
