import { type Activity, blankActivity } from '../core/activity/activity.ts';
import type { RefusalReason } from '../core/oauth/reasons.ts';
import type { Clock } from '../ports/clock.ts';
import type { NewId } from '../ports/identifiers.ts';
import type { CountInMinute } from '../ports/minute-counts.ts';

const windowMs = 60_000;

/** How the refusal of a stranger is kept. */
export type Admission = { readonly kept: 'alone' } | { readonly kept: 'summed-up'; readonly receipt: string };

interface Window {
  readonly startedAt: number;
  alone: number;
  summary: { readonly id: string; readonly from: number; readonly counts: Map<RefusalReason, number> } | null;
}

/** Keeps strangers from filling the disk: so many activities a minute for a tenant, then one that sums up the rest. */
export interface StrangerBudget {
  /** Counts one refusal that named no registered issuer or account. */
  admit(tenant: string, reason: RefusalReason): Admission;
  /** Counts one that is never kept alone, and gives the receipt of the summary it is in. */
  sumUp(tenant: string, reason: RefusalReason): string;
  /** A summary whose minute is not over yet, for whoever looks up its receipt now. */
  pending(tenant: string, receipt: string): Activity | null;
  /** The summaries of windows that are over, until they are {@link written}; of all windows when `all`. */
  due(all?: boolean): readonly Activity[];
  /** The summary is durable and need not be kept here any longer. */
  written(receipt: string): void;
}

/**
 * @param perMinute activities a minute and tenant (contract §3: 600)
 * @param countOfNode counts over all workers of this node, where there are others
 */
export const createStrangerBudget = (
  perMinute: number,
  clock: Clock,
  newId: NewId,
  countOfNode?: CountInMinute,
): StrangerBudget => {
  const windows = new Map<string, Window>();
  const finished = new Map<string, Activity>();

  const close = (tenant: string, window: Window): void => {
    windows.delete(tenant);
    const activity = summaryOf(tenant, window, clock.now());
    if (activity !== null) finished.set(activity.id, activity);
  };

  const isOver = (window: Window): boolean => clock.monotonic() - window.startedAt >= windowMs;

  const currentWindow = (tenant: string): Window => {
    let window = windows.get(tenant);
    if (window !== undefined && isOver(window)) {
      close(tenant, window);
      window = undefined;
    }
    if (window === undefined) {
      window = { startedAt: clock.monotonic(), alone: 0, summary: null };
      windows.set(tenant, window);
    }
    return window;
  };

  const sumUp = (window: Window, reason: RefusalReason): string => {
    window.summary ??= { id: newId(), from: clock.now(), counts: new Map() };
    window.summary.counts.set(reason, (window.summary.counts.get(reason) ?? 0) + 1);
    return window.summary.id;
  };

  return {
    admit: (tenant, reason) => {
      const window = currentWindow(tenant);
      const count = countOfNode?.(tenant).count ?? window.alone + 1;
      if (count > perMinute) return { kept: 'summed-up', receipt: sumUp(window, reason) };
      window.alone += 1;
      return { kept: 'alone' };
    },
    sumUp: (tenant, reason) => sumUp(currentWindow(tenant), reason),
    pending: (tenant, receipt) => {
      const window = windows.get(tenant);
      if (window?.summary?.id === receipt) return summaryOf(tenant, window, clock.now());
      const over = finished.get(receipt);
      return over?.tenant === tenant ? over : null;
    },
    due: (all = false) => {
      for (const [tenant, window] of windows) if (all || isOver(window)) close(tenant, window);
      return [...finished.values()];
    },
    written: (receipt) => void finished.delete(receipt),
  };
};

const summaryOf = (tenant: string, { summary }: Window, now: number): Activity | null => {
  if (summary === null) return null;
  const counts = Object.fromEntries([...summary.counts].map(([reason, count]) => [`count.${reason}`, count]));
  const total = [...summary.counts.values()].reduce((sum, count) => sum + count, 0);
  return {
    ...blankActivity,
    tenant,
    id: summary.id,
    time: summary.from,
    type: 'token.summary',
    outcome: 'refused',
    reason: 'strangers_summed_up',
    details: { fromMs: summary.from, toMs: now, total, ...counts },
  };
};
