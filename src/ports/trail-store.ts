import type { Activity } from '../core/activity/activity.ts';
import type { ActivityFilter } from '../core/activity/activity-filter.ts';
import type { Chain, ChainHead, Link, OldLines } from '../core/activity/chain.ts';
import type { EpochMilliseconds } from '../core/time.ts';

/** The trail of a tenant as it was at one instant. */
export interface TrailState {
  /** Everything written until then stands up to here in the order of storing; what stands there later is not of then. */
  readonly last: number;
  /** At most some dozens: a tenant does not get more. */
  readonly chains: readonly Chain[];
  readonly oldLines: OldLines;
  /** Compact JWS that stands for the lines that were dropped. */
  readonly checkpoint: string | null;
}

/** One line as it is stored, with its place in the order of storing. */
export interface StoredLine {
  readonly seq: number;
  readonly id: string;
  readonly link: Link | null;
  /** `null` where what is stored is nothing that was ever written by us. */
  readonly activity: Activity | null;
}

/** Some lines of a trail, the oldest first. */
export interface TrailPage {
  readonly lines: readonly StoredLine[];
  /** Where the next page begins; `null` after the last. A page may be empty and still have a next one. */
  readonly next: number | null;
}

/** The oldest lines of a trail, which may go. */
export interface DroppableLines {
  /** They stand up to here in the order of storing. */
  readonly last: number;
  readonly count: number;
  /** The last of them in each of their chains. */
  readonly ends: readonly ChainHead[];
  /** How many of them are from before there were chains. */
  readonly oldLines: number;
}

/** The chains below the activities of a tenant. */
export interface TrailStore {
  state(tenant: string): Promise<TrailState>;
  /** Reads at most `limit` lines after `after` and up to `last`, of those that fit. */
  read(
    tenant: string,
    range: { readonly after: number; readonly last: number },
    filter: ActivityFilter,
    limit: number,
  ): Promise<TrailPage>;
  /** Whether any line says that it is older than `time`. */
  hasOlder(tenant: string, time: EpochMilliseconds): Promise<boolean>;
  /** The first lines, at most `limit`. */
  oldest(tenant: string, limit: number): Promise<readonly StoredLine[]>;
  /** The first line behind `after` that says it is not later than `time`. */
  firstBehind(tenant: string, after: number, time: EpochMilliseconds): Promise<StoredLine | null>;
  /**
   * Drops lines and puts the checkpoint in their place, in one transaction. `false`, and then nothing happened, where the
   * trail was shortened by somebody else since `before` was read.
   */
  drop(tenant: string, before: TrailState, lines: DroppableLines, checkpoint: string): Promise<boolean>;
  /** Puts a checkpoint in the place of another; `false` where it was another one already. */
  replaceCheckpoint(tenant: string, before: string, after: string): Promise<boolean>;
}
