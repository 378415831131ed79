import type { Activity } from '../core/activity/activity.ts';
import type { ActivityFilter } from '../core/activity/activity-filter.ts';
import type { Page, PageRequest } from './page.ts';

/** Activities. Append only: nothing edits a line; only retention drops the oldest ones (`TrailStore`, A115). */
export interface ActivityStore {
  /** Makes all of them durable in one transaction, in this order, or throws and keeps none. */
  append(activities: readonly Activity[]): Promise<void>;
  find(tenant: string, id: string): Promise<Activity | null>;
  /** Newest first. Where much has to be looked through, a page may hold less than asked for and still have a next one. */
  list(tenant: string, filter: ActivityFilter, page: PageRequest): Promise<Page<Activity>>;
}
