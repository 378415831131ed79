import { describeRefusal, type RefusalResponse } from '../core/oauth/errors.ts';
import { startRounds } from '../core/rounds.ts';
import { defaultTenant } from '../core/tenants/tenant.ts';
import type { StrangerBudget } from './stranger-budget.ts';

/** Refusals of requests that nobody read, because there were too many of them (B26). */
export interface OverloadRefusals {
  /** Counts one and gives the answer to it; the same object as long as the receipt is the same. */
  refuse(): RefusalResponse;
  /** How many there were since the start. */
  count(): number;
}

/**
 * Nothing of such a request is known, not even its tenant: they are counted in the trail of the tenant default, in the
 * summary of the minute to which their receipt leads.
 */
export const createOverloadRefusals = (strangers: Pick<StrangerBudget, 'sumUp'>): OverloadRefusals => {
  let count = 0;
  let response: RefusalResponse | null = null;
  return {
    refuse: () => {
      count += 1;
      const receipt = strangers.sumUp(defaultTenant, 'overloaded');
      if (response?.body.receipt !== receipt)
        response = describeRefusal('overloaded', 'temporarily_unavailable', receipt);
      return response;
    },
    count: () => count,
  };
};

/** Where it is said that requests were refused. */
export interface OverloadLog {
  warn(facts: { readonly refused: number; readonly inFlight: number }, message: string): void;
}

/** Says once a second how many were refused in it; `stop` ends that. */
export const startReportingOverload = (
  refusals: Pick<OverloadRefusals, 'count'>,
  inFlight: () => number,
  log: OverloadLog,
  reportFault: (error: unknown) => void,
  intervalMs = 1000,
): { readonly stop: () => Promise<void> } => {
  let said = 0;
  const say = async (): Promise<void> => {
    const refused = refusals.count() - said;
    if (refused === 0) return;
    said += refused;
    log.warn({ refused, inFlight: inFlight() }, 'more was asked than can be done: requests were refused');
  };
  const rounds = startRounds(say, reportFault, intervalMs);
  return {
    stop: async () => {
      await rounds.stop();
      await say();
    },
  };
};
