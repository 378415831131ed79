import { beforeEach, describe, expect, it } from 'vitest';
import { type Configuration, configurationSchema } from '../../src/config/schema.ts';
import { StartRefused } from '../../src/ports/start-refused.ts';
import type { FromWorker, ToWorker } from '../../src/workers/messages.ts';
import { superviseWorkers, type WorkerProcess } from '../../src/workers/supervise.ts';

interface FakeWorker extends WorkerProcess {
  readonly told: ToWorker[];
  /** What the worker sends. */
  tell(message: FromWorker): void;
  end(how: number | NodeJS.Signals): void;
  killed: boolean;
}

const createWorker = (): FakeWorker => {
  const told: ToWorker[] = [];
  let taking: (message: FromWorker) => void = () => undefined;
  let ending: (how: number | NodeJS.Signals) => void = () => undefined;
  const worker: FakeWorker = {
    told,
    killed: false,
    send: (message) => void told.push(message),
    kill: () => {
      worker.killed = true;
    },
    onMessage: (take) => {
      taking = take;
    },
    onEnd: (take) => {
      ending = take;
    },
    tell: (message) => taking(message),
    end: (how) => ending(how),
  };
  return worker;
};

const configuration: Configuration = {
  ...configurationSchema.parse({}),
  issuer: 'http://127.0.0.1:8080',
  databaseUrl: 'sqlite:x',
};
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('superviseWorkers', () => {
  let started: FakeWorker[];
  let said: string[];
  let exits: number[];
  let delayed: { readonly run: () => void; readonly ms: number }[];
  let claims: number;
  let released: number;
  let claim: () => Promise<() => Promise<void>>;
  beforeEach(() => {
    [started, said, exits, delayed, claims, released] = [[], [], [], [], 0, 0];
    claim = async () => {
      claims += 1;
      return async () => {
        released += 1;
      };
    };
  });

  const worker = (index: number): FakeWorker => {
    const found = started[index];
    if (found === undefined) throw new Error(`worker ${index} was not started`);
    return found;
  };
  const told = (index: number): readonly string[] => worker(index).told.map(({ say }) => say);
  const supervise = (count = 2) =>
    superviseWorkers({
      configuration,
      version: '1',
      count,
      startWorker: () => {
        const made = createWorker();
        started.push(made);
        return made;
      },
      claim: () => claim(),
      later: (run, ms) => void delayed.push({ run, ms }),
      say: (line) => void said.push(line),
      sayFault: (error) => {
        said.push(String(error));
        return error instanceof StartRefused ? error.exitCode : 1;
      },
      exit: (code) => void exits.push(code),
    });
  const open = async (...indexes: readonly number[]): Promise<void> => {
    for (const index of indexes) worker(index).tell({ say: 'opened' });
    await soon();
  };
  const listen = async (...indexes: readonly number[]): Promise<void> => {
    for (const index of indexes) worker(index).tell({ say: 'listening' });
    await soon();
  };
  const ready = async () => {
    const workers = supervise();
    await open(0, 1);
    await listen(0, 1);
    return workers;
  };
  /** Runs what was put off by less than the patience with a stop. */
  const runDelayed = (): void => {
    for (const { run, ms } of delayed.splice(0)) if (ms <= 5000) run();
  };

  it('starts the one that prepares the store, then the others; all listen, and one says that the server is ready', async () => {
    supervise(3);
    expect(worker(0).told).toEqual([
      { say: 'begin', order: { configuration, version: '1', place: 1, count: 3, prepares: true } },
    ]);
    expect(started).toHaveLength(1);
    await open(0);
    expect(started).toHaveLength(3);
    expect(worker(2).told).toEqual([
      { say: 'begin', order: { configuration, version: '1', place: 3, count: 3, prepares: false } },
    ]);
    await open(1);
    expect([claims, told(0)]).toEqual([0, ['begin']]);
    await open(2);
    expect([claims, released]).toEqual([1, 0]);
    expect([told(0), told(1), told(2)]).toEqual(Array(3).fill(['begin', 'listen']));
    await listen(0, 1);
    expect([told(0), released]).toEqual([['begin', 'listen'], 0]);
    await listen(2);
    expect([told(0), told(1), told(2)]).toEqual([
      ['begin', 'listen', 'announce'],
      ['begin', 'listen'],
      ['begin', 'listen'],
    ]);
    expect(released).toBe(1);
  });

  it('a place that is taken ends the start, with the sentence and the code of that', async () => {
    claim = () => Promise.reject(new StartRefused(['taken']));
    supervise();
    await open(0, 1);
    expect(said).toEqual(['StartRefused: taken']);
    expect([told(0), told(1)]).toEqual(Array(2).fill(['begin', 'stop']));
    worker(0).end(0);
    expect(exits).toEqual([]);
    worker(1).end(0);
    expect(exits).toEqual([1]);
  });

  it('what a worker cannot start with is said, and its exit code is that of the server', async () => {
    supervise();
    await open(0);
    worker(1).tell({ say: 'refused', lines: ['mend this'], exitCode: 78 });
    worker(1).end(78);
    expect(said).toEqual(['mend this']);
    expect(told(0)).toEqual(['begin', 'stop']);
    worker(0).end(0);
    expect(exits).toEqual([78]);
  });

  it.each([
    ['SIGKILL', 1],
    [0, 1],
    [3, 3],
  ] as const)('a first worker that ends with %s while the server starts: exit %i', (how, code) => {
    supervise();
    worker(0).end(how);
    expect(exits).toEqual([code]);
    expect(started).toHaveLength(1);
  });

  it('replaces a worker that ends, in its place, without preparing anything and without a second ready line', async () => {
    await ready();
    worker(1).end('SIGSEGV');
    expect(told(0).at(-1)).toBe('log');
    runDelayed();
    expect(worker(2).told).toEqual([
      { say: 'begin', order: { configuration, version: '1', place: 2, count: 2, prepares: false } },
    ]);
    await open(2);
    expect(told(2)).toEqual(['begin', 'listen']);
    await listen(2);
    expect([...told(0), ...told(2)].filter((say) => say === 'announce')).toHaveLength(1);
    // Another one listened all the time, so nobody else can have taken the port.
    expect(claims).toBe(1);
  });

  it('makes sure of the port again when no worker was left that listened', async () => {
    await ready();
    worker(0).end('SIGKILL');
    worker(1).end('SIGKILL');
    expect(said).toHaveLength(1);
    runDelayed();
    await open(2);
    expect([claims, told(2)]).toEqual([2, ['begin', 'listen']]);
    await listen(2);
    await open(3);
    await listen(3);
    expect([claims, released]).toEqual([2, 2]);
  });

  it('gives up when workers end again and again', async () => {
    await ready();
    for (let index = 1; exits.length === 0 && index < 50; index += 1) {
      worker(index).end(1);
      if (told(0).includes('stop')) worker(0).end(0);
      runDelayed();
    }
    expect(exits).toEqual([1]);
    expect(started).toHaveLength(10);
  });

  it('stops all of them and then itself', async () => {
    const workers = await ready();
    workers.stop();
    workers.stop();
    expect([told(0).at(-1), told(1).at(-1)]).toEqual(['stop', 'stop']);
    worker(1).end(0);
    expect(exits).toEqual([]);
    worker(0).end(0);
    expect(exits).toEqual([0]);
    expect(started).toHaveLength(2);
  });

  it('says when one did not stop cleanly', async () => {
    const workers = await ready();
    workers.stop();
    worker(0).end(1);
    worker(1).end(0);
    expect(exits).toEqual([1]);
  });

  it('ends what does not stop in time (contract §2: 10 s)', async () => {
    const workers = await ready();
    workers.stop();
    worker(0).end(0);
    for (const { run, ms } of delayed) if (ms > 9000 && ms < 10_000) run();
    expect([worker(0).killed, worker(1).killed]).toEqual([false, true]);
    expect(exits).toEqual([1]);
  });

  it('a worker that waits for its replacement is not replaced any more once the server stops', async () => {
    const workers = await ready();
    worker(1).end('SIGKILL');
    workers.stop();
    runDelayed();
    expect(started).toHaveLength(2);
    worker(0).end(0);
    expect(exits).toEqual([0]);
  });

  it('passes on what workers ask each other', async () => {
    await ready();
    worker(0).tell({ say: 'ask', id: 1, topic: 't', question: 'q' });
    expect(worker(1).told.at(-1)).toEqual({ say: 'asked', id: 1, from: 1, topic: 't', question: 'q' });
    worker(1).tell({ say: 'answer', id: 1, to: 1, answer: 'a' });
    expect(worker(0).told.at(-1)).toEqual({ say: 'answered', id: 1, answer: 'a' });
  });
});
