import { type Activity, blankActivity, type Party } from '../core/activity/activity.ts';
import type { Clock } from '../ports/clock.ts';
import type { NewId } from '../ports/identifiers.ts';

/** The line in the audit trail for a change of the signing keys of `tenant`. */
export const buildRotationActivity = (
  { newId, clock }: { readonly newId: NewId; readonly clock: Pick<Clock, 'now'> },
  tenant: string,
  change: {
    /** For example `prepare`. */
    readonly step: string;
    readonly actor: Party | null;
    readonly sourceAddress: string | null;
    readonly details: NonNullable<Activity['details']>;
  },
): Activity => ({
  ...blankActivity,
  tenant,
  id: newId(),
  time: clock.now(),
  type: `signing-key.${change.step}`,
  outcome: 'changed',
  reason: 'rotated',
  actor: change.actor,
  sourceAddress: change.sourceAddress,
  details: change.details,
});
