import { type Kysely, type Selectable, sql } from 'kysely';
import type { PublicJwk } from '../../../core/jwt/jwk.ts';
import type { SigningKey } from '../../../core/signing-keys/signing-key.ts';
import type { SigningKeyStore } from '../../../ports/stores.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { requireInserted, updateUnique } from '../unique.ts';

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
  readSet: async (tenant) => {
    if (!mayBeStored(tenant)) return { keys: [], spiffeSequence: null };
    // One statement: keys of one instant with the sequence of another would give two sets one sequence.
    const rows = await db
      .selectFrom('signing_keys')
      .leftJoin('spiffe_sequences', 'spiffe_sequences.tenant', 'signing_keys.tenant')
      .selectAll('signing_keys')
      .select('spiffe_sequences.sequence')
      .where('signing_keys.tenant', '=', tenant)
      .orderBy('signing_keys.seq')
      .execute();
    return { keys: rows.map(toSigningKey), spiffeSequence: rows[0]?.sequence ?? null };
  },
  raiseSpiffeSequence: async (tenant, now) => {
    await db
      .insertInto('spiffe_sequences')
      .values({ tenant, sequence: now })
      .onConflict((conflict) =>
        conflict.column('tenant').doUpdateSet({
          sequence: sql<number>`case when spiffe_sequences.sequence >= excluded.sequence
            then spiffe_sequences.sequence + 1 else excluded.sequence end`,
        }),
      )
      .execute();
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
  advance: (key, from) =>
    updateUnique('signing-key', async () => {
      const { numUpdatedRows } = await db
        .updateTable('signing_keys')
        .set({ state: key.state, activated_at: key.activatedAt, retired_at: key.retiredAt })
        .where('tenant', '=', key.tenant)
        .where('kid', '=', key.kid)
        .where('state', '=', from)
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    }),
  reseal: async (tenant, kid, from, to) => {
    const { numUpdatedRows } = await db
      .updateTable('signing_keys')
      .set({ sealed_private_key: to })
      .where('tenant', '=', tenant)
      .where('kid', '=', kid)
      .where('sealed_private_key', '=', from)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  },
  remove: async (tenant, kid) => {
    if (!mayBeStored(tenant, kid)) return false;
    const { numDeletedRows } = await db
      .deleteFrom('signing_keys')
      .where('tenant', '=', tenant)
      .where('kid', '=', kid)
      .executeTakeFirstOrThrow();
    return numDeletedRows === 1n;
  },
  tenantsToRotate: async (activatedBefore, slots) => {
    const rows = await db
      .selectFrom('tenants')
      .leftJoin('signing_keys', 'signing_keys.tenant', 'tenants.name')
      .select('tenants.name')
      .groupBy('tenants.name')
      .having((row) =>
        row.or([
          row(row.fn.count('signing_keys.kid'), '!=', slots),
          row(row.fn.sum(isAtRest(activatedBefore)), '!=', slots),
        ]),
      )
      .orderBy('tenants.name')
      .execute();
    return rows.map(({ name }) => name);
  },
});

/** 1 for a key that has nothing before it. */
const isAtRest = (activatedBefore: number) =>
  sql<number>`case when signing_keys.state = 'active' and signing_keys.activated_at >= ${activatedBefore} then 1 else 0 end`;
