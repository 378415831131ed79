import type { Kysely, Selectable } from 'kysely';
import { defaultTenantSettings, type Tenant, type TenantSettings } from '../../../core/tenants/tenant.ts';
import type { TenantStore } from '../../../ports/stores.ts';
import { readCursor, toPage } from '../cursor.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { requireInserted, updateUnique } from '../unique.ts';

const toTenant = (row: Selectable<Database['tenants']>): Tenant => ({
  name: row.name,
  description: row.description,
  status: row.status,
  // Settings that came later than the row have their defaults.
  settings: {
    ...defaultTenantSettings,
    ...(JSON.parse(row.settings) as Partial<TenantSettings>),
    trustDomain: row.trust_domain,
  },
  createdAt: row.created_at,
  version: row.version,
});

const toRow = ({ settings: { trustDomain, ...settings }, ...tenant }: Tenant) => ({
  name: tenant.name,
  description: tenant.description,
  status: tenant.status,
  settings: JSON.stringify(settings),
  trust_domain: trustDomain,
  created_at: tenant.createdAt,
  version: tenant.version,
});

/** {@link TenantStore} on either engine. */
export const createTenantStore = (db: Kysely<Database>): TenantStore => ({
  find: async (name) => {
    if (!mayBeStored(name)) {
      return null;
    }
    const row = await db.selectFrom('tenants').selectAll().where('name', '=', name).executeTakeFirst();
    return row === undefined ? null : toTenant(row);
  },
  list: async ({ limit, cursor }) => {
    const rows = await db
      .selectFrom('tenants')
      .selectAll()
      .where('seq', '>', readCursor('tenants', cursor, 0))
      .orderBy('seq')
      .limit(limit + 1)
      .execute();
    return toPage('tenants', rows, limit, toTenant);
  },
  insert: async (tenant) => {
    requireInserted(
      'tenant',
      await db
        .insertInto('tenants')
        .values(toRow(tenant))
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
  },
  update: async (tenant) => {
    const { numUpdatedRows } = await updateUnique('trust-domain', () =>
      db
        .updateTable('tenants')
        .set(toRow(tenant))
        .where('name', '=', tenant.name)
        .where('version', '=', tenant.version - 1)
        .executeTakeFirstOrThrow(),
    );
    return numUpdatedRows === 1n;
  },
});
