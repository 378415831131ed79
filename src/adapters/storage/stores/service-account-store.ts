import { type ExpressionBuilder, type Kysely, sql } from 'kysely';
import type { ServiceAccount } from '../../../core/accounts/service-account.ts';
import type { ServiceAccountStore } from '../../../ports/stores.ts';
import { readCursor, toPage, writeCursor } from '../cursor.ts';
import type { Database } from '../schema.ts';
import { containsPattern, mayBeStored } from '../text.ts';
import { atomically, requireInserted, updateUnique } from '../unique.ts';
import { findByFederation } from './find-by-federation.ts';
import { toFederationRows, toServiceAccount, toServiceAccountRow } from './service-account-row.ts';

/** No stored text is as long, and SQLite refuses very long patterns. */
const maxSearchLength = 4096;

/** The most accounts whose texts are searched for one page: some tens of milliseconds. */
const maxSearched = 100_000;

const insertFederations = async (db: Kysely<Database>, account: ServiceAccount): Promise<void> => {
  if (account.federations.length === 0) {
    return;
  }
  const place = (query: ExpressionBuilder<Database, 'federations'>) =>
    query
      .selectFrom('service_accounts')
      .select('seq')
      .where('tenant', '=', account.tenant)
      .where('id', '=', account.id);
  const rows = toFederationRows(account);
  requireInserted(
    'federation',
    await db
      .insertInto('federations')
      .values((query) =>
        rows
          .toSorted((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1))
          .map((row) => ({ ...row, account_seq: place(query) })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
    rows.length,
  );
};

/** {@link ServiceAccountStore} on either engine. */
export const createServiceAccountStore = (db: Kysely<Database>): ServiceAccountStore => {
  const lastOf = async (tenant: string, after: number): Promise<number | undefined> => {
    const row = await db
      .selectFrom('service_accounts')
      .select('seq')
      .where('tenant', '=', tenant)
      .where('seq', '>', after)
      .orderBy('seq')
      .offset(maxSearched - 1)
      .limit(1)
      .executeTakeFirst();
    return row?.seq;
  };
  return {
    find: async (tenant, id) => {
      if (!mayBeStored(tenant, id)) {
        return null;
      }
      const row = await db
        .selectFrom('service_accounts')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .executeTakeFirst();
      return row === undefined ? null : toServiceAccount(row);
    },
    list: async (tenant, { team, useCase, status, role, q }, { limit, cursor }) => {
      const after = readCursor('service-accounts', cursor, 0);
      if (!mayBeStored(tenant, team, useCase, q) || (q !== undefined && q.length > maxSearchLength)) {
        return { items: [], nextCursor: null };
      }
      // No index knows parts of texts: so many accounts are searched for one page, and the next one goes on behind them.
      const last = q === undefined ? undefined : await lastOf(tenant, after);
      const rows = await db
        .selectFrom('service_accounts')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('seq', '>', after)
        .$if(last !== undefined, (query) => query.where('seq', '<=', last ?? 0))
        .$if(team !== undefined, (query) => query.where('owning_team', '=', team ?? ''))
        .$if(useCase !== undefined, (query) => query.where('use_case', '=', useCase ?? ''))
        .$if(status !== undefined, (query) => query.where('status', '=', status ?? 'enabled'))
        .$if(role !== undefined, (query) => query.where('role', '=', role ?? null))
        .$if(q !== undefined, (query) =>
          query.where(sql<boolean>`search like ${containsPattern(q ?? '')} escape '\\'`),
        )
        .orderBy('seq')
        .limit(limit + 1)
        .execute();
      const page = toPage('service-accounts', rows, limit, toServiceAccount);
      return page.nextCursor === null && last !== undefined
        ? { ...page, nextCursor: writeCursor('service-accounts', last) }
        : page;
    },
    ...findByFederation(db),
    insert: (account) =>
      atomically(db, async (change) => {
        requireInserted(
          'service-account',
          await change
            .insertInto('service_accounts')
            .values(toServiceAccountRow(account))
            .onConflict((conflict) => conflict.doNothing())
            .execute(),
        );
        await insertFederations(change, account);
      }),
    update: (account) =>
      atomically(db, async (change) => {
        const { numUpdatedRows } = await updateUnique('service-account', () =>
          change
            .updateTable('service_accounts')
            .set(toServiceAccountRow(account))
            .where('tenant', '=', account.tenant)
            .where('id', '=', account.id)
            .where('version', '=', account.version - 1)
            .executeTakeFirstOrThrow(),
        );
        if (numUpdatedRows !== 1n) {
          return false;
        }
        await change
          .deleteFrom('federations')
          .where('tenant', '=', account.tenant)
          .where('account_id', '=', account.id)
          .execute();
        await insertFederations(change, account);
        return true;
      }),
    remove: async (tenant, id, version) => {
      if (!mayBeStored(tenant, id)) {
        return false;
      }
      return atomically(db, async (change) => {
        const bound = await change
          .selectFrom('credential_provider_accounts')
          .select('provider_id')
          .where('tenant', '=', tenant)
          .where('account_id', '=', id)
          .execute();
        // Federations, keys and places in credential providers go with it: their foreign keys cascade.
        const { numDeletedRows } = await change
          .deleteFrom('service_accounts')
          .where('tenant', '=', tenant)
          .where('id', '=', id)
          .where('version', '=', version)
          .executeTakeFirstOrThrow();
        if (numDeletedRows !== 1n) return false;
        // A provider with one account less is another version of it.
        if (bound.length > 0)
          await change
            .updateTable('credential_providers')
            .set((provider) => ({ version: provider('version', '+', 1) }))
            .where('tenant', '=', tenant)
            .where(
              'id',
              'in',
              bound.map((each) => each.provider_id),
            )
            .execute();
        return true;
      });
    },
  };
};
