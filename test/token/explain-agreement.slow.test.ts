import { expect, it } from 'vitest';
import { compareInBulk } from '../support/explain-in-bulk.ts';

it('explain and the token endpoint agree about 100,000 random pairs that reach every reason of the decision', async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  console.log(`100,000 pairs from seed ${seed}`);
  const report = await compareInBulk(seed, 100_000);
  expect(report.disagreements.slice(0, 3), `seed ${seed}`).toEqual([]);
  expect(report.missing, `seed ${seed}`).toEqual([]);
  expect(report.issued / report.pairs).toBeGreaterThan(0.2);
  expect(report.byClaims).toBeGreaterThan(25_000);
});
