import { type Chain, type ChainEnd, type HashText, hashLine, type Link, startOfChain } from './chain.ts';

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
  /** A line without a place in a chain stands behind one that has a place. */
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
  /** @param line `null` for one that cannot even be read */
  take(line: PlacedLine | null): void;
  note(fault: TrailFault): void;
  /** After the last line: whether every chain ends where it says. */
  end(): FaultList & { readonly checked: number; readonly unlinked: number };
}

/** What a check starts from. */
export interface TrailCheckOptions {
  readonly tenant: string;
  readonly chains: readonly Chain[];
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
  hash,
  filtered = false,
}: TrailCheckOptions): TrailCheck => {
  const faults: TrailFault[] = [];
  const ends = new Map<string, ChainEnd>(chains.map(({ writer, dropped }) => [writer, dropped]));
  let count = 0;
  let checked = 0;
  let unlinked = 0;
  let linked = false;

  const note = (fault: TrailFault): void => {
    count += 1;
    if (faults.length < maxFaults) faults.push(fault);
  };
  const noteAt = (kind: TrailFaultKind, { members, link }: PlacedLine, sentence: string): void =>
    note({ kind, writer: link?.writer ?? null, number: link?.number ?? null, id: idOf(members), sentence });

  const takeUnlinked = (line: PlacedLine): void => {
    unlinked += 1;
    if (linked)
      noteAt(
        'unlinked',
        line,
        `The activity ${idOf(line.members) ?? '?'} has no place in a chain although earlier ones have: it was put there, or its place was taken away.`,
      );
  };

  const takeLinked = (line: PlacedLine, link: Link): void => {
    linked = true;
    const what = `Line ${link.number} of chain ${link.writer}`;
    const isItself = hashLine(line.members, link, hash) === link.hash && line.members['tenant'] === tenant;
    if (!isItself)
      noteAt('changed', line, `${what} (${idOf(line.members) ?? '?'}) is not what was written there.`);
    if (filtered) return;
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
    take: (line) => {
      checked += 1;
      if (line === null)
        note({
          kind: 'changed',
          writer: null,
          number: null,
          id: null,
          sentence: 'A line cannot be read at all.',
        });
      else if (line.link === null) takeUnlinked(line);
      else takeLinked(line, line.link);
    },
    note,
    end: () => {
      for (const fault of filtered ? [] : findChainFaults(tenant, chains, hash)) note(fault);
      if (!filtered) for (const chain of chains) endOf(chain);
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
