import { describe, expect, it } from 'vitest';
import { createKeyGenerationLimit } from '../../src/admin/key-generation-limit.ts';
import { createManualClock } from '../support/manual-clock.ts';

const minute = 60_000;
const atFullMinute = Date.UTC(2026, 0, 1);

const takeMany = (limit: ReturnType<typeof createKeyGenerationLimit>, tenant: string, count: number) =>
  Array.from({ length: count }, () => limit.take(tenant));

describe('A63 how many key pairs a minute', () => {
  it('A63 so many are free, the next one waits for the next minute', () => {
    const clock = createManualClock(atFullMinute);
    const limit = createKeyGenerationLimit(3, clock);
    expect(takeMany(limit, 'acme', 5)).toEqual([null, null, null, 60, 60]);
    clock.advance(minute - 1);
    expect(limit.take('acme')).toBe(1);
    clock.advance(1);
    expect(takeMany(limit, 'acme', 4)).toEqual([null, null, null, 60]);
  });

  it.each([
    [0, 60],
    [1, 60],
    [999, 60],
    [1000, 59],
    [30_500, 30],
    [59_000, 1],
    [59_001, 1],
    [59_999, 1],
  ])('A63 after %i ms of the minute it is %i s: whole seconds, enough to be free then', (elapsed, wait) => {
    const clock = createManualClock(atFullMinute + elapsed);
    const limit = createKeyGenerationLimit(1, clock);
    expect(takeMany(limit, 'acme', 2)).toEqual([null, wait]);
    clock.advance(wait * 1000);
    expect(limit.take('acme')).toBeNull();
  });

  it('A63 what is refused does not count', () => {
    const clock = createManualClock(atFullMinute);
    const limit = createKeyGenerationLimit(2, clock);
    takeMany(limit, 'acme', 1000);
    clock.advance(minute);
    expect(takeMany(limit, 'acme', 3)).toEqual([null, null, 60]);
  });

  it('A63 each tenant has its own', () => {
    const limit = createKeyGenerationLimit(1, createManualClock(atFullMinute));
    expect(takeMany(limit, 'acme', 2)).toEqual([null, 60]);
    expect(takeMany(limit, 'other', 2)).toEqual([null, 60]);
    expect(takeMany(limit, '__proto__', 2)).toEqual([null, 60]);
  });

  it('A63 off: as many as one likes', () => {
    const limit = createKeyGenerationLimit('off', createManualClock());
    expect(takeMany(limit, 'acme', 10_000).every((wait) => wait === null)).toBe(true);
  });

  it('B33 a clock that is set back neither locks out for longer than a minute nor fails', () => {
    const clock = createManualClock(atFullMinute);
    const limit = createKeyGenerationLimit(1, clock);
    expect(limit.take('acme')).toBeNull();
    clock.jump(-86_400_000);
    expect(limit.take('acme')).toBeNull();
    expect(limit.take('acme')).toBe(60);
  });
});
