import type { ChainEnd, ChainHead } from '../../core/activity/chain.ts';
import type { Checkpoint } from '../../core/activity/checkpoint.ts';

/** A head that was kept elsewhere. */
export interface Anchor extends ChainHead {
  /** `null` where what was kept does not say. */
  readonly tenant: string | null;
}

/** Heads that were kept elsewhere, each to be found in the trail. */
export interface Anchors {
  /** Looks whether this line of this tenant is one of them. */
  take(tenant: string, line: ChainHead): void;
  /** What became of those of the tenant, after the last line. */
  conclude(tenant: string | null, checkpoint: Pick<Checkpoint, 'chains' | 'time'> | null): AnchorReport;
}

/** What became of heads that were kept. */
export interface AnchorReport {
  /** How many were compared with the line there is now, or with the last one that the checkpoint stands for. */
  readonly compared: number;
  /** How many are of lines that retention dropped: only the checkpoint says that they were good. */
  readonly uncompared: number;
  readonly faults: readonly string[];
}

const isHead = (value: unknown): value is ChainHead => {
  const { writer, number, hash } = (value ?? {}) as Partial<ChainHead>;
  return typeof writer === 'string' && typeof number === 'number' && typeof hash === 'string';
};

/** The heads in a text: an answer of the check of a trail, or lines of the log; `null` where there is none. */
export const readAnchors = (text: string): readonly Anchor[] | null => {
  const parse = (json: string): readonly Anchor[] => {
    try {
      const { heads, tenant } = JSON.parse(json) as { readonly heads?: unknown; readonly tenant?: unknown };
      const found: readonly unknown[] = Array.isArray(heads) ? heads : [];
      const of = typeof tenant === 'string' ? tenant : null;
      return found.filter(isHead).map(({ writer, number, hash }) => ({ tenant: of, writer, number, hash }));
    } catch {
      return [];
    }
  };
  const whole = parse(text);
  const anchors = whole.length > 0 ? whole : text.split('\n').flatMap(parse);
  return anchors.length === 0 ? null : anchors;
};

const nameOf = ({ writer, number }: ChainHead): string => `line ${number} of chain ${writer}`;

/** Compares heads that were kept with the lines that are there now. */
export const createAnchors = (anchors: readonly Anchor[]): Anchors => {
  const keyOf = (tenant: string | null, { writer, number }: ChainHead): string =>
    JSON.stringify([tenant, writer, number]);
  const open = new Map(anchors.map((anchor) => [keyOf(anchor.tenant, anchor), anchor]));
  const differing: string[] = [];
  let compared = 0;
  const differs = (head: ChainHead): void =>
    void differing.push(`${nameOf(head)} is not the one whose hash was kept: the trail was written anew`);
  return {
    take: (tenant, line) => {
      for (const key of [keyOf(tenant, line), keyOf(null, line)]) {
        const head = open.get(key);
        open.delete(key);
        if (head === undefined) continue;
        compared += 1;
        if (head.hash !== line.hash) differs(head);
      }
    },
    conclude: (tenant, checkpoint) => {
      let uncompared = 0;
      for (const head of open.values()) {
        if (head.tenant !== null && tenant !== null && head.tenant !== tenant) continue;
        const dropped: ChainEnd | undefined = checkpoint?.chains.find(({ writer }) => writer === head.writer);
        if (dropped === undefined || dropped.number < head.number)
          differing.push(`${nameOf(head)}, whose hash was kept, is not there: the trail was cut`);
        else if (dropped.number > head.number) uncompared += 1;
        else {
          compared += 1;
          if (dropped.hash !== head.hash) differs(head);
        }
      }
      if (uncompared > 0 && compared === 0 && differing.length === 0)
        differing.push(
          `all the lines whose hashes were kept lie before the checkpoint of ${checkpoint?.time ?? '?'}: nothing could be compared, so keep newer heads`,
        );
      return { compared, uncompared, faults: differing };
    },
  };
};

/** What is said of heads beside `good`; empty where each was compared. */
export const sayUncompared = ({ uncompared }: Pick<AnchorReport, 'uncompared'>): string =>
  uncompared === 0
    ? ''
    : `; ${uncompared} of the kept heads ${uncompared === 1 ? 'lies' : 'lie'} before the checkpoint and could not be compared`;
