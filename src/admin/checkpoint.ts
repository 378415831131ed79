import {
  type Checkpoint,
  droppedChains,
  findCheckpointFault,
  parseCheckpoint,
} from '../core/activity/checkpoint.ts';
import type { Chain } from '../core/activity/chain.ts';
import { sealTypes } from '../core/activity/seal.ts';
import type { TrailSeals } from '../keys/trail-seals.ts';
import type { DroppableLines, TrailState } from '../ports/trail-store.ts';

/** `chains` as they are without these lines. */
const withoutLines = (chains: readonly Chain[], { ends }: DroppableLines): readonly Chain[] =>
  chains.map((chain) => {
    const end = ends.find(({ writer }) => writer === chain.writer);
    return end === undefined ? chain : { ...chain, dropped: { number: end.number, hash: end.hash } };
  });

/** The checkpoint a trail has; `'unproven'` where it is not one of ours or not of just these lines, `null` where there is none. */
const readCheckpoint = async (
  seals: Pick<TrailSeals, 'verify'>,
  tenant: string,
  { checkpoint, chains }: Pick<TrailState, 'checkpoint' | 'chains'>,
): Promise<Checkpoint | 'unproven' | null> => {
  if (checkpoint === null) return chains.some(({ dropped }) => dropped.number > 0) ? 'unproven' : null;
  const claims = await seals.verify(tenant, sealTypes.checkpoint, checkpoint);
  const parsed = claims.ok ? parseCheckpoint(claims.value) : claims;
  if (!parsed.ok) return 'unproven';
  const fault = findCheckpointFault({ ...parsed.value, unprovenSince: null }, tenant, chains);
  return fault === null ? parsed.value : 'unproven';
};

/**
 * Signs what stands in place of everything dropped so far and of `lines`. A checkpoint before it that is not what it has to
 * be, or lines of which not every one is what was written, do not keep old activities from going; the new one says so for
 * ever.
 *
 * @param areProven whether each of `lines` is what was written there
 * @param time ISO 8601
 */
export const sealCheckpoint = async (
  seals: Pick<TrailSeals, 'seal' | 'verify'>,
  tenant: string,
  state: TrailState,
  lines: DroppableLines,
  areProven: boolean,
  time: string,
): Promise<{ readonly text: string; readonly isProven: boolean }> => {
  const before = await readCheckpoint(seals, tenant, state);
  const isProven = before !== 'unproven' && areProven;
  const unprovenBefore = before === 'unproven' ? null : (before?.unprovenSince ?? null);
  const unprovenSince = unprovenBefore ?? (isProven ? null : time);
  const checkpoint: Checkpoint = {
    tenant,
    time,
    lines: lines.count + (before === 'unproven' ? 0 : (before?.lines ?? 0)),
    chains: droppedChains(withoutLines(state.chains, lines)),
    unprovenSince,
  };
  return {
    text: await seals.seal(tenant, sealTypes.checkpoint, checkpoint),
    isProven,
  };
};

/** The checkpoint of a trail, signed anew where the key that signed it is not the active one any more; else `null`. */
export const renewCheckpoint = async (
  seals: TrailSeals,
  tenant: string,
  { checkpoint }: Pick<TrailState, 'checkpoint'>,
): Promise<string | null> => {
  if (checkpoint === null) return null;
  const claims = await seals.verify(tenant, sealTypes.checkpoint, checkpoint);
  // What is not ours is not made ours by signing it.
  if (!claims.ok || (await seals.isCurrent(tenant, sealTypes.checkpoint, checkpoint))) return null;
  const parsed = parseCheckpoint(claims.value);
  return parsed.ok ? seals.seal(tenant, sealTypes.checkpoint, parsed.value) : null;
};
