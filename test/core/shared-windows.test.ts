import { describe, expect, it } from 'vitest';
import { createSharedWindows, type SharedWindows } from '../../src/core/shared-windows.ts';

const minute = 60_000;
const open = (max = 10, quantum = 1, mostKeys = 100): SharedWindows =>
  createSharedWindows({ max, windowMs: minute, quantum, mostKeys });
const takeMany = (windows: SharedWindows, key: string, count: number, now = 0): number => {
  let last = 0;
  for (let index = 0; index < count; index += 1) last = windows.take(key, now).count;
  return last;
};

describe('createSharedWindows (RL-03)', () => {
  it('counts each key in a window of its own, which begins with its first count', () => {
    const windows = open();
    expect(windows.take('a', 1000)).toEqual({ count: 1, leftMs: minute });
    expect(windows.take('a', 31_000)).toEqual({ count: 2, leftMs: 30_000 });
    expect(windows.take('b', 31_000)).toEqual({ count: 1, leftMs: minute });
    expect(windows.take('a', 60_999)).toEqual({ count: 3, leftMs: 1 });
    expect(windows.take('a', 61_000)).toEqual({ count: 1, leftMs: minute });
  });

  it('adds what others counted, and begins a window with it where there is none', () => {
    const windows = open();
    windows.add([['a', 7]], 5000);
    expect(windows.take('a', 6000)).toEqual({ count: 8, leftMs: 59_000 });
    windows.add([['a', 2]], 7000);
    expect(windows.take('a', 8000).count).toBe(11);
    expect(windows.take('a', 65_000).count).toBe(1);
  });

  it('tells what was counted here once, and nothing of what others told', () => {
    const windows = open();
    windows.add([['a', 5]], 0);
    takeMany(windows, 'a', 3);
    windows.take('b', 0);
    expect(windows.untold()).toEqual([
      ['a', 3],
      ['b', 1],
    ]);
    expect(windows.untold()).toEqual([]);
    windows.take('a', 1);
    expect(windows.untold()).toEqual([['a', 1]]);
  });

  it('tells of a key from the quantum on, and then of all of it', () => {
    const windows = open(1000, 5);
    takeMany(windows, 'a', 4);
    expect(windows.untold()).toEqual([]);
    takeMany(windows, 'a', 2);
    expect(windows.untold()).toEqual([['a', 6]]);
  });

  it('does not tell of what goes beyond the limit: who floods one worker costs the others nothing', () => {
    const windows = open(10);
    expect(takeMany(windows, 'a', 1000)).toBe(1000);
    expect(windows.untold()).toEqual([['a', 10]]);
    takeMany(windows, 'a', 1000);
    expect(windows.untold()).toEqual([]);
  });

  it('does not tell in a window what was counted in the one before', () => {
    const windows = open(1000, 5);
    takeMany(windows, 'a', 4, 0);
    takeMany(windows, 'a', 4, minute);
    expect(windows.untold()).toEqual([]);
    takeMany(windows, 'b', 6, 0);
    windows.take('b', minute);
    expect(windows.untold()).toEqual([]);
  });

  it('forgets the keys counted longest ago beyond as many as it keeps', () => {
    const windows = open(10, 1, 2);
    windows.take('a', 0);
    windows.take('b', 0);
    windows.take('a', 0);
    windows.take('c', 0);
    expect(windows.take('a', 0).count).toBe(3);
    expect(windows.take('b', 0).count).toBe(1);
  });

  it('RL-03 a key that goes on being counted keeps its count, however many others come and go', () => {
    const windows = open(1_000_000, 1, 100);
    let counted = 0;
    for (let stranger = 0; stranger < 10_000; stranger += 1) {
      windows.take(`stranger-${stranger}`, 0);
      if (stranger % 40 === 0) counted += 1;
      if (stranger % 40 === 0) expect(windows.take('busy', 0).count).toBe(counted);
    }
  });

  it('RL-03 keeps the counts of the last 20,000 keys, unless told otherwise', () => {
    const windows = createSharedWindows({ max: 10, windowMs: minute, quantum: 1 });
    for (let key = 0; key < 50_000; key += 1) windows.take(`key-${key}`, 0);
    const last = Array.from({ length: 20_000 }, (_, back) => windows.take(`key-${49_999 - back}`, 0));
    expect(last.filter(({ count }) => count !== 2)).toEqual([]);
    expect(windows.take('key-0', 0).count).toBe(1);
  });

  it('what a forgotten key had not told is not told, and the key begins anew', () => {
    const windows = open(10, 1, 2);
    windows.take('a', 0);
    windows.take('b', 0);
    windows.take('c', 0);
    windows.take('a', 0);
    expect(windows.untold()).toEqual([
      ['a', 1],
      ['c', 1],
    ]);
  });

  it('several that tell each other let through the limit, and at most what was untold beyond it', () => {
    const max = 60;
    const quantum = 3;
    const workers = [open(max, quantum), open(max, quantum), open(max, quantum)];
    let passed = 0;
    for (let request = 0; request < 600; request += 1) {
      const [taker, ...others] = workers.toSpliced(0, 0).toSorted(() => (request % 2 === 0 ? 1 : -1));
      if ((taker?.take('a', request).count ?? 0) <= max) passed += 1;
      const news = taker?.untold() ?? [];
      for (const other of others) other.add(news, request);
    }
    expect(passed).toBeGreaterThanOrEqual(max);
    expect(passed).toBeLessThanOrEqual(max + (workers.length - 1) * quantum);
  });
});
