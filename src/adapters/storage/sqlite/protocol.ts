import type { Bindable } from './bindable.ts';
import type { CommitUnit } from './commit-protocol.ts';

/** What the worker is started with. */
export interface WorkerOptions {
  readonly path: string;
  /** A `reader` opens the file read-only; the `writer` sets it up. */
  readonly role: 'reader' | 'writer';
  /** Whether other processes of this node write to the file. */
  readonly isShared?: boolean;
}

/** What the worker is asked; it answers one after the other. */
export type WorkerRequest =
  | {
      readonly ask: 'run';
      readonly sql: string;
      readonly parameters: readonly Bindable[];
      /** Statements without parameters that run before it; where one of them fails, nothing behind it is tried. */
      readonly ahead: readonly string[];
    }
  /** Writes units in one transaction of their own. It answers with a `CommitOutcome` for each as a row. */
  | { readonly ask: 'commit'; readonly units: readonly CommitUnit[] }
  /** Ends the transaction if one is open: SQLite ends some by itself, for example when the disk is full. */
  | { readonly ask: 'rollback' }
  | { readonly ask: 'close' };

/** What became of a statement. */
export interface StatementResult {
  readonly rows: readonly unknown[];
  /** Rows inserted, updated or deleted; 0 for a statement that answers with rows. */
  readonly changes: number;
}

/** What the worker answers, first of all to its start: whether the file is open. */
export type WorkerReply =
  | { readonly ok: true; readonly result: StatementResult }
  | { readonly ok: false; readonly message: string; readonly resultCode: number | null };
