import { describe, expect, it } from 'vitest';
import { createTurnBatch } from '../../../src/adapters/signature/turn-batch.ts';

describe('a batch of one turn', () => {
  it('runs nothing within the turn, then all calls in their order', async () => {
    const ran: number[] = [];
    const batch = createTurnBatch((call: number) => ran.push(call));
    const answers = [batch(7), batch(8), batch(9)];
    await Promise.resolve();
    expect(ran).toEqual([]);
    expect(await Promise.all(answers)).toEqual([1, 2, 3]);
    expect(ran).toEqual([7, 8, 9]);
  });

  it('a call that throws rejects alone', async () => {
    const batch = createTurnBatch((call: number) => {
      if (call === 2) throw new Error('two');
      return call;
    });
    const answers = await Promise.allSettled([batch(1), batch(2), batch(3)]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('calls made while a batch runs go into the next one', async () => {
    const batch = createTurnBatch((call: number) => call);
    const first = await batch(1).then((answer) => batch(answer + 1));
    expect(first).toBe(2);
    expect(await batch(3)).toBe(3);
  });
});
