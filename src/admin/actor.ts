import type { ServiceAccount } from '../core/accounts/service-account.ts';

/** Who acts: a service account as it is now, and where from. The tenant of an act is the tenant of its actor. */
export interface Actor {
  readonly account: Pick<ServiceAccount, 'tenant' | 'id' | 'name' | 'role'>;
  readonly sourceAddress: string | null;
}
