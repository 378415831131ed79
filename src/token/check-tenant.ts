import { failed, grant, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import type { Tenant } from '../core/tenants/tenant.ts';

/** Whether the tenant a path names exists. */
export const checkTenant = (tenant: Tenant | null, name: string): Verdict<Tenant> =>
  tenant === null
    ? refuse('tenant_unknown', [
        failed('tenant', 'a tenant of this server', present(name), 'The path names no tenant.'),
      ])
    : grant(tenant);

/** Whether anything may be done for the tenant (A65). */
export const checkTenantEnabled = (tenant: Tenant): Verdict<void> =>
  tenant.status === 'enabled'
    ? grant(undefined)
    : refuse('tenant_disabled', [failed('tenant.status', 'enabled', 'disabled', 'The tenant was disabled.')]);
