import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { buildFederationIndex, type CandidateBlocks } from '../core/trust/federation-index.ts';
import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import type { Explanations } from './explanations.ts';
import { atHand, type RegisteredFederations } from './registered-federations.ts';

/** A registration that was checked and is not saved. */
export interface ProposedRegistration {
  /** Stands in the place of the account with its id, where there is one. */
  readonly account: ServiceAccount;
  /** Trusted issuers that would be registered with it. */
  readonly newIssuers: readonly TrustedIssuer[];
}

/** What is registered as it would be with the proposed registration; for the requests of its own tenant. */
export const withProposed = (
  directory: Explanations['directory'],
  { account, newIssuers }: ProposedRegistration,
): Explanations['directory'] => ({
  ...directory,
  issuer: async (tenant, name) => {
    const entry = await directory.issuer(tenant, name);
    if (tenant !== account.tenant) return entry;
    const blocks = await directory.blocks(tenant);
    if (entry !== null) return { ...entry, federations: withAccount(entry.federations, account, blocks) };
    const trustedIssuer = newIssuers.find(({ issuer }) => issuer === name);
    if (trustedIssuer === undefined) return null;
    const federations = buildFederationIndex([account], name, blocks);
    return { trustedIssuer, federations: atHand(federations) };
  },
  account: async (tenant, id) => {
    const entry = await directory.account(tenant, id);
    return tenant === account.tenant && id === account.id ? { account, keys: entry?.keys ?? [] } : entry;
  },
});

const withAccount = (
  federations: RegisteredFederations,
  account: ServiceAccount,
  blocks: CandidateBlocks,
): RegisteredFederations => ({
  covering: async (subject) => (await federations.covering(subject)).withAccount(account, blocks),
  around: async (...about) => (await federations.around(...about)).withAccount(account, blocks),
});
