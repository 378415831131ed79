import type * as z from 'zod';
import type {
  activityResource,
  candidatesResource,
  explanationResource,
} from '../../admin-api/activities.ts';
import type { Activity } from '../../core/activity/activity.ts';
import type { Explanation } from '../../core/activity/explain-refusal.ts';
import type { CandidateChecks } from '../../core/activity/group-candidates.ts';

type Wire = z.input<typeof activityResource>;

/** Form parameters as the wire has them. */
export const parametersToWire = (parameters: Activity['parameters']): Wire['parameters'] =>
  parameters === null
    ? null
    : Object.fromEntries(
        Object.entries(parameters).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : [...value],
        ]),
      );

/** Presented tokens as the wire has them. */
export const presentedToWire = (presented: Activity['presented']): Wire['presented'] =>
  presented.map(({ parameter, header, claims, verified }) => ({
    parameter,
    header: header as Wire['presented'][number]['header'],
    claims: claims as Wire['presented'][number]['claims'],
    verified,
  }));

/** An explanation as the wire has it. */
export const explanationToWire = (
  explanation: Explanation | null,
): z.input<typeof explanationResource> | null =>
  explanation === null
    ? null
    : { ...explanation, causes: explanation.causes.map(({ check, sentence }) => ({ check, sentence })) };

/** Candidates as the wire has them. */
export const candidatesToWire = (
  candidates: readonly CandidateChecks[],
): z.input<typeof candidatesResource> =>
  candidates.map(({ account, federation, matches, checks }) => ({
    account,
    federation,
    matches,
    checks: [...checks],
  }));
