import type { Kysely, Selectable } from 'kysely';
import type { UseCase } from '../../../core/accounts/use-case.ts';
import type { UseCaseStore } from '../../../ports/stores.ts';
import { readCursor, toPage } from '../cursor.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { requireInserted } from '../unique.ts';

const toUseCase = (row: Selectable<Database['use_cases']>): UseCase => ({
  tenant: row.tenant,
  name: row.name,
  description: row.description,
  scopes: JSON.parse(row.scopes) as readonly string[],
  createdAt: row.created_at,
  version: row.version,
});

const toRow = (useCase: UseCase) => ({
  tenant: useCase.tenant,
  name: useCase.name,
  description: useCase.description,
  scopes: JSON.stringify(useCase.scopes),
  created_at: useCase.createdAt,
  version: useCase.version,
});

/** {@link UseCaseStore} on either engine. */
export const createUseCaseStore = (db: Kysely<Database>): UseCaseStore => ({
  find: async (tenant, name) => {
    if (!mayBeStored(tenant, name)) {
      return null;
    }
    const row = await db
      .selectFrom('use_cases')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('name', '=', name)
      .executeTakeFirst();
    return row === undefined ? null : toUseCase(row);
  },
  list: async (tenant, { limit, cursor }) => {
    const rows = await db
      .selectFrom('use_cases')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('seq', '>', readCursor('use-cases', cursor, 0))
      .orderBy('seq')
      .limit(limit + 1)
      .execute();
    return toPage('use-cases', rows, limit, toUseCase);
  },
  insert: async (useCase) => {
    requireInserted(
      'use-case',
      await db
        .insertInto('use_cases')
        .values(toRow(useCase))
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
  },
  update: async (useCase) => {
    const { numUpdatedRows } = await db
      .updateTable('use_cases')
      .set(toRow(useCase))
      .where('tenant', '=', useCase.tenant)
      .where('name', '=', useCase.name)
      .where('version', '=', useCase.version - 1)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  },
  remove: async (tenant, name, version) => {
    if (!mayBeStored(tenant, name)) {
      return false;
    }
    const { numDeletedRows } = await db
      .deleteFrom('use_cases')
      .where('tenant', '=', tenant)
      .where('name', '=', name)
      .where('version', '=', version)
      .executeTakeFirstOrThrow();
    return numDeletedRows === 1n;
  },
  inUse: async (tenant, name) => {
    if (!mayBeStored(tenant, name)) {
      return false;
    }
    const account = await db
      .selectFrom('service_accounts')
      .select('id')
      .where('tenant', '=', tenant)
      .where('use_case', '=', name)
      .limit(1)
      .executeTakeFirst();
    return account !== undefined;
  },
  scopesInUse: async (tenant, name) => {
    if (!mayBeStored(tenant, name)) {
      return [];
    }
    const rows = await db
      .selectFrom('service_accounts')
      .select('scopes')
      .distinct()
      .where('tenant', '=', tenant)
      .where('use_case', '=', name)
      .execute();
    return [...new Set(rows.flatMap((row) => JSON.parse(row.scopes) as readonly string[]))].toSorted();
  },
});
