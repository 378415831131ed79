import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import type { EngineName } from '../engine.ts';

/** The first schema: everything the ports need. */
export const firstTables = async (db: Kysely<never>, engine: EngineName): Promise<void> => {
  // Text is compared byte by byte on both engines (A29, A118); SQLite does so by itself.
  const text = engine === 'sqlite' ? sql`text` : sql`text collate "C"`;
  const integer = engine === 'sqlite' ? sql`integer` : sql`bigint`;

  const table = (name: string): CreateTableBuilder<string> => db.schema.createTable(name);
  const sequenced = (name: string): CreateTableBuilder<string> =>
    table(name).addColumn('seq', integer, (column) =>
      engine === 'sqlite'
        ? column.primaryKey().autoIncrement()
        : column.primaryKey().generatedAlwaysAsIdentity(),
    );
  const create = async (builder: CreateTableBuilder<string>): Promise<void> => {
    // STRICT makes SQLite refuse a value of another type, as PostgreSQL does.
    await (engine === 'sqlite' ? builder.modifyEnd(sql`strict`) : builder).execute();
  };

  await create(
    sequenced('tenants')
      .addColumn('name', text, (column) => column.notNull().unique())
      .addColumn('description', text, (column) => column.notNull())
      .addColumn('status', text, (column) => column.notNull())
      .addColumn('settings', text, (column) => column.notNull())
      .addColumn('created_at', integer, (column) => column.notNull())
      .addColumn('version', integer, (column) => column.notNull()),
  );

  await create(
    sequenced('trusted_issuers')
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('id', text, (column) => column.notNull())
      .addColumn('issuer', text, (column) => column.notNull())
      .addColumn('jwks_uri', text)
      .addColumn('jwks', text)
      .addColumn('algorithms', text, (column) => column.notNull())
      .addColumn('allow_access_token_type', integer, (column) => column.notNull())
      .addColumn('replay', text, (column) => column.notNull())
      .addColumn('stale_if_error_seconds', integer, (column) => column.notNull())
      .addColumn('ca_certificates', text)
      .addColumn('status', text, (column) => column.notNull())
      .addColumn('created_at', integer, (column) => column.notNull())
      .addColumn('updated_at', integer, (column) => column.notNull())
      .addColumn('version', integer, (column) => column.notNull())
      .addUniqueConstraint('trusted_issuers_id', ['tenant', 'id'])
      .addUniqueConstraint('trusted_issuers_issuer', ['tenant', 'issuer']),
  );

  await create(
    sequenced('service_accounts')
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('id', text, (column) => column.notNull())
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('description', text, (column) => column.notNull())
      .addColumn('search', text, (column) => column.notNull())
      .addColumn('owning_team', text, (column) => column.notNull())
      .addColumn('use_case', text, (column) => column.notNull())
      .addColumn('scopes', text, (column) => column.notNull())
      .addColumn('audiences', text, (column) => column.notNull())
      .addColumn('role', text)
      .addColumn('status', text, (column) => column.notNull())
      .addColumn('access_token_algorithm', text)
      .addColumn('cap_to_subject_expiry', integer, (column) => column.notNull())
      .addColumn('federations', text, (column) => column.notNull())
      .addColumn('created_at', integer, (column) => column.notNull())
      .addColumn('updated_at', integer, (column) => column.notNull())
      .addColumn('version', integer, (column) => column.notNull())
      .addUniqueConstraint('service_accounts_id', ['tenant', 'id'])
      .addUniqueConstraint('service_accounts_name', ['tenant', 'name']),
  );
  await db.schema
    .createIndex('service_accounts_owning_team')
    .on('service_accounts')
    .columns(['tenant', 'owning_team'])
    .execute();
  await db.schema
    .createIndex('service_accounts_use_case')
    .on('service_accounts')
    .columns(['tenant', 'use_case'])
    .execute();

  await create(
    table('federations')
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('account_id', text, (column) => column.notNull())
      .addColumn('issuer', text, (column) => column.notNull())
      .addColumn('fingerprint', text, (column) => column.notNull())
      .addPrimaryKeyConstraint('federations_fingerprint', ['tenant', 'fingerprint'])
      .addForeignKeyConstraint(
        'federations_account',
        ['tenant', 'account_id'],
        'service_accounts',
        ['tenant', 'id'],
        (constraint) => constraint.onDelete('cascade'),
      ),
  );
  await db.schema
    .createIndex('federations_account_id')
    .on('federations')
    .columns(['tenant', 'account_id'])
    .execute();
  await db.schema.createIndex('federations_issuer').on('federations').columns(['tenant', 'issuer']).execute();

  await create(
    sequenced('account_keys')
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('id', text, (column) => column.notNull())
      .addColumn('account_id', text, (column) => column.notNull())
      .addColumn('kid', text, (column) => column.notNull())
      .addColumn('algorithm', text, (column) => column.notNull())
      .addColumn('public_jwk', text, (column) => column.notNull())
      .addColumn('status', text, (column) => column.notNull())
      .addColumn('expires_at', integer)
      .addColumn('created_at', integer, (column) => column.notNull())
      .addColumn('last_used_at', integer)
      .addUniqueConstraint('account_keys_id', ['tenant', 'id'])
      .addUniqueConstraint('account_keys_kid', ['tenant', 'account_id', 'kid'])
      .addForeignKeyConstraint(
        'account_keys_account',
        ['tenant', 'account_id'],
        'service_accounts',
        ['tenant', 'id'],
        (constraint) => constraint.onDelete('cascade'),
      ),
  );

  await create(
    sequenced('teams')
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('description', text, (column) => column.notNull())
      .addColumn('created_at', integer, (column) => column.notNull())
      .addColumn('version', integer, (column) => column.notNull())
      .addUniqueConstraint('teams_name', ['tenant', 'name']),
  );

  await create(
    sequenced('use_cases')
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('description', text, (column) => column.notNull())
      .addColumn('scopes', text, (column) => column.notNull())
      .addColumn('created_at', integer, (column) => column.notNull())
      .addColumn('version', integer, (column) => column.notNull())
      .addUniqueConstraint('use_cases_name', ['tenant', 'name']),
  );

  await create(
    sequenced('signing_keys')
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('kid', text, (column) => column.notNull())
      .addColumn('purpose', text, (column) => column.notNull())
      .addColumn('algorithm', text, (column) => column.notNull())
      .addColumn('public_jwk', text, (column) => column.notNull())
      .addColumn('sealed_private_key', text, (column) => column.notNull())
      .addColumn('state', text, (column) => column.notNull())
      .addColumn('created_at', integer, (column) => column.notNull())
      .addColumn('activated_at', integer)
      .addColumn('retired_at', integer)
      .addUniqueConstraint('signing_keys_kid', ['tenant', 'kid']),
  );

  await create(
    sequenced('activities')
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('id', text, (column) => column.notNull())
      .addColumn('time', integer, (column) => column.notNull())
      .addColumn('type', text, (column) => column.notNull())
      .addColumn('outcome', text, (column) => column.notNull())
      .addColumn('reason', text, (column) => column.notNull())
      .addColumn('account_id', text)
      .addColumn('issuer', text)
      .addColumn('subject', text)
      .addColumn('jti', text)
      .addColumn('body', text, (column) => column.notNull())
      .addUniqueConstraint('activities_id', ['tenant', 'id']),
  );
  await db.schema.createIndex('activities_seq').on('activities').columns(['tenant', 'seq']).execute();
  await db.schema.createIndex('activities_time').on('activities').columns(['tenant', 'time']).execute();
  await db.schema
    .createIndex('activities_account')
    .on('activities')
    .columns(['tenant', 'account_id', 'seq'])
    .where(sql.ref('account_id'), 'is not', null)
    .execute();
  await db.schema
    .createIndex('activities_jti')
    .on('activities')
    .columns(['tenant', 'jti'])
    .where(sql.ref('jti'), 'is not', null)
    .execute();

  await create(
    table('revisions')
      .addColumn('tenant', text, (column) => column.primaryKey().notNull())
      .addColumn('revision', integer, (column) => column.notNull()),
  );

  await create(
    table('used_jtis')
      .addColumn('fingerprint', text, (column) => column.primaryKey().notNull())
      .addColumn('until', integer, (column) => column.notNull()),
  );
  await db.schema.createIndex('used_jtis_until').on('used_jtis').column('until').execute();

  await create(
    table('liveness')
      .addColumn('id', integer, (column) => column.primaryKey().notNull())
      .addColumn('beat', integer, (column) => column.notNull()),
  );
  await sql`insert into liveness (id, beat) values (1, 0)`.execute(db);
};
