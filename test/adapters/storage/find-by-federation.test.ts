// What a look-up that misses every cache asks of SQLite, by SQLite's own plan of it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Kysely } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStorage } from '../../../src/adapters/storage/open-storage.ts';
import type { Database } from '../../../src/adapters/storage/schema.ts';
import type { SqliteConnection } from '../../../src/adapters/storage/sqlite/open-connection.ts';
import { createSqliteDialect } from '../../../src/adapters/storage/sqlite/sqlite-dialect.ts';
import { findByFederation } from '../../../src/adapters/storage/stores/find-by-federation.ts';
import { createTurns } from '../../../src/adapters/storage/turns.ts';

let folder: string;
let database: DatabaseSync;
let plans: string[][];
let stores: ReturnType<typeof findByFederation>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bureau-plans-'));
  const path = join(folder, 'bureau.db');
  await (await openStorage({ url: `sqlite:${path}` })).close();
  database = new DatabaseSync(path, { readOnly: true });
  const explained: SqliteConnection = {
    run: (sql, parameters) => {
      const rows = database.prepare(`explain query plan ${sql}`).all(...(parameters as SQLInputValue[]));
      plans.push(rows.map(({ detail }) => String(detail)));
      return Promise.resolve({ rows: [], changes: 0 });
    },
    commit: () => Promise.resolve([]),
    rollback: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const db = new Kysely<Database>({ dialect: createSqliteDialect(explained, explained, createTurns(1000)) });
  stores = findByFederation(db);
});
beforeEach(() => {
  plans = [];
});
afterAll(async () => {
  database.close();
  await rm(folder, { recursive: true, force: true });
});

describe('what finds federations asks of SQLite', () => {
  it('64 subjects are one statement: an index leads to each federation, and its account is where that says', async () => {
    const groups = Array.from({ length: 64 }, (_, place) => ({
      tenant: 'acme',
      issuer: 'https://issuer.example',
      kind: 'subject' as const,
      text: `job:${place}`,
    }));
    await stores.findByGroups(groups);
    expect(plans).toEqual([
      [
        'SEARCH federations USING COVERING INDEX federations_group (group_key=?)',
        'SEARCH service_accounts USING INTEGER PRIMARY KEY (rowid=?)',
      ],
    ]);
  });

  it('the neighbours of a subject are found in their order, and nothing is sorted or walked through', async () => {
    await stores.findNear('acme', 'https://issuer.example', 'job:1', 4);
    expect(plans).toHaveLength(1);
    expect(plans[0]?.filter((step) => /SCAN (federations|service_accounts)|TEMP B-TREE/.test(step))).toEqual(
      [],
    );
    expect(plans[0]?.filter((step) => step.includes('federations_near'))).toHaveLength(2);
  });
});
