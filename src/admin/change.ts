import { type Activity, blankActivity, type Party, partyOf } from '../core/activity/activity.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { Touched } from '../core/trust/touched.ts';
import { type Stores, UniqueViolation } from '../ports/stores.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, refuse } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';

/** What a change leaves behind: its result and its line in the audit trail. */
export interface Change<T> {
  readonly value: T;
  readonly activity: ChangeActivity;
  /** What it touched, where that is known; else everything of the tenant is read again. */
  readonly touched?: Touched | undefined;
}

/** The parts of an activity that differ from change to change. */
export interface ChangeActivity {
  /** For example `service-account.create`. */
  readonly type: string;
  /** For example `created`. */
  readonly reason: 'created' | 'changed' | 'deleted';
  readonly account?: Party;
  readonly issuer?: string;
  readonly subject?: string;
  /** Which members, which names; never a value that could be secret. */
  readonly details: NonNullable<Activity['details']>;
}

/** Carries a refusal out of a transaction, so that everything is rolled back; caught in {@link changeTenant} only. */
class RolledBack extends Error {
  readonly problem: AdminProblem;
  constructor(problem: AdminProblem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/**
 * Makes a change of the actor's tenant in one transaction together with its activity and the revision other nodes look
 * at (AD-13): all of it is durable when this resolves, or nothing is. The revision grows first, because that takes the
 * lock of the tenant's row: changes of one tenant queue up, so what `work` reads stays true until it commits.
 */
export const changeTenant = async <T>(
  deps: Pick<AdminDependencies, 'storage' | 'clock' | 'newId' | 'changed'>,
  actor: Actor,
  work: (stores: Stores) => Promise<Result<Change<T>, AdminProblem>>,
): Promise<Result<T, AdminProblem>> => {
  const tenant = actor.account.tenant;
  try {
    const { value, touched } = await deps.storage.transaction(async (stores) => {
      await stores.revisions.bump(tenant);
      const result = await work(stores);
      if (!result.ok) throw new RolledBack(result.error);
      await stores.activities.append([buildChangeActivity(deps, actor, result.value.activity)]);
      if (result.value.touched !== undefined) await stores.revisions.describe(tenant, result.value.touched);
      return result.value;
    });
    await deps.changed(tenant, touched);
    return ok(value);
  } catch (error) {
    if (error instanceof RolledBack) return fail(error.problem);
    if (error instanceof UniqueViolation) return refuseDuplicate(error.what);
    throw error;
  }
};

/** The store found the duplicate, so this holds for two that arrive at once as well (A43). */
const refuseDuplicate = (what: string) =>
  what === 'federation'
    ? refuse(
        'federation_exists',
        'A service account of this tenant has a federation with this issuer, subject and audience already. Use that account, or change one of the two.',
      )
    : what === 'trust-domain'
      ? refuse(
          'already_exists',
          'Another tenant of this server issues for this trust domain. Use one of your own.',
        )
      : what === 'block'
        ? refuse('already_exists', 'This is blocked already. Look for its block in the list.')
        : what === 'account-key'
          ? refuse(
              'already_exists',
              'The account has this key already, or another one with this kid. Use that one, or give another kid.',
            )
          : refuse(
              'already_exists',
              `There is a ${what.replaceAll('-', ' ')} of this name already. Choose another name.`,
            );

/** The audit line of a change by `actor`. */
export const buildChangeActivity = (
  deps: Pick<AdminDependencies, 'clock' | 'newId'>,
  actor: Actor,
  change: ChangeActivity,
): Activity => ({
  ...blankActivity,
  tenant: actor.account.tenant,
  id: deps.newId(),
  time: deps.clock.now(),
  type: change.type,
  outcome: 'changed',
  reason: change.reason,
  account: change.account ?? null,
  actor: partyOf(actor.account),
  issuer: change.issuer ?? null,
  subject: change.subject ?? null,
  sourceAddress: actor.sourceAddress,
  details: change.details,
});

/** The names of the members of `after` that differ from `before`. */
export const changedMembers = <T extends object>(
  before: T,
  after: T,
  members: readonly (keyof T & string)[],
): readonly string[] =>
  members.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
