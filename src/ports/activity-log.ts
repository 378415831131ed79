import type { Activity } from '../core/activity/activity.ts';

/** Where decisions are written down. */
export interface ActivityLog {
  /** Resolves once the activity is durable; rejects when it could not be kept, and then nothing may leave. */
  record(activity: Activity): Promise<void>;
}
