// What the thread of SQLite is asked in a transaction, at a real file: each message is a turn of the event loop.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompiledQuery, Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openConnection,
  type SqliteConnection,
  SqliteFailure,
} from '../../../src/adapters/storage/sqlite/open-connection.ts';
import { createSqliteDialect } from '../../../src/adapters/storage/sqlite/sqlite-dialect.ts';
import { createTurns } from '../../../src/adapters/storage/turns.ts';
import type { Database } from '../../../src/adapters/storage/schema.ts';
import { atomically } from '../../../src/adapters/storage/unique.ts';

let folder: string;
let db: Kysely<Database>;
/** What went to the writing thread, a text for each message. */
let messages: string[];

const recorded = (connection: SqliteConnection): SqliteConnection => ({
  ...connection,
  run: (sql, parameters, ahead = []) => {
    messages.push([...ahead, sql].join('; '));
    return connection.run(sql, parameters, ahead);
  },
  rollback: () => {
    messages.push('(rollback)');
    return connection.rollback();
  },
});

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bureau-dialect-'));
  const path = join(folder, 'bureau.db');
  const writer = await openConnection({ path, role: 'writer' });
  const reader = await openConnection({ path, role: 'reader' });
  db = new Kysely({ dialect: createSqliteDialect(reader, recorded(writer), createTurns(1000)) });
  messages = [];
  await run(db, 'create table names (name text primary key)');
});
afterEach(async () => {
  await db.destroy();
  rmSync(folder, { recursive: true });
});

const run = async (on: Kysely<Database>, sql: string): Promise<readonly unknown[]> =>
  (await on.executeQuery(CompiledQuery.raw(sql))).rows;
const add = (on: Kysely<Database>, name: string) => run(on, `insert into names values ('${name}')`);
const names = async (): Promise<readonly unknown[]> =>
  (await run(db, 'select name from names order by name')).map((row) => (row as { name: string }).name);

describe('what a transaction asks of the thread of SQLite', () => {
  beforeEach(() => {
    messages = [];
  });

  it('what answers nothing goes along with the statement after it', async () => {
    await db.transaction().execute(async (change) => {
      await add(change, 'a');
      await atomically(change, (inner) => add(inner, 'b'));
      await atomically(change, (inner) => add(inner, 'c'));
    });
    expect(messages).toEqual([
      "begin immediate; insert into names values ('a')",
      "savepoint one_change; insert into names values ('b')",
      "release one_change; savepoint one_change; insert into names values ('c')",
      'release one_change; commit',
    ]);
    expect(await names()).toEqual(['a', 'b', 'c']);
  });

  it('what fails within a transaction undoes its own part, however much went along with it', async () => {
    await db.transaction().execute(async (change) => {
      await add(change, 'a');
      await expect(
        atomically(change, async (inner) => {
          await add(inner, 'b');
          await add(inner, 'a');
        }),
      ).rejects.toThrow(SqliteFailure);
      await expect(atomically(change, (inner) => add(inner, 'a'))).rejects.toThrow(SqliteFailure);
      await atomically(change, (inner) => add(inner, 'c'));
    });
    expect(await names()).toEqual(['a', 'c']);
  });

  it('what fails as a whole leaves nothing, and the writer to the next', async () => {
    const broken = db.transaction().execute(async (change) => {
      await add(change, 'a');
      await atomically(change, (inner) => add(inner, 'b'));
      throw new Error('no');
    });
    await expect(broken).rejects.toThrow('no');
    expect(messages.at(-1)).toBe('(rollback)');
    await add(db, 'd');
    expect(await names()).toEqual(['d']);
  });

  it('nothing of a transaction is left to go along with the one after it', async () => {
    await db.transaction().execute(() => Promise.resolve());
    await expect(db.transaction().execute(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await db.transaction().execute((change) => add(change, 'a'));
    expect(messages).toEqual([
      'begin immediate; commit',
      '(rollback)',
      "begin immediate; insert into names values ('a')",
      'commit',
    ]);
    expect(await names()).toEqual(['a']);
  });

  it('a transaction that cannot begin fails with its first statement, which does nothing, and lets the next one in', async () => {
    const other = await openConnection({ path: join(folder, 'bureau.db'), role: 'writer' });
    await other.run('begin immediate', []);
    for (const work of [
      (change: Kysely<Database>) => add(change, 'a'),
      (change: Kysely<Database>) => atomically(change, (inner) => add(inner, 'a')),
    ])
      await expect(db.transaction().execute(work)).rejects.toMatchObject({
        name: 'SqliteFailure',
        resultCode: 5,
      });
    await other.rollback();
    await other.close();
    await db.transaction().execute((change) => add(change, 'b'));
    expect(await names()).toEqual(['b']);
  });
});
