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
  },
  createServiceAccount: {
    method: 'POST',
    path: '/service-accounts',
    roles: administrators,
    summary: 'Create a service account',
  },
  getServiceAccount: {
    method: 'GET',
    path: '/service-accounts/{id}',
    roles: readers,
    summary: 'Get a service account',
  },
  patchServiceAccount: {
    method: 'PATCH',
    path: '/service-accounts/{id}',
    roles: administrators,
    summary: 'Change a service account',
  },
  deleteServiceAccount: {
    method: 'DELETE',
    path: '/service-accounts/{id}',
    roles: administrators,
    summary: 'Delete a service account',
  },

  listTrustedIssuers: {
    method: 'GET',
    path: '/trusted-issuers',
    roles: readers,
    summary: 'List trusted issuers',
  },
  createTrustedIssuer: {
    method: 'POST',
    path: '/trusted-issuers',
    roles: administrators,
    summary: 'Register a trusted issuer',
  },
  getTrustedIssuer: {
    method: 'GET',
    path: '/trusted-issuers/{id}',
    roles: readers,
    summary: 'Get a trusted issuer and the health of its keys',
  },
  patchTrustedIssuer: {
    method: 'PATCH',
    path: '/trusted-issuers/{id}',
    roles: administrators,
    summary: 'Change a trusted issuer',
  },
  deleteTrustedIssuer: {
    method: 'DELETE',
    path: '/trusted-issuers/{id}',
    roles: administrators,
    summary: 'Delete a trusted issuer',
  },
  refreshTrustedIssuer: {
    method: 'POST',
    path: '/trusted-issuers/{id}/refresh',
    roles: administrators,
    summary: 'Fetch the keys of a trusted issuer now',
  },

  listTeams: { method: 'GET', path: '/teams', roles: readers, summary: 'List teams' },
  createTeam: { method: 'POST', path: '/teams', roles: administrators, summary: 'Create a team' },
  getTeam: { method: 'GET', path: '/teams/{name}', roles: readers, summary: 'Get a team' },
  patchTeam: { method: 'PATCH', path: '/teams/{name}', roles: administrators, summary: 'Change a team' },
  deleteTeam: { method: 'DELETE', path: '/teams/{name}', roles: administrators, summary: 'Delete a team' },

  listUseCases: { method: 'GET', path: '/use-cases', roles: readers, summary: 'List use cases' },
  createUseCase: { method: 'POST', path: '/use-cases', roles: administrators, summary: 'Create a use case' },
  getUseCase: { method: 'GET', path: '/use-cases/{name}', roles: readers, summary: 'Get a use case' },
  patchUseCase: {
    method: 'PATCH',
    path: '/use-cases/{name}',
    roles: administrators,
    summary: 'Change a use case',
  },
  deleteUseCase: {
    method: 'DELETE',
    path: '/use-cases/{name}',
    roles: administrators,
    summary: 'Delete a use case',
  },

  listActivities: {
    method: 'GET',
    path: '/activities',
    roles: everyone,
    summary: 'List activities, newest first',
  },
  getActivity: {
    method: 'GET',
    path: '/activities/{id}',
    roles: everyone,
    summary: 'Get the activity behind a receipt',
  },

  getSettings: {
    method: 'GET',
    path: '/settings',
    roles: readers,
    summary: 'Get the settings of the tenant',
  },
  patchSettings: {
    method: 'PATCH',
    path: '/settings',
    roles: administrators,
    summary: 'Change the settings of the tenant',
  },

  listTenants: {
    method: 'GET',
    path: '/tenants',
    roles: administrators,
    defaultTenantOnly: true,
    summary: 'List tenants',
  },
  createTenant: {
    method: 'POST',
    path: '/tenants',
    roles: administrators,
    defaultTenantOnly: true,
    summary: 'Create a tenant with its first administrator',
  },
  getTenant: {
    method: 'GET',
    path: '/tenants/{name}',
    roles: administrators,
    defaultTenantOnly: true,
    summary: 'Get a tenant',
  },
  patchTenant: {
    method: 'PATCH',
    path: '/tenants/{name}',
    roles: administrators,
    defaultTenantOnly: true,
    summary: 'Disable, enable or describe a tenant',
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

/** What each role holds: itself and every weaker one. */
const held: Readonly<Record<Role, readonly Role[]>> = {
  administrator: ['administrator', 'viewer', 'auditor'],
  viewer: ['viewer', 'auditor'],
  auditor: ['auditor'],
};

/**
 * Whether `actor` holds every one of `concerned`: no one grants a role they do not hold, and no one changes, disables or
 * links a federation to an account that is stronger than they are (A106).
 */
export const holdsRoles = (actor: Role | null, concerned: readonly (Role | null)[]): boolean =>
  concerned.every((role) => role === null || (actor !== null && held[actor].includes(role)));
