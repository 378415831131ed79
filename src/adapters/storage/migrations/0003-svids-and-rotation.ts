import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../engine.ts';

/** Credential providers, tokens that were revoked, and signing keys that change their state. */
export const svidsAndRotation = async (db: Kysely<never>, engine: EngineName): Promise<void> => {
  const text = engine === 'sqlite' ? sql`text` : sql`text collate "C"`;
  const integer = engine === 'sqlite' ? sql`integer` : sql`bigint`;
  const create = (table: { readonly execute: () => Promise<void> }): Promise<void> => table.execute();

  await create(
    db.schema
      .createTable('credential_providers')
      .addColumn('seq', integer, (column) =>
        engine === 'sqlite'
          ? column.primaryKey().autoIncrement()
          : column.primaryKey().generatedAlwaysAsIdentity(),
      )
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('id', text, (column) => column.notNull())
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('body', text, (column) => column.notNull())
      .addColumn('created_at', integer, (column) => column.notNull())
      .addColumn('updated_at', integer, (column) => column.notNull())
      .addColumn('version', integer, (column) => column.notNull())
      .addUniqueConstraint('credential_providers_id', ['tenant', 'id'])
      .addUniqueConstraint('credential_providers_name', ['tenant', 'name']),
  );
  await create(
    db.schema
      .createTable('credential_provider_accounts')
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('provider_id', text, (column) => column.notNull())
      .addColumn('account_id', text, (column) => column.notNull())
      .addColumn('place', integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('credential_provider_accounts_pair', ['tenant', 'provider_id', 'account_id'])
      .addForeignKeyConstraint(
        'credential_provider_accounts_provider',
        ['tenant', 'provider_id'],
        'credential_providers',
        ['tenant', 'id'],
        (constraint) => constraint.onDelete('cascade'),
      )
      .addForeignKeyConstraint(
        'credential_provider_accounts_account',
        ['tenant', 'account_id'],
        'service_accounts',
        ['tenant', 'id'],
        (constraint) => constraint.onDelete('cascade'),
      ),
  );
  await db.schema
    .createIndex('credential_provider_accounts_of')
    .on('credential_provider_accounts')
    .columns(['tenant', 'account_id'])
    .execute();

  await create(
    db.schema
      .createTable('revoked_tokens')
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('jti', text, (column) => column.notNull())
      .addColumn('until', integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('revoked_tokens_jti', ['tenant', 'jti']),
  );
  await db.schema.createIndex('revoked_tokens_until').on('revoked_tokens').column('until').execute();

  await db.schema.alterTable('tenants').addColumn('trust_domain', text).execute();
  // Two tenants that speak for one trust domain could name each other's workloads (A81).
  await db.schema.createIndex('tenants_trust_domain').on('tenants').column('trust_domain').unique().execute();

  // Two nodes that rotate at one instant: the second finds the place taken (A69).
  await sql`create unique index signing_keys_place on signing_keys (tenant, purpose, algorithm, state)
            where state in ('prepared', 'active')`.execute(db);
};
