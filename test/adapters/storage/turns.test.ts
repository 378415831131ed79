import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTurns } from '../../../src/adapters/storage/turns.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('turns', () => {
  it('lets one in at a time, in the order they came', async () => {
    const turns = createTurns(1000);
    const order: string[] = [];
    const visit = async (name: string): Promise<void> => {
      const leave = await turns.take();
      order.push(`${name} in`);
      await Promise.resolve();
      order.push(`${name} out`);
      leave();
    };
    await Promise.all([visit('a'), visit('b'), visit('c')]);
    await visit('d');
    expect(order).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out', 'd in', 'd out']);
  });

  it('A63 who takes the next turn again and again is before all who wait, and lets one in between', async () => {
    const turns = createTurns(1000);
    const order: string[] = [];
    const visit = async (name: string): Promise<void> => {
      const leave = await turns.take();
      order.push(name);
      await Promise.resolve();
      leave();
    };
    const commits = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index += 1) {
        const leave = await turns.takeNext();
        order.push('commit');
        await Promise.resolve();
        leave();
      }
    };
    await Promise.all([visit('a'), visit('b'), visit('c'), visit('d'), commits(3)]);
    expect(order).toEqual(['a', 'commit', 'b', 'commit', 'c', 'commit', 'd']);
  });

  it('leaving twice lets no second one in', async () => {
    const turns = createTurns(1000);
    const leave = await turns.take();
    const second = turns.take();
    const third = turns.take();
    const entered = vi.fn<() => void>();
    void third.then(entered);
    leave();
    leave();
    (await second)();
    await third;
    expect(entered).toHaveBeenCalledOnce();
    const other = createTurns(1000);
    const first = await other.take();
    const waiting = other.take();
    first();
    first();
    const held = await waiting;
    const late = vi.fn<() => void>();
    void other.take().then(late);
    await Promise.resolve();
    expect(late).not.toHaveBeenCalled();
    held();
  });

  it('who waited too long gets an error, and those behind it still their turn', async () => {
    const turns = createTurns(1000);
    const leave = await turns.take();
    const impatient = turns.take().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(500);
    const patient = turns.take();
    await vi.advanceTimersByTimeAsync(500);
    expect(await impatient).toMatchObject({ message: expect.stringContaining('waited 1000 ms') });
    leave();
    (await patient)();
    await vi.advanceTimersByTimeAsync(5000);
    (await turns.take())();
  });
});
