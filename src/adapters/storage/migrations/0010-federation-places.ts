import { type Kysely, sql } from 'kysely';
import type { Federation } from '../../../core/trust/federation.ts';
import type { EngineName } from '../engine.ts';
import { federationFingerprint } from '../federation-fingerprint.ts';
import { federationPlace } from '../federation-place.ts';

/** Accounts that are read and placed at a time. */
const batchAccounts = 2000;

interface AccountRow {
  readonly seq: number;
  readonly tenant: string;
  readonly federations: string;
}

/**
 * What finds federations by their subject and by their neighbours, so that nobody reads all of an issuer; and what pages
 * through accounts whatever they are narrowed by. A node of the version before goes on inserting federations without a
 * place: those are looked at always. It takes some half a minute for a million accounts, once.
 */
export const federationPlaces = async (db: Kysely<never>, engine: EngineName): Promise<void> => {
  const text = engine === 'sqlite' ? sql`text` : sql`text collate "C"`;
  const integer = engine === 'sqlite' ? sql`integer` : sql`bigint`;
  for (const column of ['federation_id', 'group_key', 'near', 'prefix'])
    await db.schema.alterTable('federations').addColumn(column, text).execute();
  await db.schema.alterTable('federations').addColumn('account_seq', integer).execute();
  await placeAll(db, engine);

  await index(db, 'federations', 'federations_group', ['group_key', 'tenant', 'issuer']);
  await index(db, 'federations', 'federations_near', ['tenant', 'issuer', 'near', 'account_seq']);
  await index(db, 'federations', 'federations_newest', ['tenant', 'issuer', 'account_seq']);
  await index(db, 'federations', 'federations_id', ['tenant', 'federation_id']);
  await db.schema
    .createIndex('federations_prefix')
    .on('federations')
    .columns(['tenant', 'issuer', 'prefix'])
    .where(sql.ref('prefix'), 'is not', null)
    .execute();
  // The newer ones begin with what this one is.
  await db.schema.dropIndex('federations_issuer').execute();

  await index(db, 'service_accounts', 'service_accounts_seq', ['tenant', 'seq']);
  await index(db, 'service_accounts', 'service_accounts_team_seq', ['tenant', 'owning_team', 'seq']);
  await index(db, 'service_accounts', 'service_accounts_use_case_seq', ['tenant', 'use_case', 'seq']);
  await db.schema
    .createIndex('service_accounts_role')
    .on('service_accounts')
    .columns(['tenant', 'role', 'seq'])
    .where(sql.ref('role'), 'is not', null)
    .execute();
  await db.schema
    .createIndex('service_accounts_disabled')
    .on('service_accounts')
    .columns(['tenant', 'seq'])
    .where(sql.ref('status'), '=', sql.lit('disabled'))
    .execute();
  await db.schema.dropIndex('service_accounts_owning_team').execute();
  await db.schema.dropIndex('service_accounts_use_case').execute();
  await index(db, 'trusted_issuers', 'trusted_issuers_seq', ['tenant', 'seq']);

  await db.schema
    .createTable('revision_touches')
    .addColumn('tenant', text, (column) => column.notNull())
    .addColumn('revision', integer, (column) => column.notNull())
    .addColumn('touched', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('revision_touches_key', ['tenant', 'revision'])
    .execute();
};

const index = async (
  db: Kysely<never>,
  table: string,
  name: string,
  columns: readonly string[],
): Promise<void> => {
  await db.schema
    .createIndex(name)
    .on(table)
    .columns([...columns])
    .execute();
};

const placeAll = async (db: Kysely<never>, engine: EngineName): Promise<void> => {
  for (let after = 0; ; ) {
    const { rows } = await sql<AccountRow>`select seq, tenant, federations from service_accounts
      where seq > ${after} order by seq limit ${batchAccounts}`.execute(db);
    const last = rows.at(-1);
    if (last === undefined) return;
    await write(db, engine, JSON.stringify(rows.flatMap(placesOf)));
    // PostgreSQL's bigint arrives as text where nobody says otherwise.
    after = Number(last.seq);
  }
};

const placesOf = ({ tenant, seq, federations }: AccountRow) =>
  (JSON.parse(federations) as readonly Federation[]).map((federation) => ({
    tenant,
    fingerprint: federationFingerprint(federation),
    account_seq: Number(seq),
    ...federationPlace(tenant, federation),
  }));

const write = async (db: Kysely<never>, engine: EngineName, places: string): Promise<void> => {
  if (engine === 'postgres') {
    await sql`update federations set federation_id = placed.federation_id, group_key = placed.group_key,
        near = placed.near, prefix = placed.prefix, account_seq = placed.account_seq
      from jsonb_to_recordset(${places}::jsonb) as placed (
        tenant text collate "C", fingerprint text collate "C", account_seq bigint, federation_id text, group_key text,
        near text, prefix text)
      where federations.tenant = placed.tenant and federations.fingerprint = placed.fingerprint`.execute(db);
    return;
  }
  await sql`update federations set federation_id = value ->> 'federation_id', group_key = value ->> 'group_key',
      near = value ->> 'near', prefix = value ->> 'prefix', account_seq = value ->> 'account_seq'
    from json_each(${places})
    where federations.tenant = value ->> 'tenant' and federations.fingerprint = value ->> 'fingerprint'`.execute(
    db,
  );
};
