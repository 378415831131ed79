import type { Kysely, Selectable } from 'kysely';
import type { CredentialProvider } from '../../../core/credential-providers/credential-provider.ts';
import type { CredentialProviderStore } from '../../../ports/stores.ts';
import { readCursor, toPage } from '../cursor.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { atomically, requireInserted, updateUnique } from '../unique.ts';

/** What is kept as JSON: nothing of it is ever asked for by a query. */
type Body = Pick<
  CredentialProvider,
  'description' | 'resourceSet' | 'subject' | 'audience' | 'lifetimeMinutes' | 'algorithm' | 'claims'
>;

type Row = Selectable<Database['credential_providers']>;

const bodyOf = ({
  description,
  resourceSet,
  subject,
  audience,
  lifetimeMinutes,
  algorithm,
  claims,
}: CredentialProvider): Body => ({
  description,
  resourceSet,
  subject,
  audience,
  lifetimeMinutes,
  algorithm,
  claims,
});

/** {@link CredentialProviderStore} on either engine. */
export const createCredentialProviderStore = (db: Kysely<Database>): CredentialProviderStore => {
  const complete = async (rows: readonly Row[]): Promise<CredentialProvider[]> => {
    if (rows.length === 0) return [];
    const bound = await db
      .selectFrom('credential_provider_accounts')
      .selectAll()
      .where('tenant', '=', rows[0]?.tenant ?? '')
      .where(
        'provider_id',
        'in',
        rows.map(({ id }) => id),
      )
      .orderBy('place')
      .execute();
    return rows.map((row) => ({
      ...(JSON.parse(row.body) as Body),
      tenant: row.tenant,
      id: row.id,
      name: row.name,
      serviceAccounts: bound.filter(({ provider_id: id }) => id === row.id).map(({ account_id: id }) => id),
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      version: row.version,
    }));
  };

  const bind = async (change: Kysely<Database>, provider: CredentialProvider): Promise<void> => {
    if (provider.serviceAccounts.length === 0) return;
    await change
      .insertInto('credential_provider_accounts')
      .values(
        provider.serviceAccounts.map((accountId, place) => ({
          tenant: provider.tenant,
          provider_id: provider.id,
          account_id: accountId,
          place,
        })),
      )
      .execute();
  };

  return {
    find: async (tenant, id) => {
      if (!mayBeStored(tenant, id)) return null;
      const rows = await db
        .selectFrom('credential_providers')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .execute();
      return (await complete(rows))[0] ?? null;
    },
    list: async (tenant, { limit, cursor }) => {
      const rows = await db
        .selectFrom('credential_providers')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('seq', '>', readCursor('credential-providers', cursor, 0))
        .orderBy('seq')
        .limit(limit + 1)
        .execute();
      const page = toPage('credential-providers', rows, limit, (row: Row) => row);
      return { ...page, items: await complete(page.items) };
    },
    ofAccount: async (tenant, accountId) => {
      if (!mayBeStored(tenant, accountId)) return [];
      const rows = await db
        .selectFrom('credential_providers')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('id', 'in', (bound) =>
          bound
            .selectFrom('credential_provider_accounts')
            .select('provider_id')
            .where('tenant', '=', tenant)
            .where('account_id', '=', accountId),
        )
        .orderBy('seq')
        .execute();
      return complete(rows);
    },
    insert: (provider) =>
      atomically(db, async (change) => {
        requireInserted(
          'credential-provider',
          await change
            .insertInto('credential_providers')
            .values({
              tenant: provider.tenant,
              id: provider.id,
              name: provider.name,
              body: JSON.stringify(bodyOf(provider)),
              created_at: provider.createdAt,
              updated_at: provider.updatedAt,
              version: provider.version,
            })
            .onConflict((conflict) => conflict.doNothing())
            .execute(),
        );
        await bind(change, provider);
      }),
    update: (provider) =>
      atomically(db, async (change) => {
        const { numUpdatedRows } = await updateUnique('credential-provider', () =>
          change
            .updateTable('credential_providers')
            .set({
              name: provider.name,
              body: JSON.stringify(bodyOf(provider)),
              updated_at: provider.updatedAt,
              version: provider.version,
            })
            .where('tenant', '=', provider.tenant)
            .where('id', '=', provider.id)
            .where('version', '=', provider.version - 1)
            .executeTakeFirstOrThrow(),
        );
        if (numUpdatedRows !== 1n) return false;
        await change
          .deleteFrom('credential_provider_accounts')
          .where('tenant', '=', provider.tenant)
          .where('provider_id', '=', provider.id)
          .execute();
        await bind(change, provider);
        return true;
      }),
    remove: async (tenant, id, version) => {
      if (!mayBeStored(tenant, id)) return false;
      const { numDeletedRows } = await db
        .deleteFrom('credential_providers')
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .where('version', '=', version)
        .executeTakeFirstOrThrow();
      return numDeletedRows === 1n;
    },
  };
};
