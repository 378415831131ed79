import { expect, it } from 'vitest';
import { createConcurrencyLimit } from '../../../src/adapters/outbound/limit-concurrency.ts';

it('JF-15 no more than so many at one time, first come first served, failures free their place', async () => {
  const inTurn = createConcurrencyLimit(3);
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const task = (n: number) => async (): Promise<number> => {
    begun.push(n);
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (n % 3 === 0) throw new Error('failed');
    return n;
  };
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  const outcomes = await Promise.allSettled(numbers.map((n) => inTurn(task(n))));
  expect(most).toBe(3);
  expect(begun).toEqual(numbers);
  expect(outcomes.map((outcome) => outcome.status === 'fulfilled')).toEqual(numbers.map((n) => n % 3 !== 0));
});
