import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startRounds } from '../../src/core/rounds.ts';

describe('rounds', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('come one at a time, and one that takes long stands for those that are due meanwhile', async () => {
    const first = Promise.withResolvers<void>();
    const round = vi.fn().mockReturnValueOnce(first.promise).mockResolvedValue(undefined);
    const rounds = startRounds(round, () => undefined, 10);
    await vi.advanceTimersByTimeAsync(35);
    expect(round).toHaveBeenCalledTimes(1);
    first.resolve();
    await vi.advanceTimersByTimeAsync(10);
    expect(round).toHaveBeenCalledTimes(2);
    await rounds.stop();
  });

  it('begin at once only where that is asked for', async () => {
    const [now, later] = [vi.fn().mockResolvedValue(undefined), vi.fn().mockResolvedValue(undefined)];
    const started = [
      startRounds(now, () => undefined, 10, { atOnce: true }),
      startRounds(later, () => undefined, 10),
    ];
    expect([now.mock.calls.length, later.mock.calls.length]).toEqual([1, 0]);
    await Promise.all(started.map((rounds) => rounds.stop()));
  });

  it('that fail are reported, and the next one tries again', async () => {
    const round = vi.fn().mockRejectedValueOnce(new Error('down')).mockResolvedValue(undefined);
    const faults: unknown[] = [];
    const rounds = startRounds(round, (fault) => faults.push(fault), 10);
    await vi.advanceTimersByTimeAsync(25);
    expect(faults).toEqual([new Error('down')]);
    expect(round).toHaveBeenCalledTimes(2);
    await rounds.stop();
  });

  it('end with the one under way, and no other follows', async () => {
    const last = Promise.withResolvers<void>();
    const round = vi.fn().mockReturnValue(last.promise);
    const rounds = startRounds(round, () => undefined, 10);
    await vi.advanceTimersByTimeAsync(10);
    let stopped = false;
    const stop = rounds.stop().then(() => {
      stopped = true;
    });
    await vi.advanceTimersByTimeAsync(50);
    expect([round.mock.calls.length, stopped]).toEqual([1, false]);
    last.resolve();
    await stop;
    await vi.advanceTimersByTimeAsync(50);
    expect(round).toHaveBeenCalledTimes(1);
  });
});
