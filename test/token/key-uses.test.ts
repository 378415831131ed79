import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccountKey } from '../../src/core/accounts/account-key.ts';
import { createKeyUses, startWritingKeyUses } from '../../src/token/key-uses.ts';
import { sampleAccount, sampleAccountKey } from '../support/stored-samples.ts';

const start = 1_795_000_000_000;
const seconds = (count: number): number => start + count * 1000;
const account = sampleAccount();
const key = sampleAccountKey(account, { id: 'one' });
const other = sampleAccountKey(account, { id: 'two' });

/** A store that keeps what it is told, unless it is told to fail or to wait. */
const createStore = () => {
  const written: string[] = [];
  let before: () => Promise<void> = () => Promise.resolve();
  return {
    written,
    failWith: (error: Error | null): void => {
      before = error === null ? () => Promise.resolve() : () => Promise.reject(error);
    },
    /** Holds every write back until the function it gives is called. */
    hold: (): (() => void) => {
      const gate = Promise.withResolvers<void>();
      before = () => gate.promise;
      return gate.resolve;
    },
    touch: async (tenant: string, id: string, usedAt: number): Promise<void> => {
      await before();
      written.push(`${tenant}/${id}@${(usedAt - start) / 1000}`);
    },
  };
};

const lastUsed = (uses: ReturnType<typeof createKeyUses>, of: AccountKey): number | null =>
  uses.complete(of).lastUsedAt;

describe('uses of keys', () => {
  it('are known at once and written when it is time', async () => {
    const store = createStore();
    const uses = createKeyUses(store);
    await uses.write(seconds(0));
    expect(store.written).toEqual([]);
    uses.used(key, seconds(1));
    expect(lastUsed(uses, key)).toBe(seconds(1));
    expect(store.written).toEqual([]);
    await uses.write(seconds(2));
    expect(store.written).toEqual(['acme/one@1']);
  });

  it('of a key in steady use are written once a minute, the latest one', async () => {
    const store = createStore();
    const uses = createKeyUses(store);
    for (let second = 0; second <= 180; second += 1) {
      uses.used(key, seconds(second));
      await uses.write(seconds(second));
    }
    expect(store.written).toEqual([0, 60, 120, 180].map((second) => `acme/one@${second}`));
  });

  it('of a key that rests are written once, the last one too, and then forgotten', async () => {
    const store = createStore();
    const uses = createKeyUses(store);
    uses.used(key, seconds(0));
    await uses.write(seconds(0));
    uses.used(key, seconds(30));
    for (const second of [31, 59, 60, 61, 120, 180, 300]) await uses.write(seconds(second));
    expect(store.written).toEqual(['acme/one@0', 'acme/one@30']);
    expect(lastUsed(uses, { ...key, lastUsedAt: null })).toBeNull();
  });

  it('that come in no order: the latest counts', async () => {
    const store = createStore();
    const uses = createKeyUses(store);
    for (const second of [5, 9, 7]) uses.used(key, seconds(second));
    expect(lastUsed(uses, key)).toBe(seconds(9));
    await uses.write(seconds(9));
    expect(store.written).toEqual(['acme/one@9']);
  });

  it('of each key are its own, also of one with the same id in another tenant', async () => {
    const store = createStore();
    const uses = createKeyUses(store);
    const foreign = { ...key, tenant: 'other' };
    uses.used(key, seconds(1));
    uses.used(other, seconds(2));
    uses.used(foreign, seconds(3));
    expect([key, other, foreign].map((each) => lastUsed(uses, each))).toEqual([1, 2, 3].map(seconds));
    await uses.write(seconds(4));
    expect(store.written.toSorted()).toEqual(['acme/one@1', 'acme/two@2', 'other/one@3']);
  });

  it('do not hide a later time that is stored, and change nothing else of the key', () => {
    const uses = createKeyUses(createStore());
    const stored = { ...key, lastUsedAt: seconds(5) };
    expect(uses.complete(stored)).toBe(stored);
    uses.used(key, seconds(4));
    expect(uses.complete(stored)).toEqual(stored);
    uses.used(key, seconds(6));
    expect(uses.complete(stored)).toEqual({ ...stored, lastUsedAt: seconds(6) });
    expect(stored.lastUsedAt).toBe(seconds(5));
  });

  it('that cannot be written are due again at the next round, and known meanwhile', async () => {
    const store = createStore();
    const uses = createKeyUses(store);
    uses.used(key, seconds(1));
    store.failWith(new Error('no store'));
    await expect(uses.write(seconds(2))).rejects.toThrow('no store');
    await expect(uses.write('everything')).rejects.toThrow('no store');
    expect(lastUsed(uses, key)).toBe(seconds(1));
    store.failWith(null);
    await uses.write(seconds(3));
    expect(store.written).toEqual(['acme/one@1']);
  });

  it('that come while one is being written are not lost', async () => {
    const store = createStore();
    const uses = createKeyUses(store);
    uses.used(key, seconds(1));
    const release = store.hold();
    const writing = uses.write(seconds(1));
    uses.used(key, seconds(2));
    uses.used(other, seconds(2));
    release();
    await writing;
    expect(lastUsed(uses, key)).toBe(seconds(2));
    await uses.write(seconds(61));
    expect(store.written.toSorted()).toEqual(['acme/one@1', 'acme/one@2', 'acme/two@2']);
  });

  it('are all written when everything is asked for, whatever the time, each once', async () => {
    const store = createStore();
    const uses = createKeyUses(store);
    uses.used(key, seconds(1));
    await uses.write(seconds(1));
    uses.used(key, seconds(2));
    uses.used(other, seconds(2));
    await uses.write('everything');
    await uses.write('everything');
    expect(store.written).toEqual(['acme/one@1', 'acme/one@2', 'acme/two@2']);
  });
});

describe('startWritingKeyUses', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: start });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const begin = () => {
    const store = createStore();
    const uses = createKeyUses(store);
    const faults: unknown[] = [];
    const started = startWritingKeyUses(
      uses,
      () => Date.now(),
      (error) => faults.push(error),
      5000,
    );
    return { store, uses, faults, ...started };
  };

  it('writes in its time, and what is left when it is stopped', async () => {
    const { store, uses, stop, faults } = begin();
    uses.used(key, seconds(1));
    await vi.advanceTimersByTimeAsync(4999);
    expect(store.written).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(store.written).toEqual(['acme/one@1']);
    uses.used(key, seconds(6));
    await stop();
    expect(store.written).toEqual(['acme/one@1', 'acme/one@6']);
    uses.used(key, seconds(100));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(store.written).toHaveLength(2);
    expect(faults).toEqual([]);
  });

  it('B10 a store that fails is reported at each round, and the next good one makes up for it', async () => {
    const { store, uses, faults, stop } = begin();
    uses.used(key, seconds(1));
    store.failWith(new Error('no store'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(faults).toEqual([new Error('no store'), new Error('no store')]);
    store.failWith(null);
    await vi.advanceTimersByTimeAsync(5000);
    expect(store.written).toEqual(['acme/one@1']);
    await stop();
  });

  it('a fault at the stop is reported, and keeps nothing from closing', async () => {
    const { store, uses, faults, stop } = begin();
    uses.used(key, seconds(1));
    store.failWith(new Error('no store'));
    await stop();
    expect(faults).toEqual([new Error('no store')]);
  });

  it('one round at a time; the stop waits for the one that is under way', async () => {
    const { store, uses, stop } = begin();
    uses.used(key, seconds(1));
    const release = store.hold();
    await vi.advanceTimersByTimeAsync(60_000);
    uses.used(other, seconds(2));
    let stopped = false;
    const stopping = stop().then(() => {
      stopped = true;
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect([stopped, store.written]).toEqual([false, []]);
    release();
    await stopping;
    expect(store.written).toEqual(['acme/one@1', 'acme/two@2']);
  });
});
