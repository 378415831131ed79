import { startRounds } from '../core/rounds.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { TrailSeals } from '../keys/trail-seals.ts';
import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import { allTenants } from './all-tenants.ts';
import { sealCheckpoint } from './checkpoint.ts';

const dayMs = 86_400_000;

/** Rows dropped in one transaction: short enough that nobody waits behind it. */
const batch = 1000;

/** What retention uses. */
export interface Retention {
  readonly storage: Pick<Storage, 'tenants' | 'trail' | 'replayGuard' | 'revokedTokens'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly seals: Pick<TrailSeals, 'seal' | 'verify'>;
  readonly log: {
    info(details: object, message: string): void;
    error(details: object, message: string): void;
  };
  /** Told when a round failed; the next one tries again. */
  readonly reportFault: (error: unknown) => void;
}

/**
 * Drops activities older than each tenant keeps them (`activityRetentionDays`), and records of spent `jti`s and of revoked
 * tokens whose time is over (IR-12).
 */
export const dropExpired = async (
  { storage, clock, seals, log }: Omit<Retention, 'reportFault'>,
  isStopping: () => boolean = () => false,
): Promise<void> => {
  const now = clock.now();
  const inBatches = async (drop: () => Promise<number>): Promise<void> => {
    while (!isStopping() && (await drop()) === batch);
  };
  await inBatches(() => storage.replayGuard.forgetBefore(now, batch));
  await inBatches(() => storage.revokedTokens.forgetBefore(now, batch));
  const faults: unknown[] = [];
  for await (const { name, settings } of allTenants(storage.tenants)) {
    const horizon = now - settings.activityRetentionDays * dayMs;
    const drop = () => dropLines({ storage, seals, log }, name, horizon, now);
    // One tenant without a key to sign with does not keep the others from their turn.
    await inBatches(drop).catch((error: unknown) => void faults.push(error));
  }
  if (faults.length > 0) throw new AggregateError(faults, 'old activities could not be dropped');
};

/**
 * Drops the oldest lines of a trail and leaves a signed checkpoint in their place, so that what is left still verifies
 * (A115). It is signed before anything goes: without a key to sign with, everything stays.
 *
 * @returns how many are gone
 */
const dropLines = async (
  { storage, seals, log }: Pick<Retention, 'storage' | 'seals' | 'log'>,
  tenant: string,
  horizon: EpochMilliseconds,
  now: EpochMilliseconds,
): Promise<number> => {
  const lines = await storage.trail.droppable(tenant, horizon, batch);
  if (lines.count === 0) return 0;
  const state = await storage.trail.state(tenant);
  const { text, isProven } = await sealCheckpoint(seals, tenant, state, lines, new Date(now).toISOString());
  if (!(await storage.trail.drop(tenant, state.chains, lines, text))) return 0;
  if (!isProven)
    log.error({ tenant }, 'the checkpoint of the trail was not what it had to be; from now on it says so');
  log.info({ tenant, lines: lines.count }, 'old activities were dropped');
  return lines.count;
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
