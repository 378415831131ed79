import { startRounds } from '../core/rounds.ts';
import type { ActivityLog } from '../ports/activity-log.ts';
import type { StrangerBudget } from './stranger-budget.ts';

/** Writes down the summaries of strangers' refusals as their minutes end; `stop` writes what is left. */
export const startSummingUpStrangers = (
  budget: Pick<StrangerBudget, 'due' | 'written'>,
  activityLog: ActivityLog,
  reportFault: (error: unknown) => void,
  intervalMs = 1000,
): { readonly stop: () => Promise<void> } => {
  const write = async (all: boolean): Promise<void> => {
    for (const summary of budget.due(all)) {
      await activityLog.record(summary);
      budget.written(summary.id);
    }
  };
  // What could not be written is due again; one round at a time, so that nothing is written twice.
  const rounds = startRounds(() => write(false), reportFault, intervalMs);
  return {
    stop: async () => {
      await rounds.stop();
      await write(true).catch(reportFault);
    },
  };
};
