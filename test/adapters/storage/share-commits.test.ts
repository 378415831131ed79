import { describe, expect, it } from 'vitest';
import type { CommitOutcome, CommitUnit } from '../../../src/adapters/storage/sqlite/commit-protocol.ts';
import { SqliteFailure } from '../../../src/adapters/storage/sqlite/open-connection.ts';
import { createSharedCommits } from '../../../src/adapters/storage/sqlite/share-commits.ts';
import { createTurns } from '../../../src/adapters/storage/turns.ts';

const use = (fingerprint: string): CommitUnit => ({ write: 'uses', uses: [fingerprint, 5] });
const nameOf = (unit: CommitUnit): string => (unit.write === 'uses' ? String(unit.uses[0]) : 'lines');

const answerTo = (name: string) => ({ written: 'uses' as const, fresh: [name] });

/** A writer whose commits end when the test says so. */
const createSlowWriter = () => {
  const calls: { readonly names: readonly string[]; readonly end: PromiseWithResolvers<void> }[] = [];
  const commit = async (units: readonly CommitUnit[]): Promise<readonly CommitOutcome[]> => {
    const end = Promise.withResolvers<void>();
    calls.push({ names: units.map(nameOf), end });
    await end.promise;
    return units.map((unit) =>
      nameOf(unit) === 'bad'
        ? { ok: false, message: 'bad', resultCode: 19 }
        : { ok: true, answer: answerTo(nameOf(unit)) },
    );
  };
  return { commit, calls };
};
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('shared commits', () => {
  it('§7 what is asked while one is under way shares the next', async () => {
    const { commit, calls } = createSlowWriter();
    const share = createSharedCommits({ commit }, createTurns(1000));
    const answers = [share(use('a')), share(use('b'))];
    await settle();
    answers.push(share(use('c')), share(use('d')));
    await settle();
    expect(calls.map(({ names }) => names)).toEqual([['a', 'b']]);
    calls[0]?.end.resolve();
    expect(await Promise.all(answers.slice(0, 2))).toEqual([answerTo('a'), answerTo('b')]);
    await settle();
    expect(calls.map(({ names }) => names)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    calls[1]?.end.resolve();
    expect(await Promise.all(answers)).toEqual([answerTo('a'), answerTo('b'), answerTo('c'), answerTo('d')]);
  });

  it('A63 is the next whatever transactions wait', async () => {
    const { commit, calls } = createSlowWriter();
    const turns = createTurns(1000);
    const share = createSharedCommits({ commit }, turns);
    const leave = await turns.take();
    const order: string[] = [];
    const transactions = ['first', 'second'].map(async (name) => {
      const leaveThis = await turns.take();
      order.push(name);
      leaveThis();
    });
    const answer = share(use('a')).then(() => order.push('commit'));
    await settle();
    leave();
    await settle();
    calls[0]?.end.resolve();
    await Promise.all([...transactions, answer]);
    expect(order[0]).toBe('commit');
    expect(order).toHaveLength(3);
  });

  it('§7 what one event causes shares a commit, however many promises are in between', async () => {
    const { commit, calls } = createSlowWriter();
    const share = createSharedCommits({ commit }, createTurns(1000));
    const far = async (): Promise<unknown> => {
      for (let promise = 0; promise < 20; promise += 1) await Promise.resolve();
      return await share(use('far'));
    };
    const answers = Promise.all([share(use('near')), far()]);
    await settle();
    expect(calls.map(({ names }) => names)).toEqual([['near', 'far']]);
    calls[0]?.end.resolve();
    expect(await answers).toEqual([answerTo('near'), answerTo('far')]);
  });

  it('waits for its turn at the writer, and takes along whatever came until then', async () => {
    const { commit, calls } = createSlowWriter();
    const turns = createTurns(1000);
    const leave = await turns.take();
    const share = createSharedCommits({ commit }, turns);
    const first = share(use('a'));
    await settle();
    const second = share(use('b'));
    expect(calls).toEqual([]);
    leave();
    await settle();
    expect(calls.map(({ names }) => names)).toEqual([['a', 'b']]);
    calls[0]?.end.resolve();
    expect([await first, await second]).toEqual([answerTo('a'), answerTo('b')]);
    // And gives it back.
    (await turns.take())();
  });

  it('§7 a unit that failed is rejected alone', async () => {
    const { commit, calls } = createSlowWriter();
    const share = createSharedCommits({ commit }, createTurns(1000));
    const answers = Promise.allSettled([share(use('a')), share(use('bad')), share(use('c'))]);
    await settle();
    calls[0]?.end.resolve();
    expect(await answers).toMatchObject([
      { status: 'fulfilled', value: answerTo('a') },
      { status: 'rejected', reason: expect.any(SqliteFailure) },
      { status: 'fulfilled', value: answerTo('c') },
    ]);
  });

  it('A67 a commit that failed rejects all of it, and the next one is tried', async () => {
    const { commit, calls } = createSlowWriter();
    const turns = createTurns(1000);
    const share = createSharedCommits({ commit }, turns);
    const failed = Promise.allSettled([share(use('a')), share(use('b'))]);
    await settle();
    const next = share(use('c'));
    calls[0]?.end.reject(new Error('the disk is full'));
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await settle();
    calls[1]?.end.resolve();
    expect(await next).toEqual(answerTo('c'));
  });

  it('A67 B18 who waited for a turn too long is rejected, and who comes later is served', async () => {
    const { commit, calls } = createSlowWriter();
    const turns = createTurns(20);
    const leave = await turns.take();
    const share = createSharedCommits({ commit }, turns);
    await expect(share(use('a'))).rejects.toThrow('waited 20 ms');
    leave();
    const next = share(use('b'));
    await settle();
    expect(calls.map(({ names }) => names)).toEqual([['b']]);
    calls[0]?.end.resolve();
    expect(await next).toEqual(answerTo('b'));
  });
});
