import type { Kysely, Selectable } from 'kysely';
import type { SignatureAlgorithm } from '../../../core/jwt/algorithms.ts';
import type { PublicJwkSet } from '../../../core/jwt/jwk.ts';
import type { TrustedIssuer } from '../../../core/trust/trusted-issuer.ts';
import type { TrustedIssuerStore } from '../../../ports/stores.ts';
import { readCursor, toPage } from '../cursor.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { atomically, requireInserted, updateUnique } from '../unique.ts';

const toTrustedIssuer = (row: Selectable<Database['trusted_issuers']>): TrustedIssuer => ({
  tenant: row.tenant,
  id: row.id,
  issuer: row.issuer,
  jwksUri: row.jwks_uri,
  jwks: row.jwks === null ? null : (JSON.parse(row.jwks) as PublicJwkSet),
  algorithms: JSON.parse(row.algorithms) as readonly SignatureAlgorithm[],
  allowAccessTokenType: row.allow_access_token_type === 1,
  replay: row.replay,
  staleIfErrorSeconds: row.stale_if_error_seconds,
  caCertificates: row.ca_certificates,
  status: row.status,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  version: row.version,
});

/** The row of a trusted issuer, but for its place in lists, which the database gives. */
export const toTrustedIssuerRow = (issuer: TrustedIssuer) => ({
  tenant: issuer.tenant,
  id: issuer.id,
  issuer: issuer.issuer,
  jwks_uri: issuer.jwksUri,
  jwks: issuer.jwks === null ? null : JSON.stringify(issuer.jwks),
  algorithms: JSON.stringify(issuer.algorithms),
  allow_access_token_type: issuer.allowAccessTokenType ? (1 as const) : (0 as const),
  replay: issuer.replay,
  stale_if_error_seconds: issuer.staleIfErrorSeconds,
  ca_certificates: issuer.caCertificates,
  status: issuer.status,
  created_at: issuer.createdAt,
  updated_at: issuer.updatedAt,
  version: issuer.version,
});

/** {@link TrustedIssuerStore} on either engine. */
export const createTrustedIssuerStore = (db: Kysely<Database>): TrustedIssuerStore => {
  const findBy = async (
    column: 'id' | 'issuer',
    tenant: string,
    value: string,
  ): Promise<TrustedIssuer | null> => {
    if (!mayBeStored(tenant, value)) {
      return null;
    }
    const row = await db
      .selectFrom('trusted_issuers')
      .selectAll()
      .where('tenant', '=', tenant)
      .where(column, '=', value)
      .executeTakeFirst();
    return row === undefined ? null : toTrustedIssuer(row);
  };

  return {
    find: (tenant, id) => findBy('id', tenant, id),
    findByIssuer: (tenant, issuer) => findBy('issuer', tenant, issuer),
    list: async (tenant, { limit, cursor }) => {
      const rows = await db
        .selectFrom('trusted_issuers')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('seq', '>', readCursor('trusted-issuers', cursor, 0))
        .orderBy('seq')
        .limit(limit + 1)
        .execute();
      return toPage('trusted-issuers', rows, limit, toTrustedIssuer);
    },
    insert: async (issuer) => {
      requireInserted(
        'trusted-issuer',
        await db
          .insertInto('trusted_issuers')
          .values(toTrustedIssuerRow(issuer))
          .onConflict((conflict) => conflict.doNothing())
          .execute(),
      );
    },
    update: (issuer) =>
      atomically(db, async (change) => {
        const { numUpdatedRows } = await updateUnique('trusted-issuer', () =>
          change
            .updateTable('trusted_issuers')
            .set(toTrustedIssuerRow(issuer))
            .where('tenant', '=', issuer.tenant)
            .where('id', '=', issuer.id)
            .where('version', '=', issuer.version - 1)
            .executeTakeFirstOrThrow(),
        );
        return numUpdatedRows === 1n;
      }),
    remove: async (tenant, id, version) => {
      if (!mayBeStored(tenant, id)) {
        return false;
      }
      const { numDeletedRows } = await db
        .deleteFrom('trusted_issuers')
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .where('version', '=', version)
        .executeTakeFirstOrThrow();
      return numDeletedRows === 1n;
    },
  };
};
