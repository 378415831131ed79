import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ActivityLogFull, createGroupCommitLog } from '../../src/adapters/activity/group-commit.ts';
import { systemClock as clock } from '../../src/adapters/clock/system-clock.ts';
import type { Activity } from '../../src/core/activity/activity.ts';
import type { ActivityEntry } from '../../src/ports/activity-store.ts';
import { StoreUnavailable } from '../../src/ports/storage.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleActivity } from '../support/stored-samples.ts';

const keptAll = (batch: readonly ActivityEntry[]): readonly null[] => batch.map(() => null);

/** An append whose end the test decides, call by call. */
const createSlowAppend = () => {
  const calls: { readonly batch: readonly ActivityEntry[]; readonly end: PromiseWithResolvers<void> }[] = [];
  const arrivals: (() => void)[] = [];
  return {
    append: async (batch: readonly ActivityEntry[]): Promise<readonly null[]> => {
      const end = Promise.withResolvers<void>();
      calls.push({ batch, end });
      arrivals.shift()?.();
      await end.promise;
      return keptAll(batch);
    },
    /** The call of the given number, once it has come. */
    call: async (index: number) => {
      while (calls.length <= index) {
        await new Promise<void>((resolve) => arrivals.push(resolve));
      }
      return calls[index]!;
    },
    calls,
  };
};

const names = (batch: readonly ActivityEntry[]): readonly (string | null)[] =>
  batch.map(({ activity }) => activity.subject);
const line = (subject: string): Activity => sampleActivity({ subject });
const settle = (records: readonly Promise<void>[]) =>
  Promise.allSettled(records).then((outcomes) => outcomes.map((outcome) => outcome.status));

describe('group commit', () => {
  it('§7 resolves only after the append that holds the record', async () => {
    const { append, call } = createSlowAppend();
    const log = createGroupCommitLog({ append, clock, maxBatch: 10, maxQueue: 10 });
    let durable = false;
    const record = log.record(line('a')).then(() => {
      durable = true;
    });
    const first = await call(0);
    expect(durable).toBe(false);
    first.end.resolve();
    await record;
    expect(durable).toBe(true);
  });

  it('one append is under way at a time; what arrives meanwhile forms the next, in order', async () => {
    const { append, call, calls } = createSlowAppend();
    const log = createGroupCommitLog({ append, clock, maxBatch: 3, maxQueue: 10 });
    const records = [log.record(line('a')), log.record(line('b'))];
    const first = await call(0);
    records.push(...['c', 'd', 'e', 'f'].map((name) => log.record(line(name))));
    expect(calls).toHaveLength(1);
    first.end.resolve();
    const second = await call(1);
    expect(names(first.batch)).toEqual(['a', 'b']);
    expect(names(second.batch)).toEqual(['c', 'd', 'e']);
    second.end.resolve();
    const third = await call(2);
    expect(names(third.batch)).toEqual(['f']);
    third.end.resolve();
    expect(await settle(records)).toEqual(Array.from({ length: 6 }, () => 'fulfilled'));
  });

  it('§7 what comes while a commit is to come goes with it, and B06 drain waits for no pause', async () => {
    const { append, call } = createSlowAppend();
    const turn = Promise.withResolvers<void>();
    const told: string[] = [];
    const pace = {
      arrived: () => void told.push('arrived'),
      next: () => (told.includes('end') ? null : turn.promise),
      end: () => {
        told.push('end');
        turn.resolve();
      },
    };
    const log = createGroupCommitLog({ append, clock, pace, maxBatch: 10, maxQueue: 10 });
    const records = [log.record(line('a'))];
    await new Promise((resolve) => setImmediate(resolve));
    records.push(log.record(line('b')));
    expect(told).toEqual(['arrived', 'arrived']);
    const draining = log.drain();
    const first = await call(0);
    expect(names(first.batch)).toEqual(['a', 'b']);
    first.end.resolve();
    await draining;
    expect(await settle(records)).toEqual(['fulfilled', 'fulfilled']);
  });

  it('B28 a refusal can wait for company, what was issued or changed cannot', async () => {
    const canWait: (boolean | undefined)[] = [];
    const pace = {
      arrived: (it?: boolean) => void canWait.push(it),
      next: () => null,
      end: () => undefined,
    };
    const append = async (batch: readonly ActivityEntry[]) => keptAll(batch);
    const log = createGroupCommitLog({ append, clock, pace, maxBatch: 10, maxQueue: 10 });
    for (const outcome of ['issued', 'refused', 'changed'] as const)
      await log.record(sampleActivity({ outcome }));
    expect(canWait).toEqual([false, true, false]);
  });

  it('starts again after it was idle', async () => {
    const kept: ActivityEntry[] = [];
    const append = async (batch: readonly ActivityEntry[]) => {
      kept.push(...batch);
      return keptAll(batch);
    };
    const log = createGroupCommitLog({ append, clock, maxBatch: 10, maxQueue: 10 });
    await log.record(line('a'));
    await log.record(line('b'));
    expect(names(kept)).toEqual(['a', 'b']);
  });

  it('a poisoned record is rejected alone, and its neighbours are kept', async () => {
    const kept: ActivityEntry[] = [];
    const append = async (batch: readonly ActivityEntry[]) => {
      if (batch.some(({ activity }) => activity.subject === 'poison')) {
        throw new Error('poisoned');
      }
      kept.push(...batch);
      return keptAll(batch);
    };
    const log = createGroupCommitLog({ append, clock, maxBatch: 10, maxQueue: 10 });
    const records = ['a', 'poison', 'b', 'poison', 'c'].map((name) => log.record(line(name)));
    expect(await settle(records)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
    await expect(records[1]).rejects.toThrow('poisoned');
    expect(names(kept)).toEqual(['a', 'b', 'c']);
    await log.record(line('d'));
  });

  it('CA-14 what an activity uses goes with it, and each is told what became of its own', async () => {
    const given: ActivityEntry[] = [];
    const append = async (batch: readonly ActivityEntry[]) => {
      given.push(...batch);
      return batch.map(({ uses }) => (uses.length > 1 ? 1 : null));
    };
    const log = createGroupCommitLog({ append, clock, maxBatch: 10, maxQueue: 10 });
    const [a, b] = ['a', 'b'].map((jti) => ({ party: 'client', jti, until: 5 }));
    if (a === undefined || b === undefined) throw new Error('there are two');
    const answers = await Promise.all([
      log.recordOnce(line('once'), [a]),
      log.recordOnce(line('spent'), [a, b]),
      log.recordOnce(line('plain'), []),
      log.record(line('recorded')),
    ]);
    expect(answers).toEqual([null, 1, null, undefined]);
    expect(given.map(({ uses }) => uses)).toEqual([[a], [a, b], [], []]);
  });

  it('CA-14 of what nothing is said is not kept', async () => {
    const log = createGroupCommitLog({ append: async () => [null], clock, maxBatch: 10, maxQueue: 10 });
    const use = { party: 'client', jti: 'a', until: 5 };
    expect(
      await Promise.allSettled([log.recordOnce(line('said'), [use]), log.recordOnce(line('not'), [use])]),
    ).toMatchObject([{ status: 'fulfilled', value: null }, { status: 'rejected' }]);
  });

  it('A67 B16 a store that is down rejects the whole batch at once', async () => {
    let tries = 0;
    const append = async () => {
      tries += 1;
      throw new StoreUnavailable('down');
    };
    const log = createGroupCommitLog({ append, clock, maxBatch: 100, maxQueue: 100 });
    const records = Array.from({ length: 100 }, (_, index) => log.record(line(String(index))));
    expect(new Set(await settle(records))).toEqual(new Set(['rejected']));
    expect(tries).toBe(1);
  });

  it('A67 B16 a store that says nothing rejects each record when its time is over, under way or not', async () => {
    const { append, call, calls } = createSlowAppend();
    const log = createGroupCommitLog({ append, clock, maxBatch: 1, maxQueue: 10, maxWaitMs: 20 });
    const records = [log.record(line('under way')), log.record(line('waiting'))];
    for (const record of records) await expect(record).rejects.toBeInstanceOf(StoreUnavailable);
    // Once the store answers again, what nobody waits for any more is not tried.
    (await call(0)).end.resolve();
    await log.drain();
    expect(calls).toHaveLength(1);
    const next = log.record(line('next'));
    (await call(1)).end.resolve();
    await next;
  });

  describe('by the clock', () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it('A67 B16 each record has all of its time, whenever it came', async () => {
      const { append, calls } = createSlowAppend();
      const fakeClock = { monotonic: () => Date.now() };
      const log = createGroupCommitLog({
        append,
        clock: fakeClock,
        maxBatch: 10,
        maxQueue: 10,
        maxWaitMs: 100,
      });
      const settled: string[] = [];
      const record = (name: string) =>
        void log.record(line(name)).then(
          () => settled.push(`${name} kept`),
          () => settled.push(`${name} given up`),
        );
      record('a');
      await vi.advanceTimersByTimeAsync(60);
      record('b');
      expect(log.waiting()).toEqual({ count: 2, oldestSeconds: 0.06 });
      await vi.advanceTimersByTimeAsync(40);
      expect(settled).toEqual(['a given up']);
      await vi.advanceTimersByTimeAsync(59);
      expect(settled).toEqual(['a given up']);
      await vi.advanceTimersByTimeAsync(1);
      expect(settled).toEqual(['a given up', 'b given up']);
      expect(log.waiting()).toEqual({ count: 0, oldestSeconds: 0 });

      // What is kept in time is not given up later, and what comes after an idle while is.
      calls[0]?.end.resolve();
      await vi.advanceTimersByTimeAsync(1000);
      record('c');
      await vi.advanceTimersByTimeAsync(50);
      calls[1]?.end.resolve();
      await vi.advanceTimersByTimeAsync(1000);
      record('d');
      await vi.advanceTimersByTimeAsync(99);
      expect(settled.slice(2)).toEqual(['c kept']);
      await vi.advanceTimersByTimeAsync(1);
      expect(settled.slice(2)).toEqual(['c kept', 'd given up']);
    });
  });

  it('A103 B38 a full queue rejects at once, and takes records again when there is room', async () => {
    const { append, call } = createSlowAppend();
    const log = createGroupCommitLog({ append, clock, maxBatch: 1, maxQueue: 2 });
    const taken = [log.record(line('a'))];
    const first = await call(0);
    taken.push(log.record(line('b')), log.record(line('c')));
    await expect(log.record(line('d'))).rejects.toBeInstanceOf(ActivityLogFull);
    first.end.resolve();
    const second = await call(1);
    taken.push(log.record(line('e')));
    second.end.resolve();
    for (const index of [2, 3]) {
      (await call(index)).end.resolve();
    }
    expect(await settle(taken)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled']);
  });

  it('B06 drain waits for everything taken so far', async () => {
    const { append, call } = createSlowAppend();
    const log = createGroupCommitLog({ append, clock, maxBatch: 1, maxQueue: 10 });
    await log.drain();
    const records = [log.record(line('a')), log.record(line('b'))];
    let drained = false;
    const draining = log.drain().then(() => {
      drained = true;
    });
    (await call(0)).end.resolve();
    await records[0];
    expect(drained).toBe(false);
    (await call(1)).end.reject(new Error('lost'));
    await draining;
    expect(await settle(records)).toEqual(['fulfilled', 'rejected']);
  });
});

describe.each(storageEngines)('$engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
  });
  afterAll(() => opened.remove());

  it('§7 a flood of records is all there, each once', async () => {
    const log = createGroupCommitLog({
      clock,
      append: (batch) => opened.storage.activities.appendOnce(batch),
      maxBatch: 256,
      maxQueue: 5000,
    });
    const lines = Array.from({ length: 1500 }, () => sampleActivity({ tenant: 'flood' }));
    await Promise.all(lines.map((activity) => log.record(activity)));
    const ids = new Set<string>();
    let cursor: string | null = null;
    do {
      const page = await opened.storage.activities.list('flood', {}, { limit: 200, cursor });
      for (const { id } of page.items) {
        expect(ids.has(id)).toBe(false);
        ids.add(id);
      }
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(ids).toEqual(new Set(lines.map((activity) => activity.id)));
  });

  it('§7 a record the store cannot keep sinks alone', async () => {
    const log = createGroupCommitLog({
      clock,
      append: (batch) => opened.storage.activities.appendOnce(batch),
      maxBatch: 256,
      maxQueue: 5000,
    });
    const [good, bad, better] = [
      sampleActivity({ id: randomUUID() }),
      sampleActivity({ time: Number.NaN }),
      sampleActivity(),
    ];
    expect(await settle([log.record(good), log.record(bad), log.record(better)])).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    // What no other attempt can mend is no outage.
    await expect(
      opened.storage.activities.append([sampleActivity({ time: Number.NaN })]),
    ).rejects.not.toBeInstanceOf(StoreUnavailable);
    expect(await opened.storage.activities.find('acme', good.id)).toEqual(good);
    expect(await opened.storage.activities.find('acme', better.id)).toEqual(better);
  });
});
