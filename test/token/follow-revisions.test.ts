import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RevisionStore } from '../../src/ports/stores.ts';
import { startFollowingRevisions } from '../../src/token/follow-revisions.ts';
import { createFixedClock } from '../support/fixed-clock.ts';

describe('startFollowingRevisions (contract §7: a disable works within 5 s on every node)', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const follow = (
    answers: () => Promise<ReadonlyMap<string, number>>,
    touchedBetween: RevisionStore['touchedBetween'] = async () => null,
  ) => {
    const clock = createFixedClock();
    const forgotten: string[] = [];
    const told: string[] = [];
    const following = startFollowingRevisions(
      { all: answers, touchedBetween },
      {
        forget: (tenant, touched) =>
          forgotten.push(touched === undefined ? tenant : `${tenant}: ${touched.accounts.join(' ')}`),
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

  const touched = (...accounts: readonly string[]) => ({ accounts, groups: [], issuers: [] });

  it('forgets no more than was touched, where that is known of every revision in between', async () => {
    const revisions = new Map([['default', 1]]);
    const asked: (string | number)[][] = [];
    const { pass, stop } = follow(
      async () => new Map(revisions),
      async (...question) => {
        asked.push(question);
        return question[2] === 3 ? [touched('a'), touched('b')] : null;
      },
    );
    await pass(1);
    revisions.set('default', 3);
    expect(await pass(1)).toEqual(['default: a', 'default: b']);
    revisions.set('default', 4);
    expect(await pass(1)).toEqual(['default']);
    // Set back: a database was restored from a backup.
    revisions.set('default', 2);
    revisions.set('new', 1);
    expect(await pass(1)).toEqual(['default', 'new']);
    expect(asked).toEqual([
      ['default', 1, 3],
      ['default', 3, 4],
    ]);
    await stop();
  });

  it('A66 who went blind while it asked what was touched forgets everything', async () => {
    const revisions = new Map([['default', 1]]);
    let answer: (touched: null) => void = () => undefined;
    const { pass, told, stop } = follow(
      async () => new Map(revisions),
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    await pass(1);
    revisions.set('default', 2);
    expect(await pass(2)).toEqual([]);
    expect(new Set(await pass(3))).toEqual(new Set(['*']));
    answer(null);
    expect((await pass(1)).at(0)).toBe('*');
    expect(told.filter((each) => each === 'read again')).toHaveLength(2);
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
