import type { Kysely, Selectable } from 'kysely';
import type { AccountKey } from '../../../core/accounts/account-key.ts';
import type { PublicJwk } from '../../../core/jwt/jwk.ts';
import type { AccountKeyStore } from '../../../ports/stores.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { requireInserted } from '../unique.ts';

const toAccountKey = (row: Selectable<Database['account_keys']>): AccountKey => ({
  tenant: row.tenant,
  id: row.id,
  accountId: row.account_id,
  kid: row.kid,
  thumbprint: row.thumbprint ?? row.kid,
  algorithm: row.algorithm,
  publicJwk: JSON.parse(row.public_jwk) as PublicJwk,
  status: row.status,
  expiresAt: row.expires_at,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
  version: row.version,
});

/** {@link AccountKeyStore} on either engine. */
export const createAccountKeyStore = (db: Kysely<Database>): AccountKeyStore => ({
  listOf: async (tenant, accountId) => {
    if (!mayBeStored(tenant, accountId)) {
      return [];
    }
    const rows = await db
      .selectFrom('account_keys')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('account_id', '=', accountId)
      .orderBy('seq')
      .execute();
    return rows.map(toAccountKey);
  },
  insert: async (key) => {
    requireInserted(
      'account-key',
      await db
        .insertInto('account_keys')
        .values({
          tenant: key.tenant,
          id: key.id,
          account_id: key.accountId,
          kid: key.kid,
          thumbprint: key.thumbprint,
          algorithm: key.algorithm,
          public_jwk: JSON.stringify(key.publicJwk),
          status: key.status,
          expires_at: key.expiresAt,
          created_at: key.createdAt,
          last_used_at: key.lastUsedAt,
          version: key.version,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
  },
  update: async (key) => {
    const { numUpdatedRows } = await db
      .updateTable('account_keys')
      .set({ status: key.status, expires_at: key.expiresAt, version: key.version })
      .where('tenant', '=', key.tenant)
      .where('id', '=', key.id)
      .where('version', '=', key.version - 1)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  },
  remove: async (tenant, id, version) => {
    if (!mayBeStored(tenant, id)) return false;
    const { numDeletedRows } = await db
      .deleteFrom('account_keys')
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .where('version', '=', version)
      .executeTakeFirstOrThrow();
    return numDeletedRows === 1n;
  },
  touch: async (tenant, id, usedAt) => {
    await db
      .updateTable('account_keys')
      .set({ last_used_at: usedAt })
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .where((row) => row.or([row('last_used_at', 'is', null), row('last_used_at', '<', usedAt)]))
      .execute();
  },
});
