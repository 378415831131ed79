import type { ServerPlan } from './contenders/contender.ts';
import type { LimitOf } from './limit/compute-limit.ts';
import type { WorkPlan } from './requests/work.ts';

/** One row of a subject: a server and what is asked of it. */
export interface Entrant {
  readonly name: string;
  readonly server: ServerPlan;
  readonly work: WorkPlan;
  /** Connections with one request in flight each; absent: as the options say. */
  readonly connections?: number;
  /** As many for each core, so that a server on all of them is as busy on each as it is on one. */
  readonly connectionsForEachCore?: true;
}

interface Common {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  /** What it is to tell. */
  readonly why: string;
  /** Whether it belongs to the short run. */
  readonly quick: boolean;
}

/** Entrants that take turns. Ratios are to the first of them. */
export interface LoadSubject extends Common {
  readonly kind: 'load';
  readonly entrants: readonly Entrant[];
  /** What is left of the work when only the arithmetic and HTTP are counted; absent where that says nothing. */
  readonly limit?: LimitOf;
  /** Whether each is also asked at a constant half of what it could take. */
  readonly half?: boolean;
  /** Whether that is asked once more, in the full run, while the core of the server is kept awake. */
  readonly awake?: boolean;
  /** Whether the cost of a change by an administrator is measured too. */
  readonly changes?: boolean;
}

/** What a server is started from: what was built, as the image and an installation have it, or the sources. */
export type StartProgram = 'built' | 'source';

/** What a start finds. */
export interface StartState {
  readonly name: string;
  readonly program: StartProgram;
  /** `null`: an empty folder, every time. */
  readonly accounts: number | null;
}

/** Time from the start of the process to the moment it is ready. */
export interface StartSubject extends Common {
  readonly kind: 'start';
  readonly states: readonly StartState[];
}

/** A row of the table in `subjects.ts`. */
export type Subject = LoadSubject | StartSubject;
