import type { OpenMinuteCounter } from '../ports/minute-counts.ts';
import { createNetworkOf } from './source-network.ts';

/**
 * Refusals a minute that are kept with all that was presented, where no signature was good: as many of one network, so that it
 * does not use up those of others, and of a tenant. A person who looks for a mistake is far below; a flood is far beyond.
 */
export const fullStories = { perNetwork: 1200, perTenant: 3000 } as const;

/** Keeps who forges tokens of registered issuers from deciding how much is written down of each (A36). */
export interface EvidenceBudget {
  /** Counts one such refusal; whether there is room for all that was presented. */
  admit(tenant: string, sourceAddress: string): boolean;
}

/** @param openCounter counts over all workers of this node */
export const createEvidenceBudget = (openCounter: OpenMinuteCounter): EvidenceBudget => {
  const networkOf = createNetworkOf();
  const ofNetwork = openCounter('evidence.network', fullStories.perNetwork);
  const ofTenant = openCounter('evidence.tenant', fullStories.perTenant);
  return {
    // What is beyond the budget of its network uses up nothing of the tenant's.
    admit: (tenant, sourceAddress) =>
      ofNetwork(`${tenant} ${networkOf(sourceAddress)}`).count <= fullStories.perNetwork &&
      ofTenant(tenant).count <= fullStories.perTenant,
  };
};
