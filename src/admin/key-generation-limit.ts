import type { Clock } from '../ports/clock.ts';
import type { CountInMinute, OpenMinuteCounter } from '../ports/minute-counts.ts';

/** How many key pairs a minute are made for one tenant, for they cost more than anything else here (A63). */
export interface KeyGenerationLimit {
  /** Takes one; `null` when it is free, else the seconds until there are more. */
  take(tenant: string): number | null;
}

const windowMs = 60_000;

/**
 * Counts in fixed windows of a minute. What is counted is forgotten with the window, so this stays small.
 *
 * @param openCounter counts over all workers of this node instead, where there are others
 */
export const createKeyGenerationLimit = (
  perMinute: number | 'off',
  clock: Pick<Clock, 'now'>,
  openCounter?: OpenMinuteCounter,
): KeyGenerationLimit => {
  if (openCounter !== undefined && perMinute !== 'off')
    return takeFrom(openCounter('key-generation', perMinute), perMinute);
  let window = 0;
  let taken = new Map<string, number>();
  return {
    take: (tenant) => {
      if (perMinute === 'off') return null;
      const now = clock.now();
      const current = Math.floor(now / windowMs);
      if (current !== window) {
        window = current;
        taken = new Map();
      }
      const before = taken.get(tenant) ?? 0;
      if (before >= perMinute) return Math.max(1, Math.ceil(((current + 1) * windowMs - now) / 1000));
      taken.set(tenant, before + 1);
      return null;
    },
  };
};

const takeFrom = (countOne: CountInMinute, perMinute: number): KeyGenerationLimit => ({
  take: (tenant) => {
    const { count, leftMs } = countOne(tenant);
    return count > perMinute ? Math.max(1, Math.ceil(leftMs / 1000)) : null;
  },
});
