import type { Activity } from '../core/activity/activity.ts';
import type { ActivityFilter } from '../core/activity/activity-filter.ts';
import type { Page, PageRequest } from './page.ts';
import type { SingleUse } from './replay-guard.ts';

/** An activity, and what it uses up. */
export interface ActivityEntry {
  readonly activity: Activity;
  readonly uses: readonly SingleUse[];
}

/** Activities. Append only: nothing edits a line; only retention drops the oldest ones (`TrailStore`, A115). */
export interface ActivityStore {
  /** Makes all of them durable in one transaction, in this order, or throws and keeps none. */
  append(activities: readonly Activity[]): Promise<void>;
  /**
   * The same for those whose single uses are the first, which become durable with them. Of several with one use the first
   * is kept.
   *
   * @returns for each in its order `null` where it was kept, otherwise the place of the first of its uses that was used
   * before
   */
  appendOnce(entries: readonly ActivityEntry[]): Promise<readonly (number | null)[]>;
  find(tenant: string, id: string): Promise<Activity | null>;
  /** Newest first. Where much has to be looked through, a page may hold less than asked for and still have a next one. */
  list(tenant: string, filter: ActivityFilter, page: PageRequest): Promise<Page<Activity>>;
}
