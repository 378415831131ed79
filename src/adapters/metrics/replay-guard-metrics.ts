import type { ReplayGuard } from '../../ports/replay-guard.ts';
import { Counter, type Registry } from './client.ts';

/** A replay guard whose uses are counted. */
export type CountUses = <Guard extends Pick<ReplayGuard, 'consume'>>(guard: Guard) => Guard;

/** Counts what becomes of single uses: the first time, again, or not known because the store failed. */
export const createReplayGuardMetrics = (registry: Registry): CountUses => {
  const uses = new Counter({
    name: 'bureau_replay_guard_uses_total',
    help: 'Single uses by result: first, again (refused), or failed (the store did not keep it).',
    labelNames: ['result'] as const,
    registers: [registry],
  });
  for (const result of ['first', 'again', 'failed']) uses.inc({ result }, 0);
  return (guard) => ({
    ...guard,
    consume: async (...use) => {
      try {
        const isFirst = await guard.consume(...use);
        uses.inc({ result: isFirst ? 'first' : 'again' });
        return isFirst;
      } catch (error) {
        uses.inc({ result: 'failed' });
        throw error;
      }
    },
  });
};
