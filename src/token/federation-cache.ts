import { LRUCache } from 'lru-cache';
import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { isAscii } from '../core/ascii.ts';
import type { Blocks } from '../core/blocks/blocks.ts';
import { rememberLately } from '../core/seen-lately.ts';
import { type FederationGroup, groupName, groupOf } from '../core/trust/federation-group.ts';
import { buildCandidates, type Candidate } from '../core/trust/federation-index.ts';
import type { ServiceAccountStore } from '../ports/stores.ts';

/** What is kept of federations, in bytes as they are estimated. */
export interface CacheLimits {
  /** Of groups with a federation that were read twice, their accounts as texts. */
  readonly textBytes: number;
  /** Of those that were asked for once more, ready to be asked. */
  readonly readyBytes: number;
  /** Of groups without one, which strangers can ask for as many as they like of. */
  readonly absentBytes: number;
}

/** Texts of some fifteen thousand accounts, and three thousand of them ready. */
export const defaultCacheLimits: CacheLimits = {
  textBytes: 20 * 1024 * 1024,
  readyBytes: 8 * 1024 * 1024,
  absentBytes: 4 * 1024 * 1024,
};

/** The candidates of one group; those that have one pattern stand together, for it is tried once. */
type Candidates = readonly (readonly Candidate[])[];

/** Candidates by their group, read from the store when they are asked for. */
export interface FederationCache {
  /** The candidates of the groups, in their order. */
  find(groups: readonly FederationGroup[]): Promise<readonly Candidates[]>;
  /** Reads a group again from now on; what is being read of it is not believed either (A66). */
  forget(group: FederationGroup): void;
}

/** The most groups one read asks for. */
const maxGroupsPerRead = 64;

/**
 * Half as many again as there is room for as texts, so that the sets of fifteen thousand marks are seldom full: what was read
 * once is forgotten about as soon as it would be if it were kept.
 */
const rememberedGroups = 24_576;

interface Kept {
  readonly generation: number;
  readonly bytes: number;
}

/** A group ready to be asked. */
interface KeptReady extends Kept {
  readonly candidates: Candidates;
}

/** The accounts of a group, oldest first, as JSON. */
interface KeptText extends Kept {
  readonly text: string;
}

interface Reading {
  readonly name: string;
  readonly group: FederationGroup;
  readonly generation: number;
  readonly answer: PromiseWithResolvers<Candidates>;
}

/**
 * Keeps groups of federations as long as there is room and their tenant's generation lasts. What several requests of one
 * turn lack is read in one go. Of what was read once only that is remembered: where there are many more accounts than room,
 * most are not asked for again before they would have to go, and what is kept for nothing is what the collector has most work
 * with. What was read twice is kept as a text, which is half as large as what is made of it, and one thing to look at instead
 * of forty; what is asked for again is made ready, and kept so. That a group is empty is remembered in a place of its own, so
 * that those who ask for subjects nobody registered push out nothing that is in use (B28).
 *
 * @param schedule runs a task at the end of the turn
 */
export const createFederationCache = (
  store: Pick<ServiceAccountStore, 'findByGroups'>,
  {
    generationOf,
    blocks,
    limits,
    schedule,
  }: {
    /** Grows whenever nothing that is known of a tenant is believed any more. */
    readonly generationOf: (tenant: string) => number;
    readonly blocks: (tenant: string) => Promise<Blocks>;
    readonly limits: CacheLimits;
    readonly schedule: (task: () => void) => void;
  },
): FederationCache => {
  const bytesOf = ({ bytes }: Kept): number => bytes;
  const texts = new LRUCache<string, KeptText>({ maxSize: limits.textBytes, sizeCalculation: bytesOf });
  const ready = new LRUCache<string, KeptReady>({ maxSize: limits.readyBytes, sizeCalculation: bytesOf });
  const absent = new LRUCache<string, KeptReady>({ maxSize: limits.absentBytes, sizeCalculation: bytesOf });
  const readLately = rememberLately(rememberedGroups);
  let underWay = new Map<string, Reading>();
  let waiting: Reading[] = [];

  const keep = (
    { name, group, generation }: Reading,
    accounts: readonly ServiceAccount[],
    candidates: Candidates,
  ): void => {
    if (generation !== generationOf(group.tenant)) return;
    if (candidates.length === 0) {
      absent.set(name, { generation, candidates, bytes: overheadBytes(name) });
      return;
    }
    if (!readLately.note(name)) return;
    const text = JSON.stringify(accounts);
    texts.set(name, { generation, text, bytes: overheadBytes(name) + textBytes(text) });
  };

  const makeReady = async (name: string, group: FederationGroup, kept: KeptText): Promise<Candidates> => {
    const { generation, text } = kept;
    const accounts = JSON.parse(text) as readonly ServiceAccount[];
    const candidates = candidatesOf(group, accounts, await blocks(group.tenant));
    // Not where it was forgotten meanwhile, by itself or with its tenant.
    if (texts.peek(name) === kept && generation === generationOf(group.tenant))
      ready.set(name, { generation, candidates, bytes: overheadBytes(name) + readyBytes(text, candidates) });
    return candidates;
  };

  const read = async (readings: readonly Reading[]): Promise<void> => {
    try {
      const found = await store.findByGroups(readings.map(({ group }) => group));
      for (const [place, reading] of readings.entries()) {
        const { name, group, answer } = reading;
        const accounts = found[place] ?? [];
        const candidates = candidatesOf(group, accounts, await blocks(group.tenant));
        // Another read that began later has taken its place where the group was forgotten meanwhile.
        if (underWay.get(name) === reading) keep(reading, accounts, candidates);
        answer.resolve(candidates);
      }
    } catch (error) {
      for (const { answer } of readings) answer.reject(error);
    } finally {
      for (const reading of readings)
        if (underWay.get(reading.name) === reading) underWay.delete(reading.name);
      // The tables a map has outgrown point to the next one, and keep what was in them until a full collection.
      if (underWay.size === 0) underWay = new Map();
    }
  };

  const readAll = (): void => {
    const turn = waiting;
    waiting = [];
    for (let start = 0; start < turn.length; start += maxGroupsPerRead)
      void read(turn.slice(start, start + maxGroupsPerRead));
  };

  const findOne = (group: FederationGroup): Candidates | Promise<Candidates> => {
    const name = groupName(group);
    const generation = generationOf(group.tenant);
    const atHand = ready.get(name) ?? absent.get(name);
    if (atHand?.generation === generation) return atHand.candidates;
    const kept = texts.get(name);
    if (kept?.generation === generation) return makeReady(name, group, kept);
    const known = underWay.get(name);
    if (known?.generation === generation) return known.answer.promise;
    const reading = { name, group, generation, answer: Promise.withResolvers<Candidates>() };
    underWay.set(name, reading);
    waiting.push(reading);
    if (waiting.length === 1) schedule(readAll);
    return reading.answer.promise;
  };

  return {
    find: async (groups) => {
      const found = groups.map(findOne);
      if (areAtHand(found)) return found;
      const [only] = found;
      return only !== undefined && found.length === 1
        ? [await only]
        : await Promise.all(found.map(async (candidates) => await candidates));
    },
    forget: (group) => {
      const name = groupName(group);
      texts.delete(name);
      ready.delete(name);
      absent.delete(name);
      underWay.delete(name);
    },
  };
};

/** Nothing is waited for that is known. */
const areAtHand = (found: readonly (Candidates | Promise<Candidates>)[]): found is readonly Candidates[] =>
  found.every((candidates) => !(candidates instanceof Promise));

/** The store may know an account that no longer has a federation in the group, or has others beside it. */
const candidatesOf = (
  group: FederationGroup,
  accounts: readonly ServiceAccount[],
  blocks: Blocks,
): Candidates => {
  const name = groupName(group);
  const candidates = accounts
    .flatMap((account) => buildCandidates(account, group.issuer, blocks))
    .filter(({ federation }) => groupName(groupOf(group.tenant, federation)) === name);
  return [...Map.groupBy(candidates, ({ federation }) => federation.subjectPattern).values()];
};

/** What a place in a cache takes beside what is kept there. */
const overheadBytes = (name: string): number => 200 + 2 * name.length;

/** A character takes one byte, and may take two where others than those of ASCII are among them. */
const textBytes = (text: string): number => (isAscii(text) ? text.length : 2 * text.length);

/** What is made of a text takes about twice its characters, a candidate some functions beside it. */
const readyBytes = (text: string, candidates: Candidates): number =>
  2 * text.length + 500 * candidates.flat().length;
