import { describe, expect, it } from 'vitest';
import { median, percentile, spreadOf } from '../../bench/statistics.ts';

describe('median', () => {
  it.each([
    { values: [3], middle: 3 },
    { values: [9, 1, 5], middle: 5 },
    { values: [10, 9, 100], middle: 10 },
    { values: [4, 1, 3, 2], middle: 2.5 },
  ])('of $values is $middle', ({ values, middle }) => {
    expect(median(values)).toBe(middle);
  });

  it('of nothing is a fault', () => {
    expect(() => median([])).toThrow();
  });
});

describe('percentile', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, index) => index + 1);

  it.each([
    { sorted: hundred, share: 0.5, value: 50 },
    { sorted: hundred, share: 0.99, value: 99 },
    { sorted: hundred, share: 1, value: 100 },
    { sorted: Float64Array.of(7), share: 0.99, value: 7 },
    { sorted: Float64Array.of(1, 2), share: 0.99, value: 2 },
  ])('$share of $sorted.length numbers is $value', ({ sorted, share, value }) => {
    expect(percentile(sorted, share)).toBe(value);
  });

  it('of nothing is a fault', () => {
    expect(() => percentile(new Float64Array(), 0.5)).toThrow();
  });
});

describe('spreadOf', () => {
  it('gives middle and ends', () => {
    expect(spreadOf([5, 1, 9])).toEqual({ median: 5, least: 1, most: 9 });
  });
});
