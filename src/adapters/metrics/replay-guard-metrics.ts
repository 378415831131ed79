import type { ActivityLog } from '../../ports/activity-log.ts';
import type { ReplayGuard } from '../../ports/replay-guard.ts';
import { Counter, type Registry } from './client.ts';

/** Counts what becomes of single uses, wherever they are noted. */
export interface UseCounts {
  /** A replay guard whose uses are counted. */
  readonly ofGuard: <Guard extends Pick<ReplayGuard, 'consume'>>(guard: Guard) => Guard;
  /** A log whose uses are counted. */
  readonly ofLog: (log: ActivityLog) => ActivityLog;
}

/** Counts single uses: the first time, again, or not known because the store failed. */
export const createReplayGuardMetrics = (registry: Registry): UseCounts => {
  const uses = new Counter({
    name: 'bureau_replay_guard_uses_total',
    help: 'Single uses by result: first, again (refused), or failed (the store did not keep it).',
    labelNames: ['result'] as const,
    registers: [registry],
  });
  for (const result of ['first', 'again', 'failed']) uses.inc({ result }, 0);
  const orFailed = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      uses.inc({ result: 'failed' });
      throw error;
    }
  };
  return {
    ofGuard: (guard) => ({
      ...guard,
      consume: async (...use) => {
        const isFirst = await orFailed(guard.consume(...use));
        uses.inc({ result: isFirst ? 'first' : 'again' });
        return isFirst;
      },
    }),
    ofLog: (log) => {
      const recordCounted: ActivityLog['recordOnce'] = async (activity, ofIt) => {
        const spent = await orFailed(log.recordOnce(activity, ofIt));
        if (spent === null) uses.inc({ result: 'first' }, ofIt.length);
        else uses.inc({ result: 'again' });
        return spent;
      };
      return {
        ...log,
        // Most activities use nothing up.
        recordOnce: (activity, ofIt) =>
          ofIt.length === 0 ? log.recordOnce(activity, ofIt) : recordCounted(activity, ofIt),
      };
    },
  };
};
