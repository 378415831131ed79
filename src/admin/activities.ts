import type { Activity } from '../core/activity/activity.ts';
import { ok, type Result } from '../core/result.ts';
import type { ActivityFilter } from '../ports/activity-store.ts';
import type { Page, PageRequest } from '../ports/page.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, notFound } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';

/** What a list of activities may be narrowed by; a receipt leads to one activity at most. */
export interface ActivityQuery extends ActivityFilter {
  readonly receipt?: string;
}

/** One page of the activities of the actor's tenant, newest first. */
export const listActivities = async (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  { receipt, ...filter }: ActivityQuery,
  page: PageRequest,
): Promise<Page<Activity>> => {
  const { tenant } = actor.account;
  if (receipt === undefined) return deps.storage.activities.list(tenant, filter, page);
  const activity = await deps.storage.activities.find(tenant, receipt);
  const items = activity !== null && fits(activity, filter) ? [activity] : [];
  return { items, nextCursor: null };
};

/** The activity behind a receipt. */
export const getActivity = async (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  id: string,
): Promise<Result<Activity, AdminProblem>> => {
  const activity = await deps.storage.activities.find(actor.account.tenant, id);
  return activity === null ? notFound('activity') : ok(activity);
};

const fits = (activity: Activity, filter: ActivityFilter): boolean =>
  activity.time >= (filter.from ?? activity.time) &&
  activity.time < (filter.to ?? Number.POSITIVE_INFINITY) &&
  isAsked(filter.type, activity.type) &&
  isAsked(filter.outcome, activity.outcome) &&
  isAsked(filter.reason, activity.reason) &&
  isAsked(filter.account, activity.account?.id) &&
  isAsked(filter.issuer, activity.issuer) &&
  isAsked(filter.subject, activity.subject) &&
  isAsked(filter.jti, activity.jti);

const isAsked = (wanted: string | undefined, value: string | null | undefined): boolean =>
  wanted === undefined || wanted === value;
