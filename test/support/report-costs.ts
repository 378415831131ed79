// Loaded into a server under test with `--import`: at SIGUSR2 it says on stderr what its main thread has used so far.
import { getHeapStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';

let messages = 0;
Object.defineProperty(Worker.prototype, 'postMessage', {
  value: new Proxy(Reflect.get(Worker.prototype, 'postMessage'), {
    apply: (send, worker, given) => {
      messages += 1;
      return Reflect.apply(send, worker, given);
    },
  }),
});

process.on('SIGUSR2', () => {
  const { total_allocated_bytes: allocated } = getHeapStatistics();
  process.stderr.write(`costs ${JSON.stringify({ allocated, messages })}\n`);
});
