import type { Touched } from '../core/trust/touched.ts';
import type { Clock } from '../ports/clock.ts';
import type { RevisionStore } from '../ports/stores.ts';

/** What to do when another node changed a tenant, or when that can no longer be known. */
export interface RevisionFollower {
  /** @param touched what was changed, where it was no more than this */
  forget(tenant: string, touched?: Touched): void;
  forgetAll(): void;
  /** The store is in sight, for the first time or again: what is kept through an outage may be old. */
  readAgain(): void;
  /** Told once when the store is out of sight. */
  reportFault(error: unknown): void;
}

/**
 * Watches the revision of every tenant so that a change made on any node is obeyed here within seconds (contract §7: 5 s).
 * When the store does not answer for `blindAfterMs`, everything is forgotten: better to ask and fail than to obey old orders.
 */
export const startFollowingRevisions = (
  revisions: Pick<RevisionStore, 'all' | 'touchedBetween'>,
  follower: RevisionFollower,
  clock: Pick<Clock, 'monotonic'>,
  {
    intervalMs = 1000,
    blindAfterMs = 3000,
  }: { readonly intervalMs?: number; readonly blindAfterMs?: number } = {},
): { readonly stop: () => Promise<void> } => {
  /** What was seen last; `null` before the first look, and while nothing is seen. */
  let known: ReadonlyMap<string, number> | null = null;
  let lastSeen = clock.monotonic();
  let fault: unknown = new Error('the store does not answer');
  let looking: Promise<void> | null = null;

  /** `null` where it is not known of every revision in between; then everything was touched. */
  const touchedSince = async (tenant: string, before: number | undefined, revision: number) =>
    before === undefined || before > revision
      ? null
      : await revisions.touchedBetween(tenant, before, revision);

  const look = async (): Promise<void> => {
    try {
      const now = await revisions.all();
      const before = known ?? now;
      const grown = [...now].filter(([tenant, revision]) => before.get(tenant) !== revision);
      const changes = await Promise.all(
        grown.map(async ([tenant, revision]) => ({
          tenant,
          touched: await touchedSince(tenant, before.get(tenant), revision),
        })),
      );
      // What was read while blind, and what changed meanwhile, is not told apart: read all of it again.
      if (known === null) {
        follower.forgetAll();
        follower.readAgain();
      } else
        for (const { tenant, touched } of changes)
          if (touched === null) follower.forget(tenant);
          else for (const each of touched) follower.forget(tenant, each);
      known = now;
      lastSeen = clock.monotonic();
    } catch (error) {
      fault = error;
    }
  };

  const goBlind = (): void => {
    if (known !== null) follower.reportFault(fault);
    known = null;
    follower.forgetAll();
  };

  const timer = setInterval(() => {
    if (clock.monotonic() - lastSeen >= blindAfterMs) goBlind();
    looking ??= look().finally(() => {
      looking = null;
    });
  }, intervalMs);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await looking;
    },
  };
};
