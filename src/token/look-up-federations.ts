import type { ServiceAccount } from '../core/accounts/service-account.ts';
import type { Blocks } from '../core/blocks/blocks.ts';
import { groupsCovering, type PatternPrefixes } from '../core/trust/federation-group.ts';
import {
  buildFederationIndex,
  type Candidate,
  type FederationIndex,
  indexOfCovering,
} from '../core/trust/federation-index.ts';
import type { ServiceAccountStore } from '../ports/stores.ts';
import type { FederationCache } from './federation-cache.ts';
import type { RegisteredFederations } from './registered-federations.ts';

/** What looking up federations uses. */
interface LookUp {
  readonly store: Pick<ServiceAccountStore, 'find' | 'findNear'>;
  readonly cache: Pick<FederationCache, 'find'>;
  readonly blocks: (tenant: string) => Promise<Blocks>;
}

/** An issuer as far as it must be known to look up federations on it. */
interface Outline {
  readonly tenant: string;
  readonly issuer: string;
  readonly prefixes: PatternPrefixes;
  /** Accounts with a federation that no group knows. */
  readonly unplaced: readonly ServiceAccount[];
}

/** The federations on an issuer, looked up subject by subject. */
export const lookUpFederations = (
  { store, cache, blocks }: LookUp,
  { tenant, issuer, prefixes, unplaced }: Outline,
): RegisteredFederations => {
  const findCovering = async (subject: string): Promise<readonly Candidate[]> => {
    const found = await cache.find(groupsCovering(tenant, issuer, subject, prefixes));
    const covering: Candidate[] = [];
    for (const group of found)
      for (const samePattern of group)
        if (samePattern[0]?.covers(subject) === true) covering.push(...samePattern);
    return covering;
  };
  const indexOf = async (accounts: readonly ServiceAccount[]): Promise<FederationIndex> => {
    const each = [...new Map(accounts.map((account) => [account.id, account])).values()];
    const oldestFirst = each.toSorted((one, other) => one.createdAt - other.createdAt);
    return buildFederationIndex(oldestFirst, issuer, await blocks(tenant));
  };
  const accountsOf = (candidates: readonly Candidate[]) => candidates.map(({ account }) => account);

  return {
    covering: async (subject) => {
      const covering = await findCovering(subject);
      return unplaced.length === 0
        ? indexOfCovering(issuer, covering)
        : await indexOf([...accountsOf(covering), ...unplaced]);
    },
    around: async (subject, clientId, limit) => {
      const [covering, named, near] = await Promise.all([
        findCovering(subject),
        clientId === null ? null : store.find(tenant, clientId),
        store.findNear(tenant, issuer, subject, limit),
      ]);
      return await indexOf([
        ...near,
        ...(named === null ? [] : [named]),
        ...unplaced,
        ...accountsOf(covering),
      ]);
    },
  };
};
