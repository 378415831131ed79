import type { ServiceAccount } from '../core/accounts/service-account.ts';
import type { Party } from '../core/activity/activity.ts';

/** Who acts: a service account as it is now, and where from. The tenant of an act is the tenant of its actor. */
export interface Actor {
  readonly account: Pick<ServiceAccount, 'tenant' | 'id' | 'name' | 'role'>;
  readonly sourceAddress: string | null;
}

/** The actor as an activity names it. */
export const partyOf = (account: Pick<ServiceAccount, 'id' | 'name'>): Party => ({
  id: account.id,
  name: account.name,
});
