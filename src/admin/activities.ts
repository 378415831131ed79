import type { Activity } from '../core/activity/activity.ts';
import { type ActivityFilter, fitsFilter } from '../core/activity/activity-filter.ts';
import { type Explanation, explainRefusal } from '../core/activity/explain-refusal.ts';
import { type CandidateChecks, groupCandidates } from '../core/activity/group-candidates.ts';
import type { Refusal } from '../core/activity/refusal.ts';
import { ok, type Result } from '../core/result.ts';
import type { Page, PageRequest } from '../ports/page.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, notFound } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';

/** One page of the activities of the actor's tenant, newest first. */
export const listActivities = async (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  { receipt, ...filter }: ActivityFilter,
  page: PageRequest,
): Promise<Page<Activity>> => {
  const { tenant } = actor.account;
  if (receipt === undefined) return deps.storage.activities.list(tenant, filter, page);
  const activity = await deps.storage.activities.find(tenant, receipt);
  const items = activity !== null && fitsFilter(activity, filter) ? [activity] : [];
  return { items, nextCursor: null };
};

/** An activity with what follows from it. */
export interface ActivityStory {
  readonly activity: Activity;
  /** `null` where nothing was refused. */
  readonly explanation: Explanation | null;
  /** The federations the token was held against, the nearest first. */
  readonly candidates: readonly CandidateChecks[];
}

/** Reasons for which a registered issuer may nearly be the one that was presented. */
const namesNobody: ReadonlySet<string> = new Set(['issuer_unknown', 'account_unknown']);

/** The most issuers that are read to find one that nearly is the presented one. */
const maxIssuersCompared = 1000;

/** The activity behind a receipt, and why it was refused. */
export const getActivity = async (
  deps: Pick<AdminDependencies, 'storage' | 'presets'>,
  actor: Actor,
  id: string,
): Promise<Result<ActivityStory, AdminProblem>> => {
  const activity = await deps.storage.activities.find(actor.account.tenant, id);
  if (activity === null) return notFound('activity');
  return ok({
    activity,
    explanation: activity.outcome === 'refused' ? await explainIn(deps, activity.tenant, activity) : null,
    candidates: groupCandidates(activity.checks),
  });
};

/** Why a request to `tenant` was or would be refused; `null` where it was not. */
export const explainIn = async (
  { storage, presets }: Pick<AdminDependencies, 'storage' | 'presets'>,
  tenant: string,
  refusal: Refusal,
): Promise<Explanation | null> =>
  explainRefusal(refusal, {
    presets,
    registeredIssuers: namesNobody.has(refusal.reason) ? await listIssuerNames({ storage }, tenant) : [],
  });

/** The issuers registered in a tenant, the first thousand of them. */
export const listIssuerNames = async (
  { storage }: Pick<AdminDependencies, 'storage'>,
  tenant: string,
): Promise<readonly string[]> => {
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<{ readonly issuer: string }> = await storage.trustedIssuers.list(tenant, {
      limit: 200,
      cursor,
    });
    names.push(...page.items.map(({ issuer }) => issuer));
    cursor = page.nextCursor;
  } while (cursor !== null && names.length < maxIssuersCompared);
  return names;
};
