import { setImmediate } from 'node:timers/promises';
import type { ChainHead } from '../core/activity/chain.ts';
import { createTrailCheck } from '../core/activity/check-trail.ts';
import { countDue } from '../core/activity/count-due.ts';
import { startRounds } from '../core/rounds.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { TrailSeals } from '../keys/trail-seals.ts';
import type { Clock } from '../ports/clock.ts';
import type { Storage } from '../ports/storage.ts';
import type { DroppableLines, StoredLine, TrailState } from '../ports/trail-store.ts';
import { allTenants } from './all-tenants.ts';
import { sealCheckpoint } from './checkpoint.ts';
import { hashText } from './hash-text.ts';
import { placedLine } from './verify-trail.ts';

const dayMs = 86_400_000;

/** Rows dropped in one transaction: short enough that nobody waits behind it. */
const batch = 1000;

/** Lines hashed before others get their turn. */
const slice = 100;

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
    try {
      while (!isStopping() && (await drop()) > 0);
    } catch (error) {
      // One tenant without a key to sign with does not keep the others from their turn.
      faults.push(error);
    }
  }
  if (faults.length > 0) throw new AggregateError(faults, 'old activities could not be dropped');
};

/**
 * Drops the oldest lines of a trail and leaves a signed checkpoint in their place, so that what is left still verifies
 * (A115). It is signed before anything goes: without a key to sign with, everything stays.
 *
 * The age of a line is the one that is hashed. A line that is not what was written there has none: it stays until the lines
 * behind it are due, and then the checkpoint says that what is gone is not proven.
 *
 * @returns how many are gone
 */
const dropLines = async (
  { storage, seals, log }: Pick<Retention, 'storage' | 'seals' | 'log'>,
  tenant: string,
  horizon: EpochMilliseconds,
  now: EpochMilliseconds,
): Promise<number> => {
  const { trail } = storage;
  if (!(await trail.hasOlder(tenant, horizon))) return 0;
  const state = await trail.state(tenant);
  const lines = await trail.oldest(tenant, batch);
  const judged = await judge(tenant, state, lines, now);
  const last = lines.at(-1);
  const isOpen = last !== undefined && lines.length === batch && judged.at(-1)?.time === null;
  const behind = isOpen ? await trail.firstBehind(tenant, last.seq, now) : null;
  const times = judged.map(({ time }) => time);
  const count = countDue(times, horizon, behind === null ? null : timeOf(tenant, state, behind, now));
  const firstKept = judged[count];
  if (firstKept?.isItself === false)
    log.error({ tenant, activity: firstKept.id }, 'an activity is not what was written there; it is kept');
  if (count === 0) return 0;
  const due = describeDue(state, lines.slice(0, count));
  const areProven = judged[count - 1]?.faults === 0;
  const time = new Date(now).toISOString();
  const { text, isProven } = await sealCheckpoint(seals, tenant, state, due, areProven, time);
  if (!(await trail.drop(tenant, state, due, text))) return 0;
  if (!isProven)
    log.error({ tenant }, 'what was dropped of the trail was not what it had to be; from now on it says so');
  log.info({ tenant, lines: count }, 'old activities were dropped');
  return count;
};

interface JudgedLine {
  readonly id: string;
  readonly isItself: boolean;
  /** `null` where it cannot be believed: nobody knows, or it is in the future. */
  readonly time: EpochMilliseconds | null;
  /** What is wrong with the trail up to here. */
  readonly faults: number;
}

const judge = async (
  tenant: string,
  state: TrailState,
  lines: readonly StoredLine[],
  now: EpochMilliseconds,
): Promise<readonly JudgedLine[]> => {
  const check = createTrailCheck({ tenant, ...state, hash: hashText });
  const judged: JudgedLine[] = [];
  for (const [index, line] of lines.entries()) {
    if (index % slice === slice - 1) await setImmediate();
    const isItself = check.take(placedLine(tenant, line), line.seq);
    const time = line.activity?.time ?? null;
    const isKnown = isItself && time !== null && time <= now;
    judged.push({ id: line.id, isItself, time: isKnown ? time : null, faults: check.found() });
  }
  return judged;
};

/** The time of a line looked at for itself. */
const timeOf = (
  tenant: string,
  { chains, oldLines }: TrailState,
  line: StoredLine,
  now: EpochMilliseconds,
): EpochMilliseconds | null => {
  const check = createTrailCheck({ tenant, chains, oldLines, hash: hashText, filtered: true });
  const time = line.activity?.time ?? null;
  return check.take(placedLine(tenant, line), line.seq) && time !== null && time <= now ? time : null;
};

const describeDue = ({ chains, oldLines }: TrailState, lines: readonly StoredLine[]): DroppableLines => {
  const ends = new Map<string, ChainHead>();
  for (const { link } of lines) {
    const chain = link === null ? undefined : chains.find(({ writer }) => writer === link.writer);
    if (link === null || chain === undefined || link.number > chain.head.number) continue;
    const { writer, number, hash } = link;
    if (number > (ends.get(writer)?.number ?? chain.dropped.number))
      ends.set(writer, { writer, number, hash });
  }
  const unlinked = lines.filter(({ link }) => link === null).length;
  return {
    last: lines.at(-1)?.seq ?? 0,
    count: lines.length,
    ends: [...ends.values()],
    oldLines: Math.min(unlinked, oldLines.count),
  };
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
