import type { Tenant } from '../core/tenants/tenant.ts';
import type { Page } from '../ports/page.ts';
import type { TenantStore } from '../ports/stores.ts';

/** Every tenant, read in pages. */
export async function* allTenants(tenants: Pick<TenantStore, 'list'>): AsyncGenerator<Tenant> {
  let cursor: string | null = null;
  do {
    const page: Page<Tenant> = await tenants.list({ limit: 200, cursor });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}
