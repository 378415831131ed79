import { onlyWorker } from '../../src/workers/worker-place.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EvidenceBudget } from '../../src/token/evidence-budget.ts';
import { createEvidenceBudget, fullStories } from '../../src/token/evidence-budget.ts';
import { startSharingMinutes } from '../../src/workers/shared-minutes.ts';
import { createFixedClock, type FixedClock } from '../support/fixed-clock.ts';

const { perNetwork, perTenant } = fullStories;

describe('createEvidenceBudget (A36, contract §3: nobody fills the disk from outside)', () => {
  let clock: FixedClock;
  let budget: EvidenceBudget;
  beforeEach(() => {
    clock = createFixedClock();
    budget = createEvidenceBudget(startSharingMinutes(onlyWorker.siblings, clock).open);
  });
  const admitted = (times: number, addressOf: (index: number) => string, tenant = 'default') =>
    Array.from({ length: times }, (_, index) => budget.admit(tenant, addressOf(index))).filter(Boolean)
      .length;

  it('a network has its budget, and the next minute the same again', () => {
    expect(admitted(perNetwork + 5, () => '192.0.2.1')).toBe(perNetwork);
    clock.advance(60_000);
    expect(admitted(perNetwork + 5, () => '192.0.2.1')).toBe(perNetwork);
  });

  it('who is beyond the budget of a network uses up nothing of the others in the tenant', () => {
    admitted(10 * perTenant, () => '192.0.2.1');
    expect(admitted(perNetwork, () => '192.0.2.2')).toBe(perNetwork);
  });

  it('all addresses of an IPv6 network are one', () => {
    expect(admitted(2 * perNetwork, (index) => `2001:db8:0:1::${index.toString(16)}`)).toBe(perNetwork);
  });

  it('a tenant has its budget, whoever sends, and leaves that of another alone', () => {
    expect(admitted(2 * perTenant, (index) => `192.0.2.${index % 200}`)).toBe(perTenant);
    expect(admitted(10, () => '192.0.2.1', 'acme')).toBe(10);
  });
});
