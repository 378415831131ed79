import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import type { AccountKey } from '../../src/core/accounts/account-key.ts';
import type { ServiceAccount } from '../../src/core/accounts/service-account.ts';
import type { Storage } from '../../src/ports/storage.ts';
import { migrateAsFarAs, openKysely } from '../support/older-database.ts';
import { type StoragePlace, storageEngines } from '../support/storage-engines.ts';
import { sampleAccount, sampleAccountKey } from '../support/stored-samples.ts';
import { countAdministrators } from '../support/count-administrators.ts';

const tables = {
  accounts: sql.table('service_accounts'),
  keys: sql.table('account_keys'),
};

/** What a node of the release before runs to keep an account and its key. */
const insertOldAccount = (db: Kysely<never>, { id, name, tenant }: ServiceAccount): Promise<unknown> =>
  sql`insert into ${tables.accounts} (tenant, id, name, description, search, owning_team, use_case, scopes, audiences, role,
    status, access_token_algorithm, cap_to_subject_expiry, federations, created_at, updated_at, version)
    values (${tenant}, ${id}, ${name}, '', '', 'default', 'custom-api-integration', '[]', '[]', 'administrator',
    'enabled', null, 0, '[]', 1, 1, 1)`.execute(db);
const insertOldKey = (db: Kysely<never>, key: AccountKey): Promise<unknown> =>
  sql`insert into ${tables.keys} (tenant, id, account_id, kid, algorithm, public_jwk, status, expires_at, created_at, last_used_at)
    values (${key.tenant}, ${key.id}, ${key.accountId}, ${key.kid}, ${key.algorithm}, ${JSON.stringify(key.publicJwk)},
    ${key.status}, ${key.expiresAt}, ${key.createdAt}, ${key.lastUsedAt})`.execute(db);

/** A key as the release before made it: named by its thumbprint. */
const oldKey = (account: ServiceAccount, changes: Partial<AccountKey> = {}): AccountKey => {
  const kid = randomUUID();
  return sampleAccountKey(account, { kid, thumbprint: kid, ...changes });
};

describe.each(storageEngines)('keys of accounts over an upgrade on $engine', ({ engine, createPlace }) => {
  let place: StoragePlace;
  let raw: Kysely<never>;
  let storage: Storage | null;
  beforeEach(async () => {
    place = await createPlace();
    raw = openKysely(place.url);
    storage = null;
  });
  afterEach(async () => {
    await raw.destroy();
    await storage?.close();
    await place.remove();
  });

  const migrateToFirst = (): Promise<void> => migrateAsFarAs(raw, engine, '0001-first-tables');
  const open = async (): Promise<Storage> => (storage = await openStorage({ url: place.url }));
  const account = sampleAccount({ role: 'administrator' });

  it('the keys that were there stay, named as before, and can be changed from now on', async () => {
    await migrateToFirst();
    await insertOldAccount(raw, account);
    const keys = [
      oldKey(account, { expiresAt: null, lastUsedAt: 7 }),
      oldKey(account, {
        status: 'disabled',
        algorithm: 'RS256',
        publicJwk: { kty: 'RSA', n: 'AA', e: 'AQAB' },
      }),
    ];
    for (const key of keys) await insertOldKey(raw, key);

    const storage = await open();
    const { accountKeys } = storage;
    expect(await accountKeys.listOf('acme', account.id)).toEqual(keys);
    expect(await countAdministrators(storage, 'acme', Date.now())).toBe(1);
    const [first, second] = keys as [AccountKey, AccountKey];
    await expect(accountKeys.insert({ ...first, id: randomUUID(), kid: 'another' })).rejects.toMatchObject({
      what: 'account-key',
    });
    expect(await accountKeys.update({ ...first, status: 'disabled', version: 2 })).toBe(true);
    await accountKeys.touch('acme', first.id, 8);
    expect(await accountKeys.remove('acme', second.id, 1)).toBe(true);
    expect(await accountKeys.listOf('acme', account.id)).toEqual([
      { ...first, status: 'disabled', lastUsedAt: 8, version: 2 },
    ]);
  });

  it('SV-20 the bundle of a tenant that was there begins with a sequence of the time of the upgrade', async () => {
    await migrateToFirst();
    await sql`insert into ${sql.table('tenants')} (name, description, status, settings, created_at, version)
      values ('acme', '', 'enabled', '{}', 1, 1)`.execute(raw);
    await sql`insert into ${sql.table('signing_keys')} (tenant, kid, purpose, algorithm, public_jwk, sealed_private_key, state,
      created_at, activated_at, retired_at) values ('acme', 'k', 'jwt-svid', 'ES256', '{}', '', 'active', 1, 1, null)`.execute(
      raw,
    );
    const before = Date.now();
    const { signingKeys } = await open();
    const { spiffeSequence } = await signingKeys.readSet('acme');
    expect(spiffeSequence).toBeGreaterThanOrEqual(before - 1000);
    expect(spiffeSequence).toBeLessThanOrEqual(Date.now() + 1000);
    expect(Number.isSafeInteger(spiffeSequence)).toBe(true);
  });

  it('a node of the release before goes on adding keys, whose thumbprint is their kid', async () => {
    const { accountKeys } = await open();
    await insertOldAccount(raw, account);
    const keys = [oldKey(account), oldKey(account)];
    for (const key of keys) await insertOldKey(raw, key);
    expect(await accountKeys.listOf('acme', account.id)).toEqual(keys);
    const [first] = keys as [AccountKey];
    await expect(accountKeys.insert({ ...first, id: randomUUID() })).rejects.toMatchObject({
      what: 'account-key',
    });
    expect(await accountKeys.update({ ...first, status: 'disabled', version: 2 })).toBe(true);
    expect(await accountKeys.remove('acme', first.id, 2)).toBe(true);
    expect(await accountKeys.listOf('acme', account.id)).toEqual(keys.slice(1));
  });

  it('an upgraded database and a new one have the same columns and indexes', async () => {
    await migrateToFirst();
    await (await open()).close();
    storage = null;
    const upgraded = await describeTable(raw, engine);
    const fresh = await createPlace();
    await (await openStorage({ url: fresh.url })).close();
    const freshRaw = openKysely(fresh.url);
    expect(upgraded).toEqual(await describeTable(freshRaw, engine));
    expect(JSON.stringify(upgraded)).toContain('account_keys_thumbprint');
    await freshRaw.destroy();
    await fresh.remove();
  });

  it('opening it again and from two nodes at once changes nothing', async () => {
    await migrateToFirst();
    await insertOldAccount(raw, account);
    const key = oldKey(account);
    await insertOldKey(raw, key);
    const nodes = await Promise.all([openStorage({ url: place.url }), openStorage({ url: place.url })]);
    for (const node of nodes) {
      expect(await node.accountKeys.listOf('acme', account.id)).toEqual([key]);
      await node.close();
    }
    expect(await (await open()).accountKeys.listOf('acme', account.id)).toEqual([key]);
  });
});

const describeTable = async (db: Kysely<never>, engine: string): Promise<unknown> => {
  const rows =
    engine === 'SQLite'
      ? sql`select name, sql from sqlite_master where tbl_name = 'account_keys' order by name`
      : sql`select column_name as name, data_type || collation_name || is_nullable || column_default as what
          from information_schema.columns where table_name = 'account_keys'
          union all select indexname, indexdef from pg_indexes where tablename = 'account_keys' order by 1`;
  return (await rows.execute(db)).rows;
};
