import { describe, expect, it } from 'vitest';
import { createTurnBatch } from '../../src/core/turn-batch.ts';

const createSchedule = () => {
  const tasks: (() => void)[] = [];
  return { schedule: (task: () => void) => void tasks.push(task), tasks };
};

describe('createTurnBatch', () => {
  it('runs the calls of one turn in one task, in order, and those of the next in another', async () => {
    const { schedule, tasks } = createSchedule();
    const ran: number[] = [];
    const batch = createTurnBatch((input: number) => {
      ran.push(input);
      return input * 2;
    }, schedule);
    const first = [batch(1), batch(2)];
    expect(tasks).toHaveLength(1);
    expect(ran).toEqual([]);
    tasks[0]?.();
    expect(ran).toEqual([1, 2]);
    const second = batch(3);
    expect(tasks).toHaveLength(2);
    tasks[1]?.();
    expect(await Promise.all([...first, second])).toEqual([2, 4, 6]);
  });

  it('lets one call fail and the others pass', async () => {
    const { schedule, tasks } = createSchedule();
    const batch = createTurnBatch((input: number) => {
      if (input === 2) throw new Error('two');
      return input;
    }, schedule);
    const calls = Promise.allSettled([batch(1), batch(2), batch(3)]);
    tasks[0]?.();
    expect((await calls).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('takes a call made while the turn runs into the next turn', async () => {
    const { schedule, tasks } = createSchedule();
    let inner: Promise<string> | undefined;
    const batch: (input: string) => Promise<string> = createTurnBatch((input: string) => {
      if (input === 'outer') inner = batch('inner');
      return input;
    }, schedule);
    const outer = batch('outer');
    tasks[0]?.();
    expect(await outer).toBe('outer');
    expect(tasks).toHaveLength(2);
    tasks[1]?.();
    expect(await inner).toBe('inner');
  });
});
