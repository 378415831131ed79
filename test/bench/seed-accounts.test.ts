import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedAccounts, seededIdentity, type SeedIssuer } from '../../bench/seed-accounts.ts';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import type { Storage } from '../../src/ports/storage.ts';
import { openKysely } from '../support/older-database.ts';
import { type StoragePlace, storageEngines } from '../support/storage-engines.ts';
import { sampleTenant } from '../support/stored-samples.ts';

const accounts = 20_000;
const issuers: readonly SeedIssuer[] = ['https://one.example', 'https://two.example'].map((issuer) => ({
  issuer,
  jwksUri: `${issuer}/jwks.json`,
  jwks: null,
}));

const indexesOf = async (db: Kysely<never>, engine: string): Promise<unknown> =>
  (
    await (engine === 'SQLite'
      ? sql`select name, sql from sqlite_master where type = 'index' order by name`
      : sql`select indexname, indexdef from pg_indexes where schemaname = 'public' order by indexname`
    ).execute(db)
  ).rows;

describe.each(storageEngines)('seeded accounts on $engine', ({ engine, createPlace }) => {
  let place: StoragePlace;
  let raw: Kysely<never>;
  let storage: Storage;
  let indexesBefore: unknown;
  beforeAll(async () => {
    place = await createPlace();
    const empty = await openStorage({ url: place.url });
    await expect(seedAccounts({ databaseUrl: place.url, accounts: 1, issuers })).rejects.toThrow('no tenant');
    await empty.tenants.insert(sampleTenant({ name: 'default' }));
    await empty.close();
    raw = openKysely(place.url);
    indexesBefore = await indexesOf(raw, engine);
    await seedAccounts({ databaseUrl: place.url, accounts: accounts / 2, issuers });
    await seedAccounts({
      databaseUrl: place.url,
      accounts,
      issuers,
      from: accounts / 2,
      trustedIssuers: 100,
    });
    storage = await openStorage({ url: place.url });
  }, 120_000);
  afterAll(async () => {
    await storage?.close();
    await raw?.destroy();
    await place?.remove();
  });

  it('are as many as were wanted, each with its place, and leave every index as it was', async () => {
    const counted = await sql<{ readonly n: number; readonly placed: number }>`
      select count(*) as n, count(federations.account_seq) as placed from service_accounts
      left join federations on federations.tenant = service_accounts.tenant
        and federations.account_id = service_accounts.id and federations.account_seq = service_accounts.seq`.execute(
      raw,
    );
    expect(Object.values(counted.rows[0] ?? {}).map(Number)).toEqual([accounts, accounts]);
    expect(await indexesOf(raw, engine)).toEqual(indexesBefore);
    const { items } = await storage.serviceAccounts.list('default', {}, { limit: 2, cursor: null });
    expect(items.map(({ name }) => name)).toEqual(['service-000000', 'service-000001']);
  });

  it.each([0, 1, 7, 3, 9999, 10_000, 19_999])(
    'account %i is found by what its token shows',
    async (index) => {
      const { accountId, issuer, subject } = seededIdentity(index, issuers);
      const { serviceAccounts } = storage;
      const { prefixes } = await serviceAccounts.outlineOf('default', issuer);
      const pattern = prefixes.filter((text) => subject.startsWith(text));
      const found = await serviceAccounts.findByGroups([
        { tenant: 'default', issuer, kind: 'subject', text: subject },
        ...pattern.map((text) => ({ tenant: 'default', issuer, kind: 'prefix' as const, text })),
      ]);
      expect(found.flat().map(({ id }) => id)).toEqual([accountId]);
      expect((await serviceAccounts.find('default', accountId))?.federations[0]?.issuer).toBe(issuer);
    },
  );

  it('their issuers are trusted, once, and so are the others that were wanted', async () => {
    for (const { issuer, jwksUri } of issuers)
      expect(await storage.trustedIssuers.findByIssuer('default', issuer)).toMatchObject({ jwksUri });
    const other = await storage.trustedIssuers.findByIssuer('default', 'https://issuer-00099.example.org');
    expect(other?.jwks?.keys).toHaveLength(1);
    const { rows } = await sql<{ readonly n: number }>`select count(*) as n from trusted_issuers`.execute(
      raw,
    );
    expect(Number(rows[0]?.n)).toBe(102);
  });

  it('what cannot be written leaves nothing behind', async () => {
    await expect(
      seedAccounts({ databaseUrl: place.url, accounts: accounts + 1, issuers, from: accounts - 1 }),
    ).rejects.toThrow();
    expect(await indexesOf(raw, engine)).toEqual(indexesBefore);
    expect(
      await storage.serviceAccounts.find('default', seededIdentity(accounts, issuers).accountId),
    ).toBeNull();
  });
});
