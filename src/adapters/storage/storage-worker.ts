/** Which of the processes of one node opens the database. */
export interface StorageWorker {
  /** From 1 on; no two living processes of a node have the same one. */
  readonly place: number;
  /** Whether it checks and migrates; another one did that before where it does not. */
  readonly prepares: boolean;
  /** Whether there is no other process on this node. */
  readonly isAlone: boolean;
}

/** The process of a node that has no other. */
export const onlyWorker: StorageWorker = { place: 1, prepares: true, isAlone: true };
