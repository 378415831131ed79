// Loaded into a server under test with `--import`, and so into each of its threads: at SIGUSR2 it says on stderr what its
// main thread has used so far, and what was asked of the store.
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { getHeapStatistics } from 'node:v8';
import { getEnvironmentData, isMainThread, setEnvironmentData, Worker } from 'node:worker_threads';

const shared = 'counted by all threads';
if (isMainThread) setEnvironmentData(shared, new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
const counted = new Int32Array(getEnvironmentData(shared) as SharedArrayBuffer);
const [statementsPlace, commitsPlace] = [0, 1];

const countStatement = (text: string): void => {
  Atomics.add(counted, statementsPlace, 1);
  if (/^\s*commit\b/i.test(text)) Atomics.add(counted, commitsPlace, 1);
};

/** Has `note` called before each call of a method. */
const watch = <T extends object>(
  owner: T,
  method: keyof T & string,
  note: (self: T, given: readonly unknown[]) => void,
): void => {
  Object.defineProperty(owner, method, {
    value: new Proxy(Reflect.get(owner, method) as object as () => unknown, {
      apply: (act, self: T, given) => {
        note(self, given);
        return Reflect.apply(act, self, given);
      },
    }),
  });
};

let messages = 0;
watch(Worker.prototype, 'postMessage', () => {
  messages += 1;
});
for (const method of ['run', 'get', 'all', 'iterate'] as const)
  watch(StatementSync.prototype, method, ({ sourceSQL }) => countStatement(sourceSQL));
watch(DatabaseSync.prototype, 'exec', (_database, [text]) => countStatement(String(text)));
if (isMainThread && process.env['BUREAU_DATABASE_URL']?.startsWith('postgres') === true) {
  const { default: pg } = await import('pg');
  watch(pg.Client.prototype, 'query', (_client, [asked]) =>
    countStatement(typeof asked === 'string' ? asked : (asked as { readonly text: string }).text),
  );
}

if (isMainThread)
  process.on('SIGUSR2', () => {
    const { total_allocated_bytes: allocated } = getHeapStatistics();
    const [statements, commits] = counted;
    process.stderr.write(`costs ${JSON.stringify({ allocated, messages, statements, commits })}\n`);
  });
