import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CommitPace, createCommitPace } from '../../src/core/commit-pace.ts';

const everyMs = 10;
const calmlyEveryMs = 30;
const maxGapMs = 4;

describe('when commits begin that many may share', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const create = (): CommitPace =>
    createCommitPace({ monotonic: () => performance.now(), everyMs, calmlyEveryMs, maxGapMs });
  const advance = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

  /** A commit of each that comes takes so long, and what comes meanwhile asks for the next one. */
  const arrive = async (
    pace: CommitPace,
    times: number,
    gapMs: number,
    commitMs: number,
    canWait?: (index: number) => boolean,
  ) => {
    const begun: number[] = [];
    let wanted = 0;
    let isBusy = false;
    const commit = async (): Promise<void> => {
      isBusy = true;
      while (wanted > 0) {
        const turn = pace.next();
        if (turn !== null) await turn;
        begun.push(performance.now());
        wanted = 0;
        await new Promise((resolve) => setTimeout(resolve, commitMs));
      }
      isBusy = false;
    };
    for (let index = 0; index < times; index += 1) {
      pace.arrived(canWait?.(index));
      wanted += 1;
      if (!isBusy) void commit();
      await advance(gapMs);
    }
    return begun;
  };
  /** So much came and comes that commits wait, and one has just begun. */
  const createCrowded = async (): Promise<CommitPace> => {
    const pace = create();
    await arrive(pace, 100, 1, 2);
    await advance(2 * everyMs);
    for (const _ of [1, 2]) pace.arrived();
    expect(pace.next()).toBe(null);
    pace.arrived();
    return pace;
  };
  const shortestPause = (begun: readonly number[]): number =>
    Math.min(...begun.slice(1).map((time, index) => time - (begun[index] ?? 0)));

  it.each([
    ['the first of all', 1, 1000, 1],
    ['what comes seldom', 50, maxGapMs + 1, 2 * maxGapMs],
    ['what comes from one caller, who asks when he was answered, however quick', 200, 1.5, 1],
  ])('%s never waits', async (_, times, gapMs, commitMs) => {
    const pace = create();
    const next = vi.spyOn(pace, 'next');
    await arrive(pace, times, gapMs, commitMs);
    expect(next.mock.results.length).toBeGreaterThan(0);
    expect(next.mock.results.every(({ value }) => value === null)).toBe(true);
  });

  it('of what comes often, several share a commit', async () => {
    const begun = await arrive(create(), 400, 1, 2);
    const late = begun.slice(-20);
    expect(shortestPause(late)).toBe(everyMs);
    expect(late.at(-1)).toBe((late[0] ?? 0) + 19 * everyMs);
  });

  it('a commit that takes longer than the pause is followed by the next at once', async () => {
    expect(shortestPause(await arrive(create(), 400, 1, everyMs + 5))).toBe(everyMs + 5);
  });

  it('where all of it can wait more of it shares one', async () => {
    const begun = await arrive(create(), 400, 1, 2, () => true);
    expect(shortestPause(begun.slice(-10))).toBe(calmlyEveryMs);
  });

  it.each([
    ['some time after it came', 7, everyMs],
    ['at once, where its time is over', 17, 17],
  ])('who can wait goes along with what cannot: %s', async (_, comesAfterMs, begunAfterMs) => {
    const pace = create();
    await arrive(pace, 100, 1, 2, () => true);
    await advance(2 * calmlyEveryMs);
    for (const __ of [1, 2]) pace.arrived(true);
    expect(pace.next()).toBe(null);
    const since = performance.now();
    pace.arrived(true);
    let begunAt = Number.NaN;
    void pace.next()?.then(() => {
      begunAt = performance.now();
    });
    await advance(comesAfterMs);
    expect(begunAt).toBeNaN();
    pace.arrived();
    pace.arrived();
    await advance(begunAfterMs - comesAfterMs);
    expect(begunAt - since).toBe(begunAfterMs);
    // What could not wait is gone with it: the next may take its time again.
    for (const __ of [1, 2]) pace.arrived(true);
    expect(pace.next()).not.toBe(null);
    await advance(calmlyEveryMs - 1);
    expect(vi.getTimerCount()).toBe(1);
    await advance(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('all who ask while one is to come wait for the same', async () => {
    const pace = await createCrowded();
    const [first, second] = [pace.next(), pace.next()];
    expect(first).not.toBe(null);
    expect(second).toBe(first);
    let isBegun = false;
    void first?.then(() => {
      isBegun = true;
    });
    await advance(everyMs - 1);
    expect(isBegun).toBe(false);
    await advance(1);
    expect(isBegun).toBe(true);
  });

  it('after an idle while nobody waits, and soon after many come they do again', async () => {
    const pace = await createCrowded();
    await advance(60_000);
    pace.arrived();
    expect(pace.next()).toBe(null);
    pace.arrived();
    expect(pace.next()).toBe(null);
    expect(shortestPause((await arrive(pace, 100, 1, 2)).slice(-5))).toBe(everyMs);
  });

  it('B06 at the end who waits goes on at once, and nobody waits any more', async () => {
    const pace = await createCrowded();
    const waiting = pace.next();
    expect(waiting).not.toBe(null);
    pace.end();
    await waiting;
    pace.arrived();
    pace.arrived();
    expect(pace.next()).toBe(null);
    pace.end();
    expect(vi.getTimerCount()).toBe(0);
  });
});
