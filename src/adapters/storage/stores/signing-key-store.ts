import type { Kysely, Selectable } from 'kysely';
import type { PublicJwk } from '../../../core/jwt/jwk.ts';
import type { SigningKey } from '../../../core/signing-keys/signing-key.ts';
import type { SigningKeyStore } from '../../../ports/stores.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { requireInserted } from '../unique.ts';

const toSigningKey = (row: Selectable<Database['signing_keys']>): SigningKey => ({
  tenant: row.tenant,
  kid: row.kid,
  purpose: row.purpose,
  algorithm: row.algorithm,
  publicJwk: JSON.parse(row.public_jwk) as PublicJwk,
  sealedPrivateKey: row.sealed_private_key,
  state: row.state,
  createdAt: row.created_at,
  activatedAt: row.activated_at,
  retiredAt: row.retired_at,
});

/** {@link SigningKeyStore} on either engine. */
export const createSigningKeyStore = (db: Kysely<Database>): SigningKeyStore => ({
  listOf: async (tenant) => {
    if (!mayBeStored(tenant)) {
      return [];
    }
    const rows = await db
      .selectFrom('signing_keys')
      .selectAll()
      .where('tenant', '=', tenant)
      .orderBy('seq')
      .execute();
    return rows.map(toSigningKey);
  },
  insert: async (key) => {
    requireInserted(
      'signing-key',
      await db
        .insertInto('signing_keys')
        .values({
          tenant: key.tenant,
          kid: key.kid,
          purpose: key.purpose,
          algorithm: key.algorithm,
          public_jwk: JSON.stringify(key.publicJwk),
          sealed_private_key: key.sealedPrivateKey,
          state: key.state,
          created_at: key.createdAt,
          activated_at: key.activatedAt,
          retired_at: key.retiredAt,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
  },
});
