import { Worker } from 'node:worker_threads';
import type { CommitOutcome, CommitUnit } from './commit-protocol.ts';
import type { Bindable } from './bindable.ts';
import type { StatementResult, WorkerOptions, WorkerReply, WorkerRequest } from './protocol.ts';

/** A statement that SQLite refused, with its extended result code. */
export class SqliteFailure extends Error {
  override readonly name = 'SqliteFailure';
  /** https://www.sqlite.org/rescode.html; `null` when the fault was not SQLite's. */
  readonly resultCode: number | null;
  constructor(message: string, resultCode: number | null) {
    super(message);
    this.resultCode = resultCode;
  }
}

/** One SQLite connection in a thread of its own; statements run in the order they were given. */
export interface SqliteConnection {
  /**
   * @param ahead statements without parameters that run before it, at the cost of none; where one fails, so does this, and
   * nothing behind it is tried
   */
  run(sql: string, parameters: readonly unknown[], ahead?: readonly string[]): Promise<StatementResult>;
  /** Writes units in one transaction, each of them whole or not at all; what became of each. */
  commit(units: readonly CommitUnit[]): Promise<readonly CommitOutcome[]>;
  rollback(): Promise<void>;
  close(): Promise<void>;
}

const toBindable = (value: unknown): Bindable => {
  if (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    value instanceof Uint8Array
  ) {
    return value;
  }
  throw new TypeError(`a value of type ${typeof value} cannot be bound to a statement`);
};

// Development runs the sources, an installation the compiled files: the worker has the ending of this module.
const workerUrl = import.meta.url.endsWith('.ts')
  ? new URL('./sqlite-worker.ts', import.meta.url)
  : new URL('./sqlite-worker.js', import.meta.url);

/** The thread passes batches on and keeps nothing; left alone, what it threw away takes three times as much before it is collected. */
const youngGenerationMebibytes = 4;

/**
 * Starts the thread and opens the file. A thread that ends by itself ends the process, with an uncaught exception: this
 * server keeps nothing without it, and whoever started the process starts it again.
 *
 * @throws SqliteFailure when the file cannot be opened in this role
 */
export const openConnection = async (options: WorkerOptions): Promise<SqliteConnection> => {
  const worker = new Worker(workerUrl, {
    workerData: options,
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMebibytes },
  });
  /** In the order they were asked, which is that of the answers: the thread works on one after the other. */
  const pending: PromiseWithResolvers<StatementResult>[] = [];
  let ended: Error | null = null;
  let mayEnd = true;

  const expect = (): Promise<StatementResult> => {
    const answer = Promise.withResolvers<StatementResult>();
    pending.push(answer);
    return answer.promise;
  };
  const end = (reason: Error): void => {
    ended ??= reason;
    for (const answer of pending.splice(0)) answer.reject(ended);
  };
  const ask = (request: WorkerRequest): Promise<StatementResult> => {
    if (ended !== null) {
      return Promise.reject(ended);
    }
    worker.postMessage(request);
    return expect();
  };

  worker.on('message', (reply: WorkerReply) => {
    const answer = pending.shift();
    if (reply.ok) {
      answer?.resolve(reply.result);
    } else {
      answer?.reject(new SqliteFailure(reply.message, reply.resultCode));
    }
  });
  worker.on('error', (error) => {
    end(error instanceof Error ? error : new Error('the database thread failed'));
  });
  worker.on('exit', () => {
    end(new Error('the database is closed'));
    if (!mayEnd)
      throw new Error(`The database thread of ${options.path} ended by itself; the process ends with it.`, {
        cause: ended,
      });
  });

  await expect();
  mayEnd = false;
  return {
    run: async (sql, parameters, ahead = []) =>
      await ask({ ask: 'run', sql, parameters: parameters.map(toBindable), ahead }),
    commit: async (units) => (await ask({ ask: 'commit', units })).rows as readonly CommitOutcome[],
    rollback: async () => {
      await ask({ ask: 'rollback' });
    },
    close: async () => {
      mayEnd = true;
      const exited = new Promise<void>((resolve) => {
        worker.once('exit', () => {
          resolve();
        });
      });
      await ask({ ask: 'close' });
      await exited;
    },
  };
};
