import type * as z from 'zod';
import { getSettings, patchSettings } from '../../admin/settings.ts';
import type { settingsResource } from '../../admin-api/settings.ts';
import { ok } from '../../core/result.ts';
import type { Tenant } from '../../core/tenants/tenant.ts';
import { type AdminRoute, adminRoute } from './admin-route.ts';

const toWire = ({ settings }: Tenant): z.input<typeof settingsResource> => ({
  accessTokenAlgorithm: settings.accessTokenAlgorithm,
  assertionAudiences: [...settings.assertionAudiences],
  federatedClientAssertion: settings.federatedClientAssertion,
  strictScopes: settings.strictScopes,
  activityRetentionDays: settings.activityRetentionDays,
  trustDomain: settings.trustDomain,
});

/** The routes of `settings`. */
export const settingsRoutes: readonly AdminRoute[] = [
  adminRoute('getSettings', async (deps, { actor }) => {
    const tenant = await getSettings(deps, actor);
    return tenant.ok ? ok({ body: toWire(tenant.value), version: tenant.value.version }) : tenant;
  }),
  adminRoute('patchSettings', async (deps, { actor, condition, body }) => {
    const tenant = await patchSettings(deps, actor, condition, body);
    return tenant.ok ? ok({ body: toWire(tenant.value), version: tenant.value.version }) : tenant;
  }),
];
