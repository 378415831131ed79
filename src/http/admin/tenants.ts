import type * as z from 'zod';
import { createTenant, getTenant, listTenants, patchTenant } from '../../admin/tenants.ts';
import type { tenantResource } from '../../admin-api/tenants.ts';
import { ok } from '../../core/result.ts';
import { type Tenant, tenantIssuer } from '../../core/tenants/tenant.ts';
import { type AdminRoute, adminRoute } from './admin-route.ts';
import { cursorOf } from './page-request.ts';
import { toIso } from './wire-time.ts';

const toWire = (baseIssuer: string, tenant: Tenant): z.input<typeof tenantResource> => ({
  name: tenant.name,
  description: tenant.description,
  status: tenant.status,
  issuer: tenantIssuer(baseIssuer, tenant.name),
  createdAt: toIso(tenant.createdAt),
});

/** The routes of `tenants`, for administrators of tenant `default`. */
export const tenantRoutes: readonly AdminRoute[] = [
  adminRoute('listTenants', async (deps, { actor, query }) => {
    const { items, nextCursor } = await listTenants(deps, actor, cursorOf(query));
    return ok({ body: { items: items.map((tenant) => toWire(deps.baseIssuer, tenant)), nextCursor } });
  }),
  adminRoute('createTenant', async (deps, { actor, body }) => {
    const opened = await createTenant(deps, actor, body);
    if (!opened.ok) return opened;
    const { tenant, credentials } = opened.value;
    return ok({
      body: { ...toWire(deps.baseIssuer, tenant), credentials },
      version: tenant.version,
      location: `/tenants/${tenant.name}`,
    });
  }),
  adminRoute('getTenant', async (deps, { actor, params }) => {
    const tenant = await getTenant(deps, actor, params.name);
    return tenant.ok
      ? ok({ body: toWire(deps.baseIssuer, tenant.value), version: tenant.value.version })
      : tenant;
  }),
  adminRoute('patchTenant', async (deps, { actor, params, condition, body }) => {
    const tenant = await patchTenant(deps, actor, params.name, condition, body);
    return tenant.ok
      ? ok({ body: toWire(deps.baseIssuer, tenant.value), version: tenant.value.version })
      : tenant;
  }),
];
