import { startRounds } from '../core/rounds.ts';
import type { Tenant } from '../core/tenants/tenant.ts';
import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';

const dayMs = 86_400_000;

/** Rows dropped in one statement: short enough that nobody waits behind it. */
const batch = 1000;

/** What retention uses. */
export interface Retention {
  readonly storage: Pick<Storage, 'tenants' | 'activities' | 'replayGuard' | 'revokedTokens'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Told when a round failed; the next one tries again. */
  readonly reportFault: (error: unknown) => void;
}

/**
 * Drops activities older than each tenant keeps them (`activityRetentionDays`), and records of spent `jti`s and of revoked
 * tokens whose time is over (IR-12).
 */
export const dropExpired = async (
  { storage, clock }: Omit<Retention, 'reportFault'>,
  isStopping: () => boolean = () => false,
): Promise<void> => {
  const now = clock.now();
  const inBatches = async (drop: () => Promise<number>): Promise<void> => {
    while (!isStopping() && (await drop()) === batch);
  };
  await inBatches(() => storage.replayGuard.forgetBefore(now, batch));
  await inBatches(() => storage.revokedTokens.forgetBefore(now, batch));
  for await (const tenant of allTenants(storage)) {
    const horizon = now - tenant.settings.activityRetentionDays * dayMs;
    await inBatches(() => storage.activities.dropBefore(tenant.name, horizon, batch));
  }
};

/** {@link dropExpired} now and then once every `intervalMs`, one round at a time. */
export const startRetention = (
  retention: Retention,
  intervalMs = 3_600_000,
): { readonly stop: () => Promise<void> } => {
  let stopping = false;
  const rounds = startRounds(
    () => dropExpired(retention, () => stopping),
    retention.reportFault,
    intervalMs,
    { atOnce: true },
  );
  return {
    stop: async () => {
      stopping = true;
      await rounds.stop();
    },
  };
};

async function* allTenants({ tenants }: Pick<Storage, 'tenants'>): AsyncGenerator<Tenant> {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof tenants.list>> = await tenants.list({ limit: 200, cursor });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}
