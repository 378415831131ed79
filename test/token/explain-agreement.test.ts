import { expect, it } from 'vitest';
import { compareInBulk } from '../support/explain-in-bulk.ts';

it('explain and the token endpoint agree about 1,500 random pairs, with the token and with its claims alone', async () => {
  const seed = 20_260_715;
  const report = await compareInBulk(seed, 1500);
  expect(report.disagreements.slice(0, 3), `seed ${seed}`).toEqual([]);
  expect(report.issued / report.pairs).toBeGreaterThan(0.2);
  expect(report.byClaims).toBeGreaterThan(400);
});
