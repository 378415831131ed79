import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startFollowingRevisions } from '../../src/token/follow-revisions.ts';
import { createFixedClock } from '../support/fixed-clock.ts';

describe('startFollowingRevisions (contract §7: a disable works within 5 s on every node)', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const follow = (answers: () => Promise<ReadonlyMap<string, number>>) => {
    const clock = createFixedClock();
    const forgotten: string[] = [];
    const told: string[] = [];
    const following = startFollowingRevisions(
      { all: answers },
      {
        forget: (tenant) => forgotten.push(tenant),
        forgetAll: () => forgotten.push('*'),
        readAgain: () => told.push('read again'),
        reportFault: (error) => told.push(String(error)),
      },
      clock,
    );
    const pass = async (seconds: number): Promise<string[]> => {
      for (let second = 0; second < seconds; second += 1) {
        clock.advance(1000);
        await vi.advanceTimersByTimeAsync(1000);
      }
      return forgotten.splice(0);
    };
    return { pass, told, stop: following.stop };
  };

  it('forgets exactly the tenants whose revision grew', async () => {
    const revisions = new Map([
      ['default', 1],
      ['acme', 1],
    ]);
    const { pass, stop } = follow(async () => new Map(revisions));
    expect(await pass(1)).toEqual(['*']);
    expect(await pass(3)).toEqual([]);
    revisions.set('acme', 2);
    expect(await pass(1)).toEqual(['acme']);
    revisions.set('new', 1);
    expect(await pass(1)).toEqual(['new']);
    expect(await pass(2)).toEqual([]);
    await stop();
  });

  it.each([
    ['fails', () => Promise.reject(new Error('down'))],
    ['never answers', () => new Promise<never>(() => undefined)],
  ])('forgets everything, again and again, while the store %s', async (_how, broken) => {
    let answer: () => Promise<ReadonlyMap<string, number>> = async () => new Map([['default', 1]]);
    const { pass, told } = follow(() => answer());
    expect(await pass(1)).toEqual(['*']);
    answer = broken;
    expect(await pass(2)).toEqual([]);
    expect(new Set(await pass(30))).toEqual(new Set(['*']));
    // Said once, however long it lasts.
    expect(told).toEqual(['read again', expect.stringContaining('Error')]);
  });

  it('after an outage everything is read again, once', async () => {
    let down = false;
    const { pass, told } = follow(() =>
      down ? Promise.reject(new Error('down')) : Promise.resolve(new Map([['default', 1]])),
    );
    await pass(1);
    down = true;
    await pass(5);
    down = false;
    expect((await pass(2)).at(-1)).toBe('*');
    expect(await pass(3)).toEqual([]);
    expect(told).toEqual(['read again', 'Error: down', 'read again']);
  });
});
