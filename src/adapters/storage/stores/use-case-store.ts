import type { Kysely } from 'kysely';
import type { UseCase } from '../../../core/accounts/use-case.ts';
import type { UseCaseStore } from '../../../ports/stores.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { createNamedStore } from './named-store.ts';

/** {@link UseCaseStore} on either engine. */
export const createUseCaseStore = (db: Kysely<Database>): UseCaseStore => ({
  ...createNamedStore<UseCase, 'use_cases'>(db, {
    table: 'use_cases',
    list: 'use-cases',
    what: 'use-case',
    usedIn: 'use_case',
    toItem: (row) => ({
      tenant: row.tenant,
      name: row.name,
      description: row.description,
      scopes: JSON.parse(row.scopes) as readonly string[],
      createdAt: row.created_at,
      version: row.version,
    }),
    toRow: (useCase) => ({
      tenant: useCase.tenant,
      name: useCase.name,
      description: useCase.description,
      scopes: JSON.stringify(useCase.scopes),
      created_at: useCase.createdAt,
      version: useCase.version,
    }),
  }),
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
