import { beforeEach, describe, expect, it } from 'vitest';
import { createStrangerBudget, type StrangerBudget } from '../../src/token/stranger-budget.ts';
import { createFixedClock, type FixedClock } from '../support/fixed-clock.ts';

describe('createStrangerBudget (contract §3: nobody fills the disk from outside)', () => {
  let clock: FixedClock;
  let budget: StrangerBudget;
  beforeEach(() => {
    clock = createFixedClock();
    let ids = 0;
    budget = createStrangerBudget(3, clock, () => `id-${++ids}`);
  });
  const admit = (times: number, tenant = 'default') =>
    Array.from({ length: times }, () => budget.admit(tenant, 'issuer_unknown')).at(-1);

  it('keeps as many alone as the budget allows, then gives all the rest one receipt', () => {
    expect(admit(3)).toEqual({ kept: 'alone' });
    expect(admit(1)).toEqual({ kept: 'summed-up', receipt: 'id-1' });
    expect(admit(1000)).toEqual({ kept: 'summed-up', receipt: 'id-1' });
  });

  it('the summary counts by reason and is due when the minute is over, until it is written', () => {
    admit(5);
    budget.admit('default', 'token_malformed');
    expect(budget.due()).toEqual([]);
    clock.advance(60_000);
    expect(budget.due()).toEqual([
      expect.objectContaining({
        id: 'id-1',
        tenant: 'default',
        type: 'token.summary',
        outcome: 'refused',
        details: expect.objectContaining({ total: 3, 'count.issuer_unknown': 2, 'count.token_malformed': 1 }),
      }),
    ]);
    expect(budget.due()).toHaveLength(1);
    expect(budget.pending('default', 'id-1')).toMatchObject({ id: 'id-1' });
    budget.written('id-1');
    expect(budget.due()).toEqual([]);
    expect(budget.pending('default', 'id-1')).toBeNull();
  });

  it('a new minute is a new budget and another receipt; the old summary is not forgotten', () => {
    admit(4);
    clock.advance(60_000);
    expect(admit(1)).toEqual({ kept: 'alone' });
    expect(admit(3)).toEqual({ kept: 'summed-up', receipt: 'id-2' });
    expect(budget.due().map(({ id }) => id)).toEqual(['id-1']);
    expect(budget.due(true).map(({ id }) => id)).toEqual(['id-1', 'id-2']);
  });

  it('a tenant under flood leaves the budget of another alone', () => {
    admit(100, 'acme');
    expect(admit(3)).toEqual({ kept: 'alone' });
  });

  it('a minute within the budget has no summary', () => {
    admit(3);
    clock.advance(60_000);
    expect(budget.due(true)).toEqual([]);
  });

  it('a receipt can be looked up before its minute is over, in its own tenant only', () => {
    admit(5);
    expect(budget.pending('default', 'id-1')).toMatchObject({ id: 'id-1', details: { total: 2 } });
    expect(budget.pending('acme', 'id-1')).toBeNull();
    expect(budget.pending('default', 'id-2')).toBeNull();
  });
});
