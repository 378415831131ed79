import { setTimeout as wait } from 'node:timers/promises';
import type * as z from 'zod';
import { type ActivityStory, getActivity, listActivities } from '../../admin/activities.ts';
import type {
  activityResource,
  activityStoryResource,
  listActivitiesQuery,
  trailReportResource,
} from '../../admin-api/activities.ts';
import type { TrailReport } from '../../admin/verify-trail.ts';
import { exportActivities } from '../../admin/export-activities.ts';
import type { Activity } from '../../core/activity/activity.ts';
import type { ActivityFilter } from '../../core/activity/activity-filter.ts';
import { ok } from '../../core/result.ts';
import { type AdminRoute, adminRoute } from './admin-route.ts';
import {
  candidatesToWire,
  explanationToWire,
  parametersToWire,
  presentedToWire,
} from './explanation-to-wire.ts';
import { cursorOf } from './page-request.ts';
import { toIso } from './wire-time.ts';

const ndjson = 'application/x-ndjson';

/** A check that takes longer is answered bit by bit, so that nothing on the way takes the silence for an end. */
const patienceMs = 2000;

const reportToWire = ({
  heads,
  faults,
  count,
  ...report
}: TrailReport): z.input<typeof trailReportResource> => ({
  ...report,
  heads: [...heads],
  faults: [...faults],
  faultCount: count,
});

/** White space, which means nothing before a JSON text (RFC 8259 §2), until there is something to say. */
async function* writeSlowly(report: Promise<object>): AsyncGenerator<string> {
  yield ' ';
  for (;;) {
    const answer = await Promise.race([report, wait(patienceMs)]);
    yield answer === undefined ? ' ' : JSON.stringify(answer);
    if (answer !== undefined) return;
  }
}

/** An activity as contract §5 has it, with the members a change has besides. */
const toWire = (activity: Activity): z.input<typeof activityResource> => ({
  id: activity.id,
  time: toIso(activity.time),
  type: activity.type,
  outcome: activity.outcome,
  reason: activity.reason,
  door: activity.door,
  account: activity.account,
  actor: activity.actor,
  issuer: activity.issuer,
  subject: activity.subject,
  audience: activity.audience,
  jti: activity.jti,
  tokenHash: activity.tokenHash,
  sourceAddress: activity.sourceAddress,
  checks: [...activity.checks],
  parameters: parametersToWire(activity.parameters),
  presented: presentedToWire(activity.presented),
  details:
    activity.details === null
      ? null
      : Object.fromEntries(
          Object.entries(activity.details).map(([name, value]) => [
            name,
            typeof value === 'object' && value !== null ? [...value] : value,
          ]),
        ),
});

/** {@link toWire}, and why it was refused. */
const storyToWire = ({
  activity,
  explanation,
  candidates,
}: ActivityStory): z.input<typeof activityStoryResource> => ({
  ...toWire(activity),
  explanation: explanationToWire(explanation),
  candidates: candidatesToWire(candidates),
});

/** Only the members that were given, so that an absent one never narrows the list. */
const filterOf = (query: Partial<z.output<typeof listActivitiesQuery>>): ActivityFilter => {
  const { limit: _limit, cursor: _cursor, ...filter } = query;
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
};

/** The routes of `activities`; nothing here edits or deletes one (A115). */
export const activityRoutes: readonly AdminRoute[] = [
  adminRoute('listActivities', async (deps, { actor, query, accept }) => {
    if (accept.split(/[;,]/, 1)[0]?.trim().toLowerCase() === ndjson) {
      const lines = exportActivities(deps, actor, filterOf(query));
      return lines.ok ? ok({ stream: { type: ndjson, text: lines.value } }) : lines;
    }
    const { items, nextCursor } = await listActivities(deps, actor, filterOf(query), cursorOf(query));
    return ok({ body: { items: items.map(toWire), nextCursor } });
  }),
  adminRoute('exportActivities', async (deps, { actor, query }) => {
    const lines = exportActivities(deps, actor, filterOf(query));
    return lines.ok ? ok({ stream: { type: ndjson, text: lines.value } }) : lines;
  }),
  adminRoute('verifyActivities', async (deps, { actor }) => {
    const report = deps.verifyTrail(actor.account.tenant).then(reportToWire);
    const answer = await Promise.race([report, wait(patienceMs)]);
    return answer === undefined
      ? ok({ stream: { type: 'application/json; charset=utf-8', text: writeSlowly(report) } })
      : ok({ body: answer });
  }),
  adminRoute('getActivity', async (deps, { actor, params }) => {
    const activity = await getActivity(deps, actor, params.id);
    return activity.ok ? ok({ body: storyToWire(activity.value) }) : activity;
  }),
];
