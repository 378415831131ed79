import type { Selectable } from 'kysely';
import type { ServiceAccount } from '../../../core/accounts/service-account.ts';
import type { Federation } from '../../../core/trust/federation.ts';
import type { RegistrationWarning } from '../../../core/trust/lint/warning.ts';
import { federationFingerprint } from '../federation-fingerprint.ts';
import { federationPlace } from '../federation-place.ts';
import type { Database } from '../schema.ts';
import { toSearchText } from '../text.ts';

/** A row as far as it makes an account: without what it is searched by. */
export type AccountRow = Omit<Selectable<Database['service_accounts']>, 'search'>;

/** The columns of {@link AccountRow}. */
export const accountColumns = [
  'service_accounts.seq',
  'service_accounts.tenant',
  'service_accounts.id',
  'service_accounts.name',
  'service_accounts.description',
  'service_accounts.owning_team',
  'service_accounts.use_case',
  'service_accounts.scopes',
  'service_accounts.audiences',
  'service_accounts.role',
  'service_accounts.status',
  'service_accounts.access_token_algorithm',
  'service_accounts.cap_to_subject_expiry',
  'service_accounts.federations',
  'service_accounts.warnings',
  'service_accounts.created_at',
  'service_accounts.updated_at',
  'service_accounts.version',
] as const;

/** The service account in a row. */
export const toServiceAccount = (row: AccountRow): ServiceAccount => ({
  tenant: row.tenant,
  id: row.id,
  name: row.name,
  description: row.description,
  owningTeam: row.owning_team,
  useCase: row.use_case,
  scopes: JSON.parse(row.scopes) as readonly string[],
  audiences: JSON.parse(row.audiences) as readonly string[],
  role: row.role,
  status: row.status,
  accessTokenAlgorithm: row.access_token_algorithm,
  capToSubjectExpiry: row.cap_to_subject_expiry === 1,
  federations: JSON.parse(row.federations) as readonly Federation[],
  ...(row.warnings === null ? {} : { warnings: JSON.parse(row.warnings) as readonly RegistrationWarning[] }),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  version: row.version,
});

/** The row of a service account, but for its place in lists, which the database gives. */
export const toServiceAccountRow = (account: ServiceAccount) => ({
  tenant: account.tenant,
  id: account.id,
  name: account.name,
  description: account.description,
  search: toSearchText(account.name, account.description),
  owning_team: account.owningTeam,
  use_case: account.useCase,
  scopes: JSON.stringify(account.scopes),
  audiences: JSON.stringify(account.audiences),
  role: account.role,
  status: account.status,
  access_token_algorithm: account.accessTokenAlgorithm,
  cap_to_subject_expiry: account.capToSubjectExpiry ? (1 as const) : (0 as const),
  federations: JSON.stringify(account.federations),
  warnings: account.warnings === undefined ? null : JSON.stringify(account.warnings),
  created_at: account.createdAt,
  updated_at: account.updatedAt,
  version: account.version,
});

/** The rows by which the federations of an account are found, but for the account's place in lists. */
export const toFederationRows = ({ tenant, id, federations }: ServiceAccount) =>
  federations.map((federation) => ({
    tenant,
    account_id: id,
    issuer: federation.issuer,
    fingerprint: federationFingerprint(federation),
    ...federationPlace(tenant, federation),
  }));
