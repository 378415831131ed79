import { type JsonObject, member } from '../json.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Chain } from './chain.ts';

/** A chain in a checkpoint: the last line of it that was dropped. */
export interface DroppedChain {
  readonly writer: string;
  readonly ordinal: number;
  readonly number: number;
  readonly hash: string;
}

/** What is signed in place of the lines that retention dropped. */
export interface Checkpoint {
  readonly tenant: string;
  /** ISO 8601. */
  readonly time: string;
  /** How many lines were dropped since the beginning, those from before there were chains too. */
  readonly lines: number;
  /** Every chain of which a line was dropped. */
  readonly chains: readonly DroppedChain[];
  /** Since when nobody can say whether it is right, because the one before it, or a line that was dropped, was not what it had to be; else `null`. */
  readonly unprovenSince: string | null;
}

/** What a checkpoint has to say of chains that were shortened as far as these. */
export const droppedChains = (chains: readonly Chain[]): readonly DroppedChain[] =>
  chains
    .filter(({ dropped }) => dropped.number > 0)
    .map(({ writer, ordinal, dropped }) => ({ writer, ordinal, ...dropped }))
    .toSorted((a, b) => a.ordinal - b.ordinal);

/** Whether two lists of chains are the same, in the order of their ordinals. */
export const sameChains = (a: readonly DroppedChain[], b: readonly DroppedChain[]): boolean =>
  a.length === b.length &&
  a.every((one, index) => {
    const other = b[index];
    return (
      one.writer === other?.writer &&
      one.ordinal === other.ordinal &&
      one.number === other.number &&
      one.hash === other.hash
    );
  });

const parseChain = (value: unknown): DroppedChain | null => {
  const { writer, ordinal, number, hash } = (value ?? {}) as Partial<DroppedChain>;
  return typeof writer === 'string' &&
    typeof ordinal === 'number' &&
    typeof number === 'number' &&
    typeof hash === 'string'
    ? { writer, ordinal, number, hash }
    : null;
};

/** Reads a checkpoint from claims whose signature is good. */
export const parseCheckpoint = (claims: JsonObject): Result<Checkpoint, string> => {
  const [tenant, time, lines, chains, unproven] = ['tenant', 'time', 'lines', 'chains', 'unprovenSince'].map(
    (name) => member(claims, name),
  );
  const parsed = Array.isArray(chains) ? chains.map(parseChain) : [null];
  const known = parsed.filter((chain) => chain !== null);
  return typeof tenant === 'string' &&
    typeof time === 'string' &&
    typeof lines === 'number' &&
    known.length === parsed.length &&
    (unproven === null || typeof unproven === 'string')
    ? ok({ tenant, time, lines, chains: known, unprovenSince: unproven })
    : fail('it does not say what a checkpoint says');
};

/** What is wrong with the checkpoint of chains that were shortened; `null` where it stands for just what was dropped. */
export const findCheckpointFault = (
  checkpoint: Checkpoint,
  tenant: string,
  chains: readonly Chain[],
): string | null => {
  if (checkpoint.tenant !== tenant) return 'The checkpoint is one of another tenant.';
  if (!sameChains(checkpoint.chains, droppedChains(chains)))
    return 'The checkpoint stands for other lines than those that are gone.';
  return checkpoint.unprovenSince === null
    ? null
    : `What was dropped before ${checkpoint.unprovenSince} is not proven: the checkpoint of then, or what it stands for, was not what it had to be.`;
};
