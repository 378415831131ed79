import { describe, expect, it } from 'vitest';
import { createBoundedSeries, maxSeries } from '../../../src/adapters/metrics/bounded-series.ts';

describe('createBoundedSeries', () => {
  const names = (from: number, to: number): readonly string[] =>
    Array.from({ length: to - from }, (_unused, index) => `n${from + index}`);

  it('A103 names beyond the limit are put together, whoever they are', () => {
    const bound = createBoundedSeries((name: string) => name);
    expect(bound(names(0, maxSeries))).toEqual({ own: names(0, maxSeries), others: [] });
    const { own, others } = bound(names(0, maxSeries * 3));
    expect(own).toEqual(names(0, maxSeries));
    expect(others).toHaveLength(maxSeries * 2);
  });

  it('a name keeps its place while it is there, whatever comes and in whatever order', () => {
    const bound = createBoundedSeries((name: string) => name, 2);
    bound(['b', 'c']);
    expect(bound(['a', 'c', 'b'])).toEqual({ own: ['c', 'b'], others: ['a'] });
    expect(bound(['a', 'c'])).toEqual({ own: ['a', 'c'], others: [] });
    expect(bound(['b', 'a', 'c'])).toEqual({ own: ['a', 'c'], others: ['b'] });
  });

  it('several items of one name have one place', () => {
    const bound = createBoundedSeries(({ tenant }: { tenant: string; n: number }) => tenant, 1);
    const items = [
      { tenant: 'a', n: 1 },
      { tenant: 'b', n: 2 },
      { tenant: 'a', n: 3 },
    ];
    expect(bound(items)).toEqual({ own: [items[0], items[2]], others: [items[1]] });
  });
});
