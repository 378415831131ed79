import type { ReplayGuard } from './replay-guard.ts';
import type { Stores } from './stores.ts';

/** A place where everything is kept. Opened by `open…`, which also migrates; must be closed. */
export interface Storage extends Stores {
  readonly replayGuard: ReplayGuard;
  /** Runs `work` in one serialisable-enough transaction: its writes commit together, durably, or not at all. */
  transaction<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /** Resolves when the store answers and accepts writes; throws what is wrong. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The store did not answer, or could not keep what it was given: nothing is known, so nothing is granted (A67, 503). */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}
