import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/ports/siblings.ts';
import { type ConnectedSiblings, connectSiblings } from '../../src/workers/siblings.ts';
import { createSwitchboard } from '../../src/workers/switchboard.ts';

/** As many workers as wanted at one switchboard, with JSON between them as between processes. */
const connect = (count: number, waitMs = 5000) => {
  const switchboard = createSwitchboard();
  const faults: unknown[] = [];
  const workers: ConnectedSiblings[] = [];
  for (let place = 1; place <= count; place += 1) {
    const worker = connectSiblings(
      count,
      (message) => queueMicrotask(() => switchboard.pass(place, JSON.parse(JSON.stringify(message)))),
      (error) => void faults.push(error),
      { waitMs },
    );
    switchboard.connect(place, (message) => worker.take(message));
    workers.push(worker);
  }
  return { workers: workers as [ConnectedSiblings, ...ConnectedSiblings[]], switchboard, faults };
};

describe('siblings at a switchboard', () => {
  it('a question reaches every other worker, and their answers come back', async () => {
    const { workers } = connect(3);
    for (const [index, worker] of workers.entries())
      worker.on('double', async (question) => [index, (question as number) * 2]);
    const [first] = workers;
    const answers = (await first.ask('double', 21)) as readonly (readonly [number, number])[];
    expect(answers.toSorted(([a], [b]) => a - b)).toEqual([
      [1, 42],
      [2, 42],
    ]);
  });

  it('answers belong to their questions, however many are under way and in whatever order they end', async () => {
    const { workers } = connect(2);
    const held: (() => void)[] = [];
    workers[1]?.on('echo', (question) => new Promise((done) => held.push(() => done(question))));
    const answers = ['a', 'b', 'c'].map((question) => workers[0].ask('echo', question));
    while (held.length < 3) await new Promise((resolve) => setImmediate(resolve));
    for (const release of held.toReversed()) release();
    expect(await Promise.all(answers)).toEqual([['a'], ['b'], ['c']]);
  });

  it('news reach every other worker and want no answer', async () => {
    const { workers } = connect(3);
    const heard: Message[] = [];
    for (const worker of workers)
      worker.on('news', async (news) => {
        heard.push(news);
        return null;
      });
    workers[0].tell('news', { limit: 1 });
    await workers[0].ask('nothing', null);
    expect(heard).toEqual([{ limit: 1 }, { limit: 1 }]);
  });

  it('nobody else: no answers, and no waiting', async () => {
    const { workers, switchboard } = connect(2);
    switchboard.disconnect(2);
    expect(await workers[0].ask('anything', null)).toEqual([]);
  });

  it('one that never answers is waited for so long and no longer', async () => {
    const { workers } = connect(3, 50);
    workers[1]?.on('slow', () => new Promise(() => undefined));
    workers[2]?.on('slow', async () => 'quick');
    expect(await workers[0].ask('slow', null)).toEqual(['quick']);
  });

  it('one that fails says so at home, and has no answer', async () => {
    const { workers, faults } = connect(2, 50);
    workers[1]?.on('broken', () => Promise.reject(new Error('broken')));
    expect(await workers[0].ask('broken', null)).toEqual([]);
    expect(faults).toEqual([new Error('broken')]);
  });

  it('an answer that comes too late is dropped', async () => {
    const { workers } = connect(2, 20);
    let answer: (value: Message) => void = () => undefined;
    workers[1]?.on('late', () => new Promise((resolve) => (answer = resolve)));
    expect(await workers[0].ask('late', null)).toEqual([]);
    answer('at last');
    await new Promise((resolve) => setImmediate(resolve));
    workers[1]?.on('late', async () => 'in time');
    expect(await workers[0].ask('late', null)).toEqual(['in time']);
  });
});
