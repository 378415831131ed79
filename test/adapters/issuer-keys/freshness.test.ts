import { describe, expect, it } from 'vitest';
import { backOffMilliseconds } from '../../../src/adapters/issuer-keys/back-off.ts';
import { freshnessSeconds } from '../../../src/adapters/issuer-keys/freshness.ts';
import type { FreshnessFields } from '../../../src/ports/guarded-fetch.ts';

const now = Date.UTC(2026, 0, 1, 12);
const nothing: FreshnessFields = {
  cacheControl: null,
  expires: null,
  date: null,
  age: null,
  etag: null,
  lastModified: null,
};

describe('JF-06 how long a set is fresh', () => {
  it.each<[string, Partial<FreshnessFields>, number]>([
    ['nothing said', {}, 600],
    ['only other directives', { cacheControl: 'public, must-revalidate' }, 600],
    ['max-age', { cacheControl: 'max-age=900' }, 900],
    ['max-age among others, any case', { cacheControl: 'Public, MAX-AGE=900, must-revalidate' }, 900],
    ['max-age in quotes', { cacheControl: 'max-age="900"' }, 900],
    ['max-age twice: the shorter', { cacheControl: 'max-age=900, max-age=300' }, 300],
    ['max-age minus Age', { cacheControl: 'max-age=900', age: '100' }, 800],
    ['an Age beyond max-age', { cacheControl: 'max-age=900', age: '1000' }, 60],
    ['an Age that is no number', { cacheControl: 'max-age=900', age: '-5' }, 900],
    ['max-age=0', { cacheControl: 'max-age=0' }, 60],
    ['max-age that is no number', { cacheControl: 'max-age=soon' }, 60],
    ['a year', { cacheControl: 'max-age=31536000' }, 86_400],
    ['more digits than a number has', { cacheControl: `max-age=${'9'.repeat(400)}` }, 86_400],
    ['no-store', { cacheControl: 'no-store' }, 60],
    ['no-cache beside max-age', { cacheControl: 'max-age=900, no-cache' }, 60],
    ['no-cache of a field', { cacheControl: 'no-cache="set-cookie"' }, 60],
    ['s-maxage is not for us', { cacheControl: 's-maxage=900' }, 600],
    [
      'Expires with Date',
      { expires: 'Thu, 01 Jan 2026 13:00:00 GMT', date: 'Thu, 01 Jan 2026 12:30:00 GMT' },
      1800,
    ],
    ['Expires without Date', { expires: 'Thu, 01 Jan 2026 13:00:00 GMT' }, 3600],
    ['Expires in the past', { expires: 'Thu, 01 Jan 2025 13:00:00 GMT' }, 60],
    ['Expires: 0', { expires: '0', date: 'Thu, 01 Jan 2026 12:30:00 GMT' }, 60],
    ['Expires: never', { expires: 'never' }, 60],
    [
      'max-age before Expires',
      { cacheControl: 'max-age=900', expires: 'Thu, 01 Jan 2026 13:00:00 GMT' },
      900,
    ],
  ])('%s', (_what, fields, expected) => {
    expect(freshnessSeconds({ ...nothing, ...fields }, 600, now)).toBe(expected);
  });
});

describe('JF-13 the pause after a failure', () => {
  it('doubles from 30 s to at most 5 min, with up to half as much again by chance', () => {
    const pauses = (random: number): number[] =>
      [1, 2, 3, 4, 5, 1000].map((failures) => backOffMilliseconds(failures, () => random) / 1000);
    expect(pauses(0)).toEqual([30, 60, 120, 240, 300, 300]);
    expect(pauses(0.5)).toEqual([37.5, 75, 150, 300, 300, 300]);
    expect(Math.max(...pauses(0.999))).toBe(300);
  });
});
