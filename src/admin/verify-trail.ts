import { setTimeout } from 'node:timers/promises';
import { type NumberedHead, toTrailLine } from '../core/activity/chain.ts';
import { findCheckpointFault, parseCheckpoint } from '../core/activity/checkpoint.ts';
import {
  createTrailCheck,
  type FaultList,
  type PlacedLine,
  type TrailCheck,
} from '../core/activity/check-trail.ts';
import { sealTypes } from '../core/activity/seal.ts';
import type { TrailSeals } from '../keys/trail-seals.ts';
import type { StoredLine, TrailState, TrailStore } from '../ports/trail-store.ts';
import { hashText } from './hash-text.ts';

/** Lines looked at in one go, some milliseconds, and for how long others then have their turn: about as much again. */
const pageLines = 100;
const pauseMs = 5;

/** Before the first line, and before all that somebody may have put in front of it. */
export const beforeAll = Number.MIN_SAFE_INTEGER;

/** A trail that is shortened while it is read is read again; this often is enough, for that takes seconds in an hour. */
const maxTries = 3;

/** What the check of a whole trail found. */
export interface TrailReport extends FaultList {
  readonly ok: boolean;
  /** Lines that were looked at. */
  readonly checked: number;
  /** Of these, how many are from before there were chains. */
  readonly unlinked: number;
  /** The last line of each chain; whoever keeps them elsewhere can tell later whether the trail was cut. */
  readonly heads: readonly NumberedHead[];
  /** Compact JWS in place of what was dropped. */
  readonly checkpoint: string | null;
}

/** What checking uses. */
export interface TrailVerification {
  readonly storage: { readonly trail: Pick<TrailStore, 'state' | 'read'> };
  readonly seals: Pick<TrailSeals, 'verify'>;
}

/** The heads of chains, as they are told. */
export const headsOf = ({ chains }: Pick<TrailState, 'chains'>): readonly NumberedHead[] =>
  chains.map(({ writer, ordinal, head }) => ({ writer, ordinal, ...head }));

/** A stored line as it was hashed; of one that cannot be read its place is known, or nothing at all. */
export const placedLine = (tenant: string, { id, activity, link }: StoredLine): PlacedLine | null => {
  if (activity !== null) return { members: { ...toTrailLine(activity, link) }, link };
  return link === null ? null : { members: { tenant, id, unreadable: true, chain: link }, link };
};

/** Whether a line was there when the state was read: on a cluster one of another writer may appear behind its back. */
export const isWithin = (chains: ReadonlyMap<string, number>, { link }: StoredLine): boolean =>
  link === null || link.number <= (chains.get(link.writer) ?? Number.POSITIVE_INFINITY);

/** The number of the last line of each chain, by writer. */
export const lastNumbers = ({ chains }: Pick<TrailState, 'chains'>): ReadonlyMap<string, number> =>
  new Map(chains.map(({ writer, head }) => [writer, head.number]));

/**
 * Reads the whole trail of a tenant and proves that nothing was changed, moved or cut, from the checkpoint to the heads.
 * Memory stays flat, whatever the length. What an owner of the database could do all the same is to write the whole end of
 * the trail anew, heads included: heads that were kept elsewhere tell.
 */
export const createTrailVerifier = (deps: TrailVerification): ((tenant: string) => Promise<TrailReport>) => {
  const underWay = new Map<string, Promise<TrailReport>>();
  const run = async (tenant: string): Promise<TrailReport> => {
    for (let tries = 1; ; tries += 1) {
      const { report, wasShortened } = await readTrail(deps, tenant);
      if (report.ok || !wasShortened || tries === maxTries) return report;
    }
  };
  return (tenant) => {
    // Whoever asks while a check is under way gets its answer: a trail takes a core and the disk for a while.
    const known = underWay.get(tenant);
    if (known !== undefined) return known;
    const started = run(tenant).finally(() => void underWay.delete(tenant));
    underWay.set(tenant, started);
    return started;
  };
};

const readTrail = async (
  deps: TrailVerification,
  tenant: string,
): Promise<{ readonly report: TrailReport; readonly wasShortened: boolean }> => {
  const { trail } = deps.storage;
  const state = await trail.state(tenant);
  const check = createTrailCheck({ tenant, ...state, hash: hashText });
  await checkCheckpoint(deps, tenant, state, check);

  const numbers = lastNumbers(state);
  const behind = new Map<string, number>();
  let next: number | null = beforeAll;
  while (next !== null) {
    const page: Awaited<ReturnType<TrailStore['read']>> = await trail.read(
      tenant,
      { after: next, last: state.last },
      {},
      pageLines,
    );
    for (const line of page.lines)
      if (isWithin(numbers, line)) check.take(placedLine(tenant, line), line.seq);
      else if (line.link !== null)
        behind.set(line.link.writer, Math.max(line.link.number, behind.get(line.link.writer) ?? 0));
    next = page.next;
    if (next !== null) await setTimeout(pauseMs);
  }

  const now = await trail.state(tenant);
  const numbersNow = lastNumbers(now);
  for (const [writer, number] of behind)
    if (number > (numbersNow.get(writer) ?? 0))
      check.note({
        kind: 'foreign',
        writer,
        number,
        id: null,
        sentence: `Line ${number} of chain ${writer} stands behind the end of its chain.`,
      });
  const { faults, count, checked, unlinked } = check.end();
  const report: TrailReport = {
    ok: count === 0,
    checked,
    unlinked,
    heads: headsOf(state),
    faults,
    count,
    checkpoint: state.checkpoint,
  };
  return {
    report,
    wasShortened: state.checkpoint !== now.checkpoint || droppedSum(state) !== droppedSum(now),
  };
};

const droppedSum = ({ chains }: TrailState): number =>
  chains.reduce((sum, { dropped }) => sum + dropped.number, 0);

const checkCheckpoint = async (
  { seals }: TrailVerification,
  tenant: string,
  { checkpoint, chains }: TrailState,
  check: TrailCheck,
): Promise<void> => {
  const fault = await findFault(seals, tenant, { checkpoint, chains });
  if (fault !== null)
    check.note({ kind: 'checkpoint', writer: null, number: null, id: null, sentence: fault });
};

const findFault = async (
  seals: Pick<TrailSeals, 'verify'>,
  tenant: string,
  { checkpoint, chains }: Pick<TrailState, 'checkpoint' | 'chains'>,
): Promise<string | null> => {
  if (checkpoint === null)
    return chains.some(({ dropped }) => dropped.number > 0)
      ? 'Lines were dropped and no checkpoint stands in their place.'
      : null;
  const claims = await seals.verify(tenant, sealTypes.checkpoint, checkpoint);
  const parsed = claims.ok ? parseCheckpoint(claims.value) : claims;
  return parsed.ok
    ? findCheckpointFault(parsed.value, tenant, chains)
    : `The checkpoint is not good: ${parsed.error}.`;
};
