import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startLater } from '../../src/core/later.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('what is done later', () => {
  it('is done once, when it is time', async () => {
    const work = vi.fn(() => Promise.resolve());
    startLater(work, () => undefined, 1000);
    await vi.advanceTimersByTimeAsync(999);
    expect(work).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(5000);
    expect(work).toHaveBeenCalledOnce();
  });

  it('is not done when it was called off before', async () => {
    const work = vi.fn(() => Promise.resolve());
    await startLater(work, () => undefined, 1000).stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(work).not.toHaveBeenCalled();
  });

  it('is waited for by whoever stops it while it is under way', async () => {
    const work = Promise.withResolvers<void>();
    const later = startLater(
      () => work.promise,
      () => undefined,
      1000,
    );
    await vi.advanceTimersByTimeAsync(1000);
    let stopped = false;
    const stop = later.stop().then(() => (stopped = true));
    await vi.advanceTimersByTimeAsync(1000);
    expect(stopped).toBe(false);
    work.resolve();
    expect(await stop).toBe(true);
  });

  it('reports a fault, and ends', async () => {
    const reportFault = vi.fn();
    const later = startLater(() => Promise.reject(new Error('broken')), reportFault, 1000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(reportFault).toHaveBeenCalledExactlyOnceWith(new Error('broken'));
    await later.stop();
  });
});
