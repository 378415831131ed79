import type { ServiceAccount } from '../accounts/service-account.ts';
import { type FederationGroup, groupName, groupOf } from './federation-group.ts';

/** What a change of a tenant touched, and nothing else: only this has to be read again. */
export interface Touched {
  /** Ids of accounts that are other than they were, or whose keys are. */
  readonly accounts: readonly string[];
  /** Groups in which a federation of such an account was or is. */
  readonly groups: readonly FederationGroup[];
  /** Issuers that were registered, changed or removed. */
  readonly issuers: readonly string[];
}

/** What is touched where an account takes the place of `before`; `null` where there is none before, or none after. */
export const touchedBy = (
  before: ServiceAccount | null,
  after: ServiceAccount | null,
  issuers: readonly string[] = [],
): Touched => {
  const both = [before, after].filter((account) => account !== null);
  const groups = both.flatMap(({ tenant, federations }) =>
    federations.map((federation) => groupOf(tenant, federation)),
  );
  return {
    accounts: [...new Set(both.map(({ id }) => id))],
    groups: [...new Map(groups.map((group) => [groupName(group), group])).values()],
    issuers,
  };
};

/** What is touched where the keys of an account are others, and nothing else of it is. */
export const touchedKeysOf = ({ id }: Pick<ServiceAccount, 'id'>): Touched => ({
  accounts: [id],
  groups: [],
  issuers: [],
});
