import type { ActivityLog } from '../ports/activity-log.ts';
import type { StrangerBudget } from './stranger-budget.ts';

/** Writes down the summaries of strangers' refusals as their minutes end; `stop` writes what is left. */
export const startSummingUpStrangers = (
  budget: Pick<StrangerBudget, 'due'>,
  activityLog: ActivityLog,
  reportFault: (error: unknown) => void,
  intervalMs = 1000,
): { readonly stop: () => Promise<void> } => {
  const write = async (all: boolean): Promise<void> => {
    await Promise.all(budget.due(all).map((summary) => activityLog.record(summary).catch(reportFault)));
  };
  const timer = setInterval(() => void write(false), intervalMs);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await write(true);
    },
  };
};
