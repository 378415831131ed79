import type * as z from 'zod';
import type { AdminDependencies } from '../../admin/dependencies.ts';
import {
  createServiceAccount,
  deleteServiceAccount,
  getServiceAccount,
  listServiceAccounts,
  patchServiceAccount,
  type ServiceAccountView,
} from '../../admin/service-accounts.ts';
import type { listServiceAccountsQuery, serviceAccountResource } from '../../admin-api/service-accounts.ts';
import { effectiveAudiences } from '../../core/accounts/effective-audiences.ts';
import { ok } from '../../core/result.ts';
import { tenantIssuer } from '../../core/tenants/tenant.ts';
import type { ServiceAccountFilter } from '../../ports/stores.ts';
import { toAccountKeyRequest } from './account-keys.ts';
import { type AdminRoute, adminRoute } from './admin-route.ts';
import { cursorOf } from './page-request.ts';
import { toIso } from './wire-time.ts';

const toWire = (
  deps: Pick<AdminDependencies, 'baseIssuer'>,
  { account, jwksUris }: ServiceAccountView,
): z.input<typeof serviceAccountResource> => ({
  id: account.id,
  clientId: account.id,
  name: account.name,
  description: account.description,
  owningTeam: account.owningTeam,
  useCase: account.useCase,
  scopes: [...account.scopes],
  audiences: audiencesOf(deps, account),
  role: account.role,
  status: account.status,
  accessTokenAlgorithm: account.accessTokenAlgorithm,
  capToSubjectExpiry: account.capToSubjectExpiry,
  federations: account.federations.map((federation) => ({
    id: federation.id,
    issuer: federation.issuer,
    jwksUri: jwksUris.get(federation.issuer) ?? null,
    subject: federation.subject,
    subjectPattern: federation.subjectPattern,
    audience: federation.audience,
    conditions: federation.conditions.map((condition) =>
      'oneOf' in condition ? { ...condition, oneOf: [...condition.oneOf] } : { ...condition },
    ),
    cel: federation.cel,
    allowAdditionalAudiences: federation.allowAdditionalAudiences,
  })),
  warnings: (account.warnings ?? []).map((warning) => ({ ...warning })),
  createdAt: toIso(account.createdAt),
  updatedAt: toIso(account.updatedAt),
});

/** As registered; where nothing was, the audience its tokens get. */
const audiencesOf = (
  deps: Pick<AdminDependencies, 'baseIssuer'>,
  account: ServiceAccountView['account'],
): string[] =>
  account.audiences.length > 0
    ? [...account.audiences]
    : [effectiveAudiences(account, tenantIssuer(deps.baseIssuer, account.tenant)).default];

const filterOf = ({
  team,
  useCase,
  status,
  q,
}: z.output<typeof listServiceAccountsQuery>): ServiceAccountFilter => ({
  ...(team === undefined ? {} : { team }),
  ...(useCase === undefined ? {} : { useCase }),
  ...(status === undefined ? {} : { status }),
  ...(q === undefined ? {} : { q }),
});

/** The routes of `service-accounts`. */
export const serviceAccountRoutes: readonly AdminRoute[] = [
  adminRoute('listServiceAccounts', async (deps, { actor, query }) => {
    const { items, nextCursor } = await listServiceAccounts(deps, actor, filterOf(query), cursorOf(query));
    return ok({ body: { items: items.map((view) => toWire(deps, view)), nextCursor } });
  }),
  adminRoute('createServiceAccount', async (deps, { actor, body: { key, ...members } }) => {
    const federations = members.federations.map((federation) => ({ ...federation, id: null }));
    const firstKey = key === undefined ? null : toAccountKeyRequest(key);
    const created = await createServiceAccount(deps, actor, { ...members, federations }, firstKey);
    if (!created.ok) return created;
    const { account, credentials } = created.value;
    return ok({
      body: { ...toWire(deps, created.value), ...(credentials === null ? {} : { credentials }) },
      version: account.version,
      location: `/service-accounts/${account.id}`,
    });
  }),
  adminRoute('getServiceAccount', async (deps, { actor, params }) => {
    const view = await getServiceAccount(deps, actor, params.id);
    return view.ok ? ok({ body: toWire(deps, view.value), version: view.value.account.version }) : view;
  }),
  adminRoute('patchServiceAccount', async (deps, { actor, params, query, condition, body }) => {
    const view = await patchServiceAccount(deps, actor, params.id, condition, body, query.force);
    return view.ok ? ok({ body: toWire(deps, view.value), version: view.value.account.version }) : view;
  }),
  adminRoute('deleteServiceAccount', async (deps, { actor, params, query, condition }) => {
    const gone = await deleteServiceAccount(deps, actor, params.id, condition, query.force);
    return gone.ok ? ok({ body: undefined }) : gone;
  }),
];
