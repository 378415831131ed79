import { type Kysely, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { federationFingerprint } from '../../src/adapters/storage/federation-fingerprint.ts';
import type { Database } from '../../src/adapters/storage/schema.ts';
import type { ServiceAccount } from '../../src/core/accounts/service-account.ts';
import { buildPatternPrefixes, groupsCovering } from '../../src/core/trust/federation-group.ts';
import type { Storage } from '../../src/ports/storage.ts';
import { migrateAsFarAs, openKysely } from '../support/older-database.ts';
import { type StoragePlace, storageEngines } from '../support/storage-engines.ts';
import { sampleAccount, sampleFederation } from '../support/stored-samples.ts';

const issuer = 'https://issuer.example';

const account = (name: string, texts: readonly string[], changes: Partial<ServiceAccount> = {}) =>
  sampleAccount({
    name,
    federations: texts.map((text) =>
      sampleFederation(text.includes('*') ? { subject: null, subjectPattern: text } : { subject: text }),
    ),
    ...changes,
  });

/** One of each kind, and what token's subject finds it. */
const kinds: readonly { readonly holder: ServiceAccount; readonly subject: string }[] = [
  { holder: account('exact', ['job:1']), subject: 'job:1' },
  { holder: account('pattern', ['job:*']), subject: 'job:27' },
  { holder: account('pattern of everything', ['*:x']), subject: 'y:x' },
  { holder: account('several', ['one:1', 'two:*', 'three:3']), subject: 'two:2' },
  { holder: account('letters beyond ASCII', ['Jöb:é\u{1F511}']), subject: 'Jöb:é\u{1F511}' },
  { holder: account('quotes', [`job:"'\\`]), subject: `job:"'\\` },
  { holder: account('long', [`${'x'.repeat(1900)}:*`]), subject: `${'x'.repeat(1900)}:1` },
  { holder: account('of another tenant', ['job:1'], { tenant: 'other' }), subject: 'job:1' },
  {
    holder: sampleAccount({
      name: 'without conditions',
      federations: [sampleFederation({ subject: 'plain:1', conditions: [], cel: 'claims.run == "1"' })],
    }),
    subject: 'plain:1',
  },
];

/** More than are placed at a time; every one with a federation of its own. */
const crowd = Array.from({ length: 2050 }, (_, index) => account(`crowd-${index}`, [`crowd:${index}`]));

/** What a node of the release before ran to keep accounts and what finds them. */
const insertOld = async (db: Kysely<Database>, accounts: readonly ServiceAccount[]): Promise<void> => {
  for (let start = 0; start < accounts.length; start += 500) {
    const some = accounts.slice(start, start + 500);
    await db
      .insertInto('service_accounts')
      .values(
        some.map((each) => ({
          tenant: each.tenant,
          id: each.id,
          name: each.name,
          description: each.description,
          search: each.name,
          owning_team: each.owningTeam,
          use_case: each.useCase,
          scopes: JSON.stringify(each.scopes),
          audiences: JSON.stringify(each.audiences),
          role: each.role,
          status: each.status,
          access_token_algorithm: each.accessTokenAlgorithm,
          cap_to_subject_expiry: each.capToSubjectExpiry ? (1 as const) : (0 as const),
          federations: JSON.stringify(each.federations),
          warnings: JSON.stringify(each.warnings ?? []),
          created_at: each.createdAt,
          updated_at: each.updatedAt,
          version: each.version,
        })),
      )
      .execute();
    const rows = some.flatMap(({ tenant, id, federations }) =>
      federations.map((federation) => ({
        tenant,
        account_id: id,
        issuer: federation.issuer,
        fingerprint: federationFingerprint(federation),
      })),
    );
    await sql`insert into federations (tenant, account_id, issuer, fingerprint) values ${sql.join(
      rows.map((row) => sql`(${row.tenant}, ${row.account_id}, ${row.issuer}, ${row.fingerprint})`),
    )}`.execute(db);
  }
};

describe.each(storageEngines)('federations over an upgrade on $engine', ({ engine, createPlace }) => {
  let place: StoragePlace;
  let raw: Kysely<Database>;
  let storage: Storage | null;
  beforeEach(async () => {
    place = await createPlace();
    const db = openKysely(place.url);
    await migrateAsFarAs(db, engine, '0008-unlinked-activities');
    raw = db as unknown as Kysely<Database>;
    storage = null;
  });
  afterEach(async () => {
    await raw.destroy();
    await storage?.close();
    await place.remove();
  });
  const open = async (): Promise<Storage> => (storage = await openStorage({ url: place.url }));

  const covering = async ({ serviceAccounts }: Storage, tenant: string, subject: string) => {
    const { prefixes, unplaced } = await serviceAccounts.outlineOf(tenant, issuer);
    expect(unplaced).toEqual([]);
    const groups = groupsCovering(tenant, issuer, subject, buildPatternPrefixes(prefixes));
    return (await serviceAccounts.findByGroups(groups)).flat();
  };

  it('ST-12 those that were there are found by the subject of a token, whole, and nobody else is', async () => {
    const holders = kinds.map(({ holder }) => holder);
    await insertOld(raw, [...crowd.slice(0, 1000), ...holders, ...crowd.slice(1000)]);
    const opened = await open();
    for (const { holder, subject } of kinds)
      expect(await covering(opened, holder.tenant, subject)).toContainEqual({
        ...holder,
        warnings: holder.warnings ?? [],
      });
    const everywhere = 'pattern of everything';
    for (const index of [0, 999, 1000, 1999, 2000, 2049])
      expect((await covering(opened, 'acme', `crowd:${index}`)).map(({ name }) => name).toSorted()).toEqual([
        `crowd-${index}`,
        everywhere,
      ]);
    expect((await covering(opened, 'acme', 'nobody:1')).map(({ name }) => name)).toEqual([everywhere]);
    expect(await covering(opened, 'other', 'job:27')).toEqual([]);
  });

  it('an upgraded row is the row that is written now, neighbours and places among it', async () => {
    const holders = kinds.map(({ holder }) => holder);
    await insertOld(raw, holders);
    await open();
    const fresh = await createPlace();
    const other = await openStorage({ url: fresh.url });
    for (const holder of holders) await other.serviceAccounts.insert(holder);
    await other.close();
    const freshRaw = openKysely(fresh.url) as unknown as Kysely<Database>;
    const rows = (db: Kysely<Database>) =>
      db.selectFrom('federations').selectAll().orderBy('tenant').orderBy('fingerprint').execute();
    const upgraded = await rows(raw);
    expect(upgraded).toHaveLength(kinds.length + 2);
    expect(upgraded).toEqual(await rows(freshRaw));
    expect(await describeTables(raw, engine)).toEqual(await describeTables(freshRaw, engine));
    await freshRaw.destroy();
    await fresh.remove();
  });

  it('can be changed and removed afterwards, and what is taken is taken', async () => {
    const [{ holder }] = kinds as [(typeof kinds)[0]];
    await insertOld(raw, [holder]);
    const { serviceAccounts } = await open();
    const [federation] = holder.federations;
    await expect(
      serviceAccounts.insert(sampleAccount({ federations: federation === undefined ? [] : [federation] })),
    ).rejects.toMatchObject({ what: 'federation' });
    const moved = { ...account('exact', ['job:2']), id: holder.id, version: 2 };
    expect(await serviceAccounts.update(moved)).toBe(true);
    const find = async (subject: string) =>
      (
        await serviceAccounts.findByGroups([{ tenant: 'acme', issuer, kind: 'subject', text: subject }])
      ).flat();
    expect([await find('job:1'), await find('job:2')]).toEqual([[], [{ ...moved }]]);
    expect(await serviceAccounts.remove('acme', holder.id, 2)).toBe(true);
    expect(await find('job:2')).toEqual([]);
  });
});

const describeTables = async (db: Kysely<Database>, engine: string): Promise<unknown> => {
  const rows =
    engine === 'SQLite'
      ? sql`select name, sql from sqlite_master where tbl_name in ('federations', 'service_accounts', 'activities', 'used_jtis')
          and type = 'index' order by name`
      : sql`select column_name as name, data_type || collation_name || is_nullable || column_default as what
          from information_schema.columns where table_name in ('federations', 'service_accounts', 'activities', 'used_jtis')
          union all select indexname, indexdef from pg_indexes
          where tablename in ('federations', 'service_accounts', 'activities', 'used_jtis') order by 1`;
  return (await rows.execute(db)).rows;
};
