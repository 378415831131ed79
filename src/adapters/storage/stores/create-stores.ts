import type { Kysely } from 'kysely';
import type { Stores } from '../../../ports/stores.ts';
import { reportUnavailable } from '../report-unavailable.ts';
import type { Database } from '../schema.ts';
import { createAccountKeyStore } from './account-key-store.ts';
import type { FindPlaces } from './activity-query.ts';
import { createActivityStore } from './activity-store.ts';
import type { Chaining } from './append-activities.ts';
import { createBlockStore } from './block-store.ts';
import { createCredentialProviderStore } from './credential-provider-store.ts';
import { createInboxStore } from './inbox-store.ts';
import { createRevokedTokenStore } from './revoked-token-store.ts';
import { createRevisionStore } from './revision-store.ts';
import { createServiceAccountStore } from './service-account-store.ts';
import { createSigningKeyStore } from './signing-key-store.ts';
import { createTeamStore } from './team-store.ts';
import { createTenantStore } from './tenant-store.ts';
import { createTrailStore } from './trail-store.ts';
import { createTrustedIssuerStore } from './trusted-issuer-store.ts';
import { createUseCaseStore } from './use-case-store.ts';

/** Every store over one database handle, be it the pool or one transaction. */
export const createStores = (
  db: Kysely<Database>,
  { chaining, findPlaces }: { readonly chaining: Chaining; readonly findPlaces: FindPlaces | null },
): Stores => ({
  tenants: reportUnavailable(createTenantStore(db)),
  trustedIssuers: reportUnavailable(createTrustedIssuerStore(db)),
  serviceAccounts: reportUnavailable(createServiceAccountStore(db)),
  accountKeys: reportUnavailable(createAccountKeyStore(db)),
  teams: reportUnavailable(createTeamStore(db)),
  useCases: reportUnavailable(createUseCaseStore(db)),
  signingKeys: reportUnavailable(createSigningKeyStore(db)),
  credentialProviders: reportUnavailable(createCredentialProviderStore(db)),
  revokedTokens: reportUnavailable(createRevokedTokenStore(db)),
  blocks: reportUnavailable(createBlockStore(db)),
  inbox: reportUnavailable(createInboxStore(db)),
  activities: reportUnavailable(createActivityStore(db, chaining, findPlaces)),
  trail: reportUnavailable(createTrailStore(db, findPlaces)),
  revisions: reportUnavailable(createRevisionStore(db)),
});
