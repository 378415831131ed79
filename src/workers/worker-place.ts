import type { Siblings } from '../ports/siblings.ts';

/** Which of the workers of its node a process is. */
export interface WorkerPlace {
  /** From 1 on; no two living workers of a node have the same one, and who replaces one has its place. */
  readonly place: number;
  /** Whether this process is the first to open the store: it checks and migrates it, and makes the first start. */
  readonly prepares: boolean;
  readonly siblings: Siblings;
}

/** The place of a server that is one process. */
export const onlyWorker: WorkerPlace = {
  place: 1,
  prepares: true,
  siblings: {
    count: 1,
    ask: () => Promise.resolve([]),
    tell: () => undefined,
    on: () => undefined,
  },
};
