import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { openPool } from '../../src/adapters/storage/postgres/open-pool.ts';
import { type Storage, StoreUnavailable } from '../../src/ports/storage.ts';
import { askPostgres, createPostgresDatabase, type PostgresDatabase } from '../support/postgres.ts';
import { sampleActivity, sampleTeam, sampleTime } from '../support/stored-samples.ts';

let database: PostgresDatabase;
let storage: Storage;
beforeAll(async () => {
  database = await createPostgresDatabase();
  storage = await openStorage({ url: database.url });
});
afterAll(async () => {
  await storage.close();
  await database.drop();
});

const cutAll = (): Promise<unknown> =>
  askPostgres(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
    [database.name],
  );

/** Resolves once the server has no connection to the database left. */
const untilCut = async (): Promise<void> => {
  const [row] = await askPostgres('select count(*)::int as left from pg_stat_activity where datname = $1', [
    database.name,
  ]);
  if (row?.['left'] !== 0) {
    await untilCut();
  }
};

describe('B14 connections that are cut', () => {
  it('while idle: the process lives and the next statements succeed', async () => {
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(Array.from({ length: 8 }, () => storage.ping()));
      await cutAll();
      await untilCut();
      // The sockets hear of it in a later turn of the event loop.
      await new Promise((resolve) => setTimeout(resolve, 20));
      await storage.teams.insert(sampleTeam());
      await storage.activities.append([sampleActivity()]);
      expect(await storage.replayGuard.consume('acme', 'client', `round-${round}`, sampleTime)).toBe(true);
    }
  });

  it('within a transaction: it fails whole, the process lives, the next one succeeds', async () => {
    const [lost, kept] = [sampleTeam(), sampleTeam()];
    await expect(
      storage.transaction(async (stores) => {
        await stores.teams.insert(lost);
        await cutAll();
        await untilCut();
        await new Promise((resolve) => setTimeout(resolve, 20));
        await stores.teams.insert(sampleTeam());
      }),
    ).rejects.toBeInstanceOf(StoreUnavailable);
    await storage.transaction((stores) => stores.teams.insert(kept));
    expect(await storage.teams.find('acme', lost.name)).toBeNull();
    expect(await storage.teams.find('acme', kept.name)).toEqual(kept);
  });
});

describe('A67 a refusal stays a refusal', () => {
  it('where the connection is gone before the rollback', async () => {
    const refusal = new Error('refused by the work');
    await expect(
      storage.transaction(async (stores) => {
        await stores.teams.insert(sampleTeam());
        await cutAll();
        await untilCut();
        await new Promise((resolve) => setTimeout(resolve, 20));
        throw refusal;
      }),
    ).rejects.toBe(refusal);
  });
});

describe('limits', () => {
  it('B18 with every connection in use a caller is refused in good time, and served after', async () => {
    const narrow = await openStorage({
      url: database.url,
      postgres: { poolSize: 1, connectionTimeoutMilliseconds: 200 },
    });
    const release = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const holding = narrow.transaction(async () => {
      entered.resolve();
      await release.promise;
    });
    await entered.promise;
    await expect(narrow.teams.find('acme', 'x')).rejects.toMatchObject({
      name: 'StoreUnavailable',
      cause: { message: expect.stringMatching(/timeout/i) },
    });
    release.resolve();
    await holding;
    expect(await narrow.teams.find('acme', 'x')).toBeNull();
    await narrow.close();
  });

  it('B17 a statement that takes too long is ended', async () => {
    const impatient = await openStorage({
      url: database.url,
      postgres: { statementTimeoutMilliseconds: 300 },
    });
    const release = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const holding = storage.transaction(async () => {
      entered.resolve();
      await release.promise;
    });
    await entered.promise;
    await expect(impatient.transaction(() => Promise.resolve())).rejects.toMatchObject({
      name: 'StoreUnavailable',
      cause: { message: expect.stringMatching(/statement timeout/) },
    });
    release.resolve();
    await holding;
    await impatient.transaction(() => Promise.resolve());
    await impatient.close();
  });

  it('B19 a server that takes no writes fails the ping', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c default_transaction_read_only=on');
    const readOnly = await openStorage({ url: url.href });
    expect(await readOnly.teams.find('acme', 'x')).toBeNull();
    await expect(readOnly.ping()).rejects.toThrow(/read-only/);
    await readOnly.close();
  });
});

describe('a database that cannot be used', () => {
  it.each([
    ['nobody listens', (url: URL) => Object.assign(url, { port: '1' }), /ECONNREFUSED/],
    ['it does not exist', (url: URL) => Object.assign(url, { pathname: '/nowhere' }), /does not exist/],
    ['the user is unknown', (url: URL) => Object.assign(url, { username: 'x', password: 's3cret' }), /"x"/],
  ])('%s: one clear sentence without the password', async (_, change, reason) => {
    const refusal = openStorage({ url: change(new URL(database.url)).href });
    await expect(refusal).rejects.toMatchObject({
      name: 'StorageUnusable',
      message: expect.stringMatching(/^The database 127\.0\.0\.1:\d+\/\w+ cannot be used \(.*\)\.$/),
    });
    await expect(refusal).rejects.toThrow(reason);
    await expect(refusal).rejects.not.toThrow(/s3cret/);
  });

  it('has another encoding', async () => {
    await askPostgres(
      `create database ${database.name}_latin encoding 'LATIN1' locale_provider libc locale 'C' template template0`,
    );
    const url = new URL(database.url);
    url.pathname += '_latin';
    await expect(openStorage({ url: url.href })).rejects.toThrow(/must have the encoding UTF8/);
    await askPostgres(`drop database ${database.name}_latin`);
  });

  it('was written by a newer release: says so and touches nothing', async () => {
    const newer = await createPostgresDatabase();
    await (await openStorage({ url: newer.url })).close();
    await askPostgres(
      "insert into kysely_migration values ('9999-from-the-future', '2099-01-01T00:00:00.000Z')",
      [],
      newer.url,
    );
    await expect(openStorage({ url: newer.url })).rejects.toMatchObject({
      name: 'DatabaseNewer',
      message: expect.stringMatching(/newer release.*9999-from-the-future/),
    });
    await newer.drop();
  });
});

describe('collation', () => {
  it('A118 the suite runs against a linguistic default, and every text column compares bytes', async () => {
    const [server] = await askPostgres(
      'select datlocprovider as provider from pg_database where datname = $1',
      [database.name],
    );
    expect(server).toEqual({ provider: 'i' });
    const columns = await askPostgres(
      `select table_name, column_name from information_schema.columns
       where table_schema = 'public' and data_type = 'text' and collation_name is distinct from 'C'`,
      [],
      database.url,
    );
    expect(columns).toEqual([]);
  });
});

describe('statements that are planned once for a connection', () => {
  const text = 'select $1::int + 1 as sum';
  const open = async (names: ReadonlyMap<string, string>) => {
    const database = await createPostgresDatabase();
    const pool = openPool({
      url: database.url,
      size: 1,
      connectionTimeoutMilliseconds: 20_000,
      statementTimeoutMilliseconds: 0,
      names,
    });
    const client = await pool.connect();
    const query = async (statement: string, values: readonly unknown[] = []) =>
      (await client.query<Record<string, unknown>>(statement, [...values])).rows;
    return {
      query,
      planned: async () => (await query('select name from pg_prepared_statements')).map(({ name }) => name),
      close: async () => {
        client.release();
        await pool.end();
        await database.drop();
      },
    };
  };

  it('have a name, and others have none', async () => {
    const { query, planned, close } = await open(new Map([[text, 'sum']]));
    for (const n of [1, 2, 3]) expect(await query(text, [n])).toEqual([{ sum: n + 1 }]);
    expect(await query('select $1::int as n', [5])).toEqual([{ n: 5 }]);
    expect(await planned()).toEqual(['sum']);
    await expect(query(text, ['no number'])).rejects.toMatchObject({ code: '22P02' });
    expect(await planned()).toEqual(['sum']);
    await close();
  });

  it.each([
    ['does not know the name any more', ['first'], 'deallocate all'],
    ['knows the name already', [], 'prepare sum as select 1'],
  ] as const)('B14 are run without a name behind a pooler that %s', async (_, before, meanwhile) => {
    const { query, planned, close } = await open(new Map([[text, 'sum']]));
    for (const _time of before) await query(text, [0]);
    await query(meanwhile);
    for (const n of [1, 2, 3]) expect(await query(text, [n])).toEqual([{ sum: n + 1 }]);
    expect(await planned()).toEqual(meanwhile.startsWith('prepare') ? ['sum'] : []);
    await close();
  });
});
