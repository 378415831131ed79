import { Kysely, PostgresDialect } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { createAppendAtOnce } from '../../src/adapters/storage/postgres/append-at-once.ts';
import { openPool } from '../../src/adapters/storage/postgres/open-pool.ts';
import type { Database } from '../../src/adapters/storage/schema.ts';
import type { AppendAtOnce } from '../../src/adapters/storage/stores/append-activities.ts';
import { toNewLines } from '../../src/adapters/storage/stores/new-line.ts';
import { createPostgresDatabase, type PostgresDatabase } from '../support/postgres.ts';
import { sampleActivity, sampleTime } from '../support/stored-samples.ts';

let database: PostgresDatabase;
let db: Kysely<Database>;
let append: AppendAtOnce;
/** What became of each statement. */
const statements: string[] = [];
beforeAll(async () => {
  database = await createPostgresDatabase();
  await (await openStorage({ url: database.url })).close();
  const pool = openPool({
    url: database.url,
    size: 2,
    connectionTimeoutMilliseconds: 20_000,
    statementTimeoutMilliseconds: 20_000,
  });
  db = new Kysely<Database>({
    dialect: new PostgresDialect({ pool }),
    log: ({ level }) => void statements.push(level === 'query' ? 'done' : 'failed'),
  });
  await db
    .insertInto('activity_chains')
    .values({
      tenant: 'acme',
      writer: 'w',
      ordinal: 1,
      number: 0,
      hash: 'start',
      dropped_number: 0,
      dropped_hash: 'start',
    })
    .execute();
  append = createAppendAtOnce(db);
  await appendOnce(['warm']);
});
beforeEach(() => void statements.splice(0));
afterAll(async () => {
  await db?.destroy();
  await database?.drop();
});

/** Appends a line for each list of jtis; the places of those that are spent, or `null` where it cannot be like this. */
const appendOnce = async (...ofLines: readonly (readonly string[])[]): Promise<readonly number[] | null> => {
  const entries = ofLines.map((jtis) => ({
    activity: sampleActivity(),
    uses: jtis.map((jti) => ({ party: 'client', jti, until: sampleTime })),
  }));
  const spent = await append('w', toNewLines(entries));
  return spent === null ? null : [...spent.keys()].map(({ place }) => place);
};

describe('lines at once on PostgreSQL', () => {
  it('CA-14 §7 lines and what they use up are one statement', async () => {
    expect(await appendOnce(['a'], [], ['b', 'c'])).toEqual([]);
    expect(await appendOnce(['d'])).toEqual([]);
    expect(await appendOnce([])).toEqual([]);
    expect(statements).toEqual(['done', 'done', 'done']);
  });

  it('A41 B25 where some are spent it is two, whoever fails nothing, and the next batch is one again', async () => {
    await appendOnce(['x']);
    statements.splice(0);
    expect(await appendOnce(['x'], ['y'], [])).toEqual([0]);
    expect(statements).toEqual(['done', 'done']);
    expect(await appendOnce(['z'])).toEqual([]);
    expect(statements).toEqual(['done', 'done', 'done']);
  });

  it('CA-14 where all are spent nothing is written', async () => {
    expect(await appendOnce(['all'])).toEqual([]);
    const head = await db.selectFrom('activity_chains').selectAll().executeTakeFirstOrThrow();
    expect(await appendOnce(['all'], ['all'])).toEqual([0, 1]);
    expect(await db.selectFrom('activity_chains').selectAll().executeTakeFirstOrThrow()).toEqual(head);
  });

  it.each([
    ['a line that uses something up', ['late']],
    ['a line that uses nothing up', []],
  ])(
    'A115 a head that another one moved: %s is for the way step by step, and nothing is kept',
    async (_, jtis) => {
      await db
        .updateTable('activity_chains')
        .set({ hash: `moved ${jtis.length}` })
        .execute();
      const count = () =>
        db
          .selectFrom('activities')
          .select(({ fn }) => fn.countAll().as('lines'))
          .executeTakeFirstOrThrow();
      const before = await count();
      expect(await appendOnce(jtis)).toBeNull();
      expect(await count()).toEqual(before);
      // It has been read anew.
      expect(await appendOnce(jtis)).toEqual([]);
    },
  );
});
