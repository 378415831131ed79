import type { Worker } from 'node:worker_threads';
import { openConnection } from '../../src/adapters/storage/sqlite/open-connection.ts';

// Opens a connection to the file named first and then closes it, or has its thread die, as the second argument says; the
// tests look at how the process ends.
const [, , path = '', fate = ''] = process.argv;
const threads: Worker[] = [];
process.on('worker', (worker) => threads.push(worker));
const connection = await openConnection({ path, role: 'writer' });
await connection.run('select 1', []);
if (fate === 'close') await connection.close();
else {
  const answer = connection.run('select 2', []).then(
    () => 'answered',
    () => 'rejected',
  );
  for (const thread of threads) void thread.terminate();
  process.stdout.write(await answer);
  setInterval(() => undefined, 1000);
}
