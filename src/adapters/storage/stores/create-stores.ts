import type { Kysely } from 'kysely';
import type { Stores } from '../../../ports/stores.ts';
import type { Database } from '../schema.ts';
import { createAccountKeyStore } from './account-key-store.ts';
import { createActivityStore } from './activity-store.ts';
import { createRevisionStore } from './revision-store.ts';
import { createServiceAccountStore } from './service-account-store.ts';
import { createSigningKeyStore } from './signing-key-store.ts';
import { createTeamStore } from './team-store.ts';
import { createTenantStore } from './tenant-store.ts';
import { createTrustedIssuerStore } from './trusted-issuer-store.ts';
import { createUseCaseStore } from './use-case-store.ts';

/** Every store over one database handle, be it the pool or one transaction. */
export const createStores = (db: Kysely<Database>): Stores => ({
  tenants: createTenantStore(db),
  trustedIssuers: createTrustedIssuerStore(db),
  serviceAccounts: createServiceAccountStore(db),
  accountKeys: createAccountKeyStore(db),
  teams: createTeamStore(db),
  useCases: createUseCaseStore(db),
  signingKeys: createSigningKeyStore(db),
  activities: createActivityStore(db),
  revisions: createRevisionStore(db),
});
