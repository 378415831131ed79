import type { Clock } from '../ports/clock.ts';
import type { RevisionStore } from '../ports/stores.ts';

/** What to do when another node changed a tenant, or when that can no longer be known. */
export interface RevisionFollower {
  forget(tenant: string): void;
  forgetAll(): void;
}

/**
 * Watches the revision of every tenant so that a change made on any node is obeyed here within seconds (contract §7: 5 s).
 * When the store does not answer for `blindAfterMs`, everything is forgotten: better to ask and fail than to obey old orders.
 */
export const startFollowingRevisions = (
  revisions: Pick<RevisionStore, 'all'>,
  follower: RevisionFollower,
  clock: Clock,
  {
    intervalMs = 1000,
    blindAfterMs = 3000,
  }: { readonly intervalMs?: number; readonly blindAfterMs?: number } = {},
): { readonly stop: () => Promise<void> } => {
  let known: ReadonlyMap<string, number> | null = null;
  let lastSeen = clock.monotonic();
  let running: Promise<void> = Promise.resolve();

  const look = async (): Promise<void> => {
    try {
      const now = await revisions.all();
      if (known === null) follower.forgetAll();
      else for (const [tenant, revision] of now) if (known.get(tenant) !== revision) follower.forget(tenant);
      known = now;
      lastSeen = clock.monotonic();
    } catch {
      if (clock.monotonic() - lastSeen >= blindAfterMs) {
        known = null;
        follower.forgetAll();
      }
    }
  };

  let busy = false;
  const timer = setInterval(() => {
    if (busy) {
      if (clock.monotonic() - lastSeen >= blindAfterMs) follower.forgetAll();
      return;
    }
    busy = true;
    running = look().finally(() => {
      busy = false;
    });
  }, intervalMs);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
};
