import type { Clock } from '../ports/clock.ts';
import type { RevisionStore } from '../ports/stores.ts';

/** What to do when another node changed a tenant, or when that can no longer be known. */
export interface RevisionFollower {
  forget(tenant: string): void;
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
  revisions: Pick<RevisionStore, 'all'>,
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

  const look = async (): Promise<void> => {
    try {
      const now = await revisions.all();
      // What was read while blind, and what changed meanwhile, is not told apart: read all of it again.
      if (known === null) {
        follower.forgetAll();
        follower.readAgain();
      } else
        for (const [tenant, revision] of now) if (known.get(tenant) !== revision) follower.forget(tenant);
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
