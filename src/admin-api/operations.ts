import { type Role, roles } from '../core/accounts/role.ts';
import { defaultTenant } from '../core/tenants/tenant.ts';

/** One operation of the admin API. */
export interface AdminOperation {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/api/v1` or `/t/{tenant}/api/v1`; parameters in braces. */
  readonly path: string;
  /** Who may (contract §5). */
  readonly roles: readonly Role[];
  /** Only accounts of tenant `default` may. */
  readonly defaultTenantOnly?: true;
  readonly summary: string;
  /** Of the answer when it is done. */
  readonly status: 200 | 201 | 204;
  /** Of the answer, where it is not JSON. */
  readonly produces?: 'application/x-ndjson';
  /** The most bytes of its body, where it takes more than any other. */
  readonly bodyBytes?: number;
}

const everyone = roles;
const readers = ['administrator', 'viewer'] as const;
const administrators = ['administrator'] as const;

/**
 * Role × operation: the specification of who may do what (A105). Routes, the OpenAPI document and the test that tries
 * every cell are made from this table; an operation without a row here has no route.
 */
export const adminOperations = {
  listServiceAccounts: {
    method: 'GET',
    path: '/service-accounts',
    roles: readers,
    summary: 'List service accounts',
    status: 200,
  },
  createServiceAccount: {
    method: 'POST',
    path: '/service-accounts',
    roles: administrators,
    summary: 'Create a service account',
    status: 201,
  },
  getServiceAccount: {
    method: 'GET',
    path: '/service-accounts/{id}',
    roles: readers,
    summary: 'Get a service account',
    status: 200,
  },
  patchServiceAccount: {
    method: 'PATCH',
    path: '/service-accounts/{id}',
    roles: administrators,
    summary: 'Change a service account',
    status: 200,
  },
  deleteServiceAccount: {
    method: 'DELETE',
    path: '/service-accounts/{id}',
    roles: administrators,
    summary: 'Delete a service account',
    status: 204,
  },
  proposeServiceAccount: {
    method: 'POST',
    path: '/service-accounts:propose',
    roles: administrators,
    summary: 'Propose a service account for a token',
    status: 200,
  },

  listInbox: {
    method: 'GET',
    path: '/inbox',
    roles: readers,
    summary: 'List refused attempts that matched no account, the last seen first',
    status: 200,
  },
  getInboxEntry: {
    method: 'GET',
    path: '/inbox/{id}',
    roles: readers,
    summary: 'Get refused attempts with a sample of their claims',
    status: 200,
  },
  deleteInboxEntry: {
    method: 'DELETE',
    path: '/inbox/{id}',
    roles: administrators,
    summary: 'Take refused attempts out of the inbox',
    status: 204,
  },
  proposeFromInbox: {
    method: 'POST',
    path: '/inbox/{id}/propose',
    roles: administrators,
    summary: 'Propose a service account for refused attempts',
    status: 200,
  },

  listAccountKeys: {
    method: 'GET',
    path: '/service-accounts/{id}/keys',
    roles: readers,
    summary: 'List the keys of a service account',
    status: 200,
  },
  createAccountKey: {
    method: 'POST',
    path: '/service-accounts/{id}/keys',
    roles: administrators,
    summary: 'Give a service account a key',
    status: 201,
  },
  getAccountKey: {
    method: 'GET',
    path: '/service-accounts/{id}/keys/{keyId}',
    roles: readers,
    summary: 'Get a key of a service account',
    status: 200,
  },
  patchAccountKey: {
    method: 'PATCH',
    path: '/service-accounts/{id}/keys/{keyId}',
    roles: administrators,
    summary: 'Disable, enable or limit a key of a service account',
    status: 200,
  },
  deleteAccountKey: {
    method: 'DELETE',
    path: '/service-accounts/{id}/keys/{keyId}',
    roles: administrators,
    summary: 'Delete a key of a service account',
    status: 204,
  },

  listTrustedIssuers: {
    method: 'GET',
    path: '/trusted-issuers',
    roles: readers,
    summary: 'List trusted issuers',
    status: 200,
  },
  createTrustedIssuer: {
    method: 'POST',
    path: '/trusted-issuers',
    roles: administrators,
    summary: 'Register a trusted issuer',
    status: 201,
  },
  getTrustedIssuer: {
    method: 'GET',
    path: '/trusted-issuers/{id}',
    roles: readers,
    summary: 'Get a trusted issuer and the health of its keys',
    status: 200,
  },
  patchTrustedIssuer: {
    method: 'PATCH',
    path: '/trusted-issuers/{id}',
    roles: administrators,
    summary: 'Change a trusted issuer',
    status: 200,
  },
  deleteTrustedIssuer: {
    method: 'DELETE',
    path: '/trusted-issuers/{id}',
    roles: administrators,
    summary: 'Delete a trusted issuer',
    status: 204,
  },
  refreshTrustedIssuer: {
    method: 'POST',
    path: '/trusted-issuers/{id}/refresh',
    roles: administrators,
    summary: 'Fetch the keys of a trusted issuer now',
    status: 200,
  },

  listCredentialProviders: {
    method: 'GET',
    path: '/credential-providers',
    roles: readers,
    summary: 'List credential providers',
    status: 200,
  },
  createCredentialProvider: {
    method: 'POST',
    path: '/credential-providers',
    roles: administrators,
    summary: 'Create a credential provider',
    status: 201,
  },
  getCredentialProvider: {
    method: 'GET',
    path: '/credential-providers/{id}',
    roles: readers,
    summary: 'Get a credential provider',
    status: 200,
  },
  patchCredentialProvider: {
    method: 'PATCH',
    path: '/credential-providers/{id}',
    roles: administrators,
    summary: 'Change a credential provider',
    status: 200,
  },
  deleteCredentialProvider: {
    method: 'DELETE',
    path: '/credential-providers/{id}',
    roles: administrators,
    summary: 'Delete a credential provider',
    status: 204,
  },
  verifyCredentialProvider: {
    method: 'POST',
    path: '/credential-providers/{id}/verify',
    roles: administrators,
    summary: 'Try a credential provider with a sample',
    status: 200,
  },

  listSigningKeys: {
    method: 'GET',
    path: '/signing-keys',
    roles: readers,
    summary: 'List the signing keys and what comes next for each',
    status: 200,
  },
  rotateSigningKeys: {
    method: 'POST',
    path: '/signing-keys/rotate',
    roles: administrators,
    summary: 'Rotate signing keys now',
    status: 200,
  },
  revokeSigningKey: {
    method: 'POST',
    path: '/signing-keys/{kid}/revoke',
    roles: administrators,
    summary: 'Withdraw a signing key at once',
    status: 200,
  },

  listBlocks: {
    method: 'GET',
    path: '/blocks',
    roles: readers,
    summary: 'List what is blocked',
    status: 200,
  },
  createBlock: {
    method: 'POST',
    path: '/blocks',
    roles: administrators,
    summary: 'Block an account, a federation, a trusted issuer, a foreign subject or a foreign key at once',
    status: 201,
  },
  getBlock: { method: 'GET', path: '/blocks/{id}', roles: readers, summary: 'Get a block', status: 200 },
  deleteBlock: {
    method: 'DELETE',
    path: '/blocks/{id}',
    roles: administrators,
    summary: 'Remove a block; its target is what it was before',
    status: 204,
  },

  listTeams: { method: 'GET', path: '/teams', roles: readers, summary: 'List teams', status: 200 },
  createTeam: {
    method: 'POST',
    path: '/teams',
    roles: administrators,
    summary: 'Create a team',
    status: 201,
  },
  getTeam: { method: 'GET', path: '/teams/{name}', roles: readers, summary: 'Get a team', status: 200 },
  patchTeam: {
    method: 'PATCH',
    path: '/teams/{name}',
    roles: administrators,
    summary: 'Change a team',
    status: 200,
  },
  deleteTeam: {
    method: 'DELETE',
    path: '/teams/{name}',
    roles: administrators,
    summary: 'Delete a team',
    status: 204,
  },

  listUseCases: { method: 'GET', path: '/use-cases', roles: readers, summary: 'List use cases', status: 200 },
  createUseCase: {
    method: 'POST',
    path: '/use-cases',
    roles: administrators,
    summary: 'Create a use case',
    status: 201,
  },
  getUseCase: {
    method: 'GET',
    path: '/use-cases/{name}',
    roles: readers,
    summary: 'Get a use case',
    status: 200,
  },
  patchUseCase: {
    method: 'PATCH',
    path: '/use-cases/{name}',
    roles: administrators,
    summary: 'Change a use case',
    status: 200,
  },
  deleteUseCase: {
    method: 'DELETE',
    path: '/use-cases/{name}',
    roles: administrators,
    summary: 'Delete a use case',
    status: 204,
  },

  listActivities: {
    method: 'GET',
    path: '/activities',
    roles: everyone,
    summary: 'List activities, newest first',
    status: 200,
  },
  exportActivities: {
    method: 'GET',
    path: '/activities/export',
    roles: everyone,
    summary: 'Export activities, oldest first, one JSON object a line, with a signed last line',
    status: 200,
    produces: 'application/x-ndjson',
  },
  verifyActivities: {
    method: 'GET',
    path: '/activities/verify',
    roles: everyone,
    summary: 'Prove that no activity was changed, moved or cut',
    status: 200,
  },
  getActivity: {
    method: 'GET',
    path: '/activities/{id}',
    roles: everyone,
    summary: 'Get the activity behind a receipt',
    status: 200,
  },

  explain: {
    method: 'POST',
    path: '/explain',
    roles: administrators,
    summary: 'Explain what the token endpoint would do, without doing it',
    status: 200,
    // Room for a form that is too large for the token endpoint, so that this is what it says.
    bodyBytes: 256 * 1024,
  },

  getSettings: {
    method: 'GET',
    path: '/settings',
    roles: readers,
    summary: 'Get the settings of the tenant',
    status: 200,
  },
  patchSettings: {
    method: 'PATCH',
    path: '/settings',
    roles: administrators,
    summary: 'Change the settings of the tenant',
    status: 200,
  },

  listTenants: {
    method: 'GET',
    path: '/tenants',
    roles: administrators,
    defaultTenantOnly: true,
    summary: 'List tenants',
    status: 200,
  },
  createTenant: {
    method: 'POST',
    path: '/tenants',
    roles: administrators,
    defaultTenantOnly: true,
    summary: 'Create a tenant with its first administrator',
    status: 201,
  },
  getTenant: {
    method: 'GET',
    path: '/tenants/{name}',
    roles: administrators,
    defaultTenantOnly: true,
    summary: 'Get a tenant',
    status: 200,
  },
  patchTenant: {
    method: 'PATCH',
    path: '/tenants/{name}',
    roles: administrators,
    defaultTenantOnly: true,
    summary: 'Disable, enable or describe a tenant',
    status: 200,
  },
} as const satisfies Record<string, AdminOperation>;

/** The name of a row of {@link adminOperations}. */
export type AdminOperationName = keyof typeof adminOperations;

/** Whether an account of `tenant` with `role` may do `operation` within its own tenant. */
export const permits = (
  operation: AdminOperation,
  account: { readonly tenant: string; readonly role: Role | null },
): boolean =>
  account.role !== null &&
  operation.roles.includes(account.role) &&
  (operation.defaultTenantOnly !== true || account.tenant === defaultTenant);
