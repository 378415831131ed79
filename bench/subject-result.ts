import type { PromiseKept, ServerPlan } from './contenders/contender.ts';
import type { LoadResult } from './load/load-job.ts';
import type { WorkPlan } from './requests/work.ts';
import type { StartState } from './subject.ts';

/** A round as it is kept: without the answers that were looked at. */
export type Round = Omit<LoadResult, 'samples'>;

/** Rounds at a constant rate. */
export interface Half {
  readonly perSecond: number;
  readonly rounds: readonly Round[];
  /** The same while the core of the server was kept from going to sleep; `null` where that is not possible or not wanted. */
  readonly awake: readonly Round[] | null;
}

/** What one entrant came to. */
export interface EntrantResult {
  readonly name: string;
  readonly server: ServerPlan;
  readonly work: WorkPlan;
  readonly connections: number;
  readonly kept: readonly PromiseKept[];
  /** As much as it could take, in the order in which the rounds were run. */
  readonly rounds: readonly Round[];
  /** At a constant half of the median of those. */
  readonly half: Half | null;
  /** CPU seconds that one change by an administrator cost all nodes, and the database. */
  readonly change: { readonly serverSeconds: number; readonly databaseSeconds: number | null } | null;
  readonly bytesAtRest: number | null;
  /** Answers of the rounds that were looked at closely. */
  readonly judged: number;
}

/** What a server issued, and what its store knew of afterwards. */
export interface Durability {
  readonly server: ServerPlan;
  readonly received: number;
  readonly activities: number;
  /** By how much the store has grown for them, in bytes. */
  readonly grownBytes: number;
}

/** What a subject came to; `void` says why it came to nothing. */
export type SubjectResult = { readonly name: string; readonly title: string; readonly why: string } & (
  | {
      readonly kind: 'load';
      readonly entrants: readonly EntrantResult[];
      readonly durability: readonly Durability[];
    }
  | {
      readonly kind: 'start';
      readonly states: readonly (StartState & {
        readonly seconds: readonly number[];
        /** Of the process and its threads until it was ready; none where the system does not tell. */
        readonly cpuSeconds: readonly number[];
        readonly bytes: number | null;
      })[];
    }
  | { readonly kind: 'void'; readonly reason: string }
);
