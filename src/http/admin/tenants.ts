import * as z from 'zod';
import { createTenant, getTenant, listTenants, patchTenant } from '../../admin/tenants.ts';
import { listQuery, pageOf } from '../../admin-api/page.ts';
import {
  createTenantBody,
  openedTenantResource,
  patchTenantBody,
  tenantResource,
} from '../../admin-api/tenants.ts';
import { identifier } from '../../admin-api/text.ts';
import { ok } from '../../core/result.ts';
import { type Tenant, tenantIssuer } from '../../core/tenants/tenant.ts';
import { type AdminRoute, adminRoute, noMembers } from './admin-route.ts';
import { cursorOf } from './page-request.ts';
import { toIso } from './wire-time.ts';

const named = z.strictObject({ name: identifier });

const toWire = (baseIssuer: string, tenant: Tenant): z.input<typeof tenantResource> => ({
  name: tenant.name,
  description: tenant.description,
  status: tenant.status,
  issuer: tenantIssuer(baseIssuer, tenant.name),
  createdAt: toIso(tenant.createdAt),
});

/** The routes of `tenants`, for administrators of tenant `default`. */
export const tenantRoutes: readonly AdminRoute[] = [
  adminRoute({
    operation: 'listTenants',
    status: 200,
    params: noMembers,
    query: listQuery,
    body: null,
    response: pageOf(tenantResource).meta({ id: 'TenantPage' }),
    handle: async (deps, { actor, query }) => {
      const { items, nextCursor } = await listTenants(deps, actor, cursorOf(query));
      return ok({ body: { items: items.map((tenant) => toWire(deps.baseIssuer, tenant)), nextCursor } });
    },
  }),
  adminRoute({
    operation: 'createTenant',
    status: 201,
    params: noMembers,
    query: noMembers,
    body: createTenantBody,
    response: openedTenantResource,
    handle: async (deps, { actor, body }) => {
      const opened = await createTenant(deps, actor, body);
      if (!opened.ok) return opened;
      const { tenant, credentials } = opened.value;
      return ok({
        body: { ...toWire(deps.baseIssuer, tenant), credentials },
        version: tenant.version,
        location: `/tenants/${tenant.name}`,
      });
    },
  }),
  adminRoute({
    operation: 'getTenant',
    status: 200,
    params: named,
    query: noMembers,
    body: null,
    response: tenantResource,
    handle: async (deps, { actor, params }) => {
      const tenant = await getTenant(deps, actor, params.name);
      return tenant.ok
        ? ok({ body: toWire(deps.baseIssuer, tenant.value), version: tenant.value.version })
        : tenant;
    },
  }),
  adminRoute({
    operation: 'patchTenant',
    status: 200,
    params: named,
    query: noMembers,
    body: patchTenantBody,
    response: tenantResource,
    handle: async (deps, { actor, params, condition, body }) => {
      const tenant = await patchTenant(deps, actor, params.name, condition, body);
      return tenant.ok
        ? ok({ body: toWire(deps.baseIssuer, tenant.value), version: tenant.value.version })
        : tenant;
    },
  }),
];
