import type { Activity, Outcome } from '../core/activity/activity.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { Page, PageRequest } from './page.ts';

/** What a list of activities may be narrowed by; every given member must hold. */
export interface ActivityFilter {
  /** First millisecond included. */
  readonly from?: EpochMilliseconds;
  /** First millisecond not included. */
  readonly to?: EpochMilliseconds;
  readonly type?: string;
  readonly outcome?: Outcome;
  readonly reason?: string;
  readonly account?: string;
  readonly issuer?: string;
  readonly subject?: string;
  readonly jti?: string;
}

/** The trail. Append only: nothing edits a line; only retention drops whole days from its end (A115). */
export interface ActivityStore {
  /** Makes all of them durable in one transaction, in this order, or throws and keeps none. */
  append(activities: readonly Activity[]): Promise<void>;
  find(tenant: string, id: string): Promise<Activity | null>;
  /** Newest first. */
  list(tenant: string, filter: ActivityFilter, page: PageRequest): Promise<Page<Activity>>;
  /** Drops at most `limit` lines older than `time`; how many were dropped. */
  dropBefore(tenant: string, time: EpochMilliseconds, limit: number): Promise<number>;
}
