import type { Activity } from '../core/activity/activity.ts';
import type { SingleUse } from './replay-guard.ts';

/** Where decisions are written down. */
export interface ActivityLog {
  /** Resolves once the activity is durable; rejects when it could not be kept, and then nothing may leave. */
  record(activity: Activity): Promise<void>;
  /**
   * The same for an activity that uses something up: it is kept where each of its uses is the first, and they with it, in
   * one durable step for every node (CA-14). When it rejects, both may have been kept, or neither.
   *
   * @returns `null` when it was kept; otherwise the place of the first of its uses that was used before, and then nothing
   * of it was kept, the other uses neither
   */
  recordOnce(activity: Activity, uses: readonly SingleUse[]): Promise<number | null>;
}
