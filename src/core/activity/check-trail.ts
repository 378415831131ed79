import {
  type Chain,
  type ChainEnd,
  type HashText,
  hashLine,
  type Link,
  type OldLines,
  startOfChain,
} from './chain.ts';

/** What may be wrong with a trail. */
export type TrailFaultKind =
  /** A line is not what it was when it was written. */
  | 'changed'
  /** Lines are not there. */
  | 'missing'
  /** A line stands where one was already. */
  | 'repeated'
  /** A line does not follow the one before it. */
  | 'broken'
  /** A line without a place in a chain, which is none of those from before there were chains. */
  | 'unlinked'
  /** A line of a chain that the tenant does not have, or behind the end of its chain. */
  | 'foreign'
  /** A chain does not end where its head says. */
  | 'end'
  /** A whole chain is gone. */
  | 'chain'
  /** What stands in place of dropped lines is not signed by this tenant, or says something else. */
  | 'checkpoint';

/** One thing that is wrong with a trail. */
export interface TrailFault {
  readonly kind: TrailFaultKind;
  /** `null` where it is about no chain in particular. */
  readonly writer: string | null;
  /** Of the line, or of the first of several. */
  readonly number: number | null;
  /** The id of the line, where there is one. */
  readonly id: string | null;
  readonly sentence: string;
}

/** The most faults that are told one by one. */
export const maxFaults = 20;

/** Faults, bounded: the first ones, and how many there are. */
export interface FaultList {
  readonly faults: readonly TrailFault[];
  readonly count: number;
}

/** One line as it was stored or exported: every member but its place, and its place. */
export interface PlacedLine {
  readonly members: Readonly<Record<string, unknown>>;
  readonly link: Link | null;
}

/** The check of one trail, line by line in the order in which they were stored; memory does not grow with the lines. */
export interface TrailCheck {
  /**
   * @param line `null` for one that cannot even be read
   * @param seq its place in the order of storing, where that is known
   * @returns whether it says what was written there, as far as that can be told of the line alone
   */
  take(line: PlacedLine | null, seq?: number): boolean;
  note(fault: TrailFault): void;
  /** How many faults there are so far. */
  found(): number;
  /** After the last line: whether every chain ends where it says. */
  end(): FaultList & { readonly checked: number; readonly unlinked: number };
}

/** What a check starts from. */
export interface TrailCheckOptions {
  readonly tenant: string;
  readonly chains: readonly Chain[];
  /** `null` where nobody says how many of them there are. */
  readonly oldLines: OldLines | null;
  readonly hash: HashText;
  /** Only some lines are shown: each has to be itself, and need not follow the one before it. */
  readonly filtered?: boolean;
}

const idOf = ({ id }: PlacedLine['members']): string | null => (typeof id === 'string' ? id : null);

const lines = (from: number, to: number): string => (from === to ? `line ${from}` : `lines ${from} to ${to}`);

/** Starts the check of the trail of a tenant, from where each chain was shortened to its head. */
export const createTrailCheck = ({
  tenant,
  chains,
  oldLines,
  hash,
  filtered = false,
}: TrailCheckOptions): TrailCheck => {
  const faults: TrailFault[] = [];
  const ends = new Map<string, ChainEnd>(chains.map(({ writer, dropped }) => [writer, dropped]));
  let count = 0;
  let checked = 0;
  let unlinked = 0;
  // Old lines are the first of a trail: retention takes none that has a place before it has taken all of them.
  let mayBeOld = chains.every(({ dropped }) => dropped.number === 0);

  const note = (fault: TrailFault): void => {
    count += 1;
    if (faults.length < maxFaults) faults.push(fault);
  };
  const noteAt = (kind: TrailFaultKind, { members, link }: PlacedLine, sentence: string): void =>
    note({ kind, writer: link?.writer ?? null, number: link?.number ?? null, id: idOf(members), sentence });

  const takeUnlinked = (line: PlacedLine, seq: number): boolean => {
    unlinked += 1;
    const isOld =
      mayBeOld && (oldLines === null || (unlinked <= oldLines.count && seq >= 1 && seq <= oldLines.last));
    if (!isOld)
      noteAt(
        'unlinked',
        line,
        `The activity ${idOf(line.members) ?? '?'} has no place in a chain and is none of those from before there were chains: it was put there, or its place was taken away.`,
      );
    return isOld;
  };

  const follow = (line: PlacedLine, link: Link, what: string): void => {
    const before = ends.get(link.writer);
    if (before === undefined)
      return noteAt('foreign', line, `${what} belongs to a chain that this tenant does not have.`);
    const here: ChainEnd = { number: link.number, hash: link.hash };
    if (link.number === before.number + 1) {
      if (link.previous !== before.hash)
        noteAt('broken', line, `${what} does not follow the line that stands before it.`);
    } else if (!(link.number > before.number)) {
      return noteAt(
        'repeated',
        line,
        `${what} stands behind line ${before.number}: it was moved or put there.`,
      );
    } else {
      const from = before.number + 1;
      note({
        kind: 'missing',
        writer: link.writer,
        number: from,
        id: null,
        sentence: `In chain ${link.writer} ${lines(from, link.number - 1)} cannot be found before line ${link.number}.`,
      });
    }
    ends.set(link.writer, here);
  };

  const takeLinked = (line: PlacedLine, link: Link, seq: number): boolean => {
    mayBeOld = false;
    const what = `Line ${link.number} of chain ${link.writer}`;
    const isItself = hashLine(line.members, link, hash) === link.hash && line.members['tenant'] === tenant;
    if (!isItself)
      noteAt('changed', line, `${what} (${idOf(line.members) ?? '?'}) is not what was written there.`);
    if (seq < 1) noteAt('repeated', line, `${what} stands before the first line: it was moved or put there.`);
    if (!filtered) follow(line, link, what);
    return isItself;
  };

  const endOf = ({ writer, head }: Chain): void => {
    const { number, hash: last } = ends.get(writer) ?? head;
    if (number < head.number)
      note({
        kind: 'missing',
        writer,
        number: number + 1,
        id: null,
        sentence: `At the end of chain ${writer} ${lines(number + 1, head.number)} cannot be found.`,
      });
    else if (number !== head.number || last !== head.hash)
      note({
        kind: 'end',
        writer,
        number: head.number,
        id: null,
        sentence: `Chain ${writer} ends with line ${number}, and its head says it ends with another one.`,
      });
  };

  return {
    take: (line, seq = 1) => {
      checked += 1;
      if (line !== null)
        return line.link === null ? takeUnlinked(line, seq) : takeLinked(line, line.link, seq);
      note({
        kind: 'changed',
        writer: null,
        number: null,
        id: null,
        sentence: 'A line cannot be read at all.',
      });
      return false;
    },
    note,
    found: () => count,
    end: () => {
      for (const fault of filtered ? [] : findChainFaults(tenant, chains, hash)) note(fault);
      if (!filtered) for (const chain of chains) endOf(chain);
      if (!filtered && oldLines !== null && unlinked < oldLines.count)
        note({
          kind: 'missing',
          writer: null,
          number: null,
          id: null,
          sentence: `Of the ${oldLines.count} lines from before there were chains ${oldLines.count - unlinked} cannot be found.`,
        });
      return { faults, count, checked, unlinked };
    },
  };
};

/** Chains are numbered without a gap and begin where they must: one that is gone leaves a hole, unless it was the last. */
const findChainFaults = (tenant: string, chains: readonly Chain[], hash: HashText): readonly TrailFault[] => {
  const ordinals = new Set(chains.map(({ ordinal }) => ordinal));
  const gone = chains.map((_, index) => index + 1).filter((ordinal) => !ordinals.has(ordinal));
  return [
    ...gone.slice(0, maxFaults).map(
      (ordinal): TrailFault => ({
        kind: 'chain',
        writer: null,
        number: null,
        id: null,
        sentence: `Chain number ${ordinal} of the tenant is gone, with all its lines.`,
      }),
    ),
    ...chains
      .filter(
        ({ writer, ordinal, dropped }) =>
          dropped.number === 0 && dropped.hash !== startOfChain(tenant, writer, ordinal, hash).hash,
      )
      .map(
        ({ writer }): TrailFault => ({
          kind: 'end',
          writer,
          number: 0,
          id: null,
          sentence: `Chain ${writer} does not begin where it must.`,
        }),
      ),
  ];
};
