import { describe, expect, it } from 'vitest';
import { loadOnce } from '../../src/core/load-once.ts';

describe('what is loaded once', () => {
  it('is loaded by nobody who does not ask, and once for all who do', async () => {
    let loads = 0;
    const load = loadOnce(() => Promise.resolve((loads += 1)));
    expect(loads).toBe(0);
    expect(await Promise.all([load(), load()])).toEqual([1, 1]);
    expect(await load()).toBe(1);
    expect(loads).toBe(1);
  });

  it('is tried again after it failed, by the next who asks', async () => {
    let loads = 0;
    const load = loadOnce(() => {
      loads += 1;
      return loads === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve(loads);
    });
    const both = await Promise.allSettled([load(), load()]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await load()).toBe(2);
  });
});
