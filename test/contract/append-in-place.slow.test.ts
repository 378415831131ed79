import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompiledQuery, type Kysely, type RawBuilder, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { inBlocksQuery, nextBlockQuery } from '../../src/adapters/storage/sqlite/find-places.ts';
import { openSqlite } from '../../src/adapters/storage/sqlite/open-sqlite.ts';
import { createTrailVerifier } from '../../src/admin/verify-trail.ts';
import type { Storage } from '../../src/ports/storage.ts';
import { migrateAsFarAs, openKysely } from '../support/older-database.ts';
import { openRawDatabase } from '../support/raw-database.ts';
import { type StoragePlace, storageEngines } from '../support/storage-engines.ts';
import { sampleActivity, sampleTime } from '../support/stored-samples.ts';
import { createTestSeals } from '../support/trail-seals.ts';

const tenant = 'acme';
const everything = { limit: 200, cursor: null };

describe.each(storageEngines)(
  'lines and single uses over an upgrade on $engine',
  ({ engine, createPlace }) => {
    let place: StoragePlace;
    let raw: Kysely<never>;
    beforeEach(async () => {
      place = await createPlace();
      raw = openKysely(place.url);
      await migrateAsFarAs(raw, engine, '0008-unlinked-activities');
    });
    afterEach(async () => {
      await raw.destroy();
      await place.remove();
    });
    const run = (text: string) => sql.raw(text).execute(raw);
    const insertLines = (count: number) =>
      run(`with recursive line (n) as (select 1 union all select n + 1 from line where n < ${count})
      insert into activities (tenant, id, time, type, outcome, reason, jti, body)
      select '${tenant}', 'id-' || n, ${sampleTime} + n, 'token', 'issued', 'issued', n || '-jti', '{"checks":[]}' from line`);

    it.each([10, 100_001])(
      '%i lines stay where they are, in their order, and are found by id and by jti',
      async (count) => {
        await insertLines(count);
        await run(
          `insert into unlinked_activities (tenant, lines, last_seq) values ('${tenant}', ${count}, ${count})`,
        );
        const storage = await openStorage({ url: place.url });
        try {
          const { activities } = storage;
          for (const n of [1, 7, count]) {
            expect(await activities.find(tenant, `id-${n}`)).toMatchObject({
              time: sampleTime + n,
              jti: `${n}-jti`,
            });
            const { items } = await activities.list(tenant, { jti: `${n}-jti` }, everything);
            expect(items.map(({ id }) => id)).toEqual([`id-${n}`]);
          }
          expect(await activities.find(tenant, 'id-0')).toBeNull();
          const fresh = sampleActivity({ tenant });
          await activities.append([fresh]);
          await activities.append([fresh, sampleActivity({ tenant })]);
          const { items } = await activities.list(tenant, {}, { limit: 3, cursor: null });
          expect(items.slice(1).map(({ id }) => id)).toEqual([fresh.id, `id-${count}`]);
          const state = await storage.trail.state(tenant);
          expect(state.oldLines.count).toBe(count);
          // PostgreSQL leaves out the number of a line that was there already.
          expect(state.last).toBe(engine === 'SQLite' ? count + 2 : count + 3);
          if (count < 100)
            expect(
              await createTrailVerifier({ storage, seals: await createTestSeals() })(tenant),
            ).toMatchObject({
              ok: true,
              checked: count + 2,
            });
        } finally {
          await storage.close();
        }
      },
    );

    it('A115 the number of a line that retention dropped is not given again', async () => {
      await insertLines(5);
      await run('delete from activities');
      const storage = await openStorage({ url: place.url });
      await storage.activities.append([sampleActivity({ tenant })]);
      expect((await storage.trail.state(tenant)).last).toBe(6);
      await storage.close();
    });

    it('CA-14 what was used stays used, and is forgotten when its time is over', async () => {
      const use = async (storage: Storage, jti: string) =>
        await storage.replayGuard.consume(tenant, 'client', jti, sampleTime);
      // The fingerprint is that of the releases before: a digest of the three as JSON.
      const digest = 'PI7GieQW2fdP5i79-zzcXBuvYzDcvAFIwzQWNr8xqHY';
      await run(`insert into used_jtis (fingerprint, until) values ('${digest}', ${sampleTime})`);
      const storage = await openStorage({ url: place.url });
      expect(await use(storage, 'used before')).toBe(false);
      expect(await use(storage, 'not used before')).toBe(true);
      expect(await storage.replayGuard.forgetBefore(sampleTime + 1, 10)).toBe(2);
      expect(await use(storage, 'used before')).toBe(true);
      await storage.close();
    });
  },
);

describe.each(storageEngines)(
  'a line is found by its id and its jti on $engine',
  ({ engine, createPlace }) => {
    let place: StoragePlace;
    let storage: Storage;
    beforeEach(async () => {
      place = await createPlace();
      storage = await openStorage({ url: place.url });
    });
    afterEach(async () => {
      await storage.close();
      await place.remove();
    });

    /** Moves a line in the order of storing. */
    const move = async (id: string, seq: number): Promise<void> => {
      const database = await openRawDatabase(place.url);
      const columns =
        'tenant, time, type, outcome, reason, account_id, issuer, subject, jti, body, writer, number, previous, hash';
      const overriding = engine === 'SQLite' ? '' : 'overriding system value';
      await database.run(`insert into activities (seq, id, ${columns}) ${overriding}
      select ${seq}, id || '-moved', ${columns} from activities where id = '${id}'`);
      await database.run(`delete from activities where id = '${id}'`);
      await database.run(`update activities set id = '${id}' where id = '${id}-moved'`);
      await database.close();
    };

    it.each([
      ['the first that can be listed', -9_007_199_254_740_990],
      ['one before the first', -7],
      ['the last of a block', 4095],
      ['the first of a block', 4096],
      ['one far away', 4_000_000_000],
      ['the last that can be listed', 9_007_199_254_740_990],
    ])('wherever it stands: %s', async (_, seq) => {
      const [line, other] = [sampleActivity({ tenant, jti: randomUUID() }), sampleActivity({ tenant })];
      await storage.activities.append([other, line, sampleActivity({ tenant })]);
      await move(line.id, seq);
      expect(await storage.activities.find(tenant, line.id)).toEqual(line);
      expect(await storage.activities.find(tenant, other.id)).toEqual(other);
      expect(await storage.activities.find('other', line.id)).toBeNull();
      for (const filter of [
        { jti: line.jti ?? '' },
        { receipt: line.id },
        { receipt: line.id, jti: line.jti ?? '' },
      ]) {
        expect((await storage.activities.list(tenant, filter, everything)).items).toEqual([line]);
        expect((await storage.activities.list('other', filter, everything)).items).toEqual([]);
      }
      const crossed = { receipt: other.id, jti: line.jti ?? '' };
      expect((await storage.activities.list(tenant, crossed, everything)).items).toEqual([]);
    });

    it('neither by the beginning of it nor by another that begins like it', async () => {
      const ids = ['abcd', 'abcd-1', 'abcd-2', 'abc', ''];
      const lines = ids.map((id) => sampleActivity({ tenant, id, jti: id === '' ? null : `jti-${id}` }));
      await storage.activities.append(lines);
      for (const line of lines) expect(await storage.activities.find(tenant, line.id)).toEqual(line);
      for (const id of ['abcd-', 'abcd-3', 'ab', 'ABCD'])
        expect(await storage.activities.find(tenant, id)).toBeNull();
      const { items } = await storage.activities.list(tenant, { jti: 'jti-abcd' }, everything);
      expect(items.map(({ id }) => id)).toEqual(['abcd']);
    });

    it('several lines of one jti come newest first, page by page', async () => {
      const lines = Array.from({ length: 5 }, () => sampleActivity({ tenant, jti: 'same' }));
      for (const line of lines) await storage.activities.append([line]);
      const first = await storage.activities.list(tenant, { jti: 'same' }, { limit: 3, cursor: null });
      const second = await storage.activities.list(
        tenant,
        { jti: 'same' },
        { limit: 3, cursor: first.nextCursor },
      );
      expect([...first.items, ...second.items]).toEqual(lines.toReversed());
      expect(second.nextCursor).toBeNull();
    });
  },
);

describe('on SQLite', () => {
  it.each([
    ['id', 'activities_ids'],
    ['jti', 'activities_jtis'],
    ['account_id', 'activities_accounts'],
  ] as const)('%s is looked for in the index %s over blocks, and not line by line', async (column, index) => {
    const folder = await mkdtemp(join(tmpdir(), 'bureau-plan-'));
    const engine = await openSqlite(join(folder, 'bureau.db'));
    const planOf = async (query: RawBuilder<unknown>): Promise<string> => {
      const text = query.compile(engine.db);
      const { rows } = await engine.db.executeQuery<{ readonly detail: string }>(
        CompiledQuery.raw(`explain query plan ${text.sql}`, [...text.parameters]),
      );
      return rows.map(({ detail }) => detail).join('\n');
    };
    const range = { above: 0, below: 10_000 };
    for (const order of ['asc', 'desc'] as const) {
      const inBlocks = await planOf(inBlocksQuery(column, 'x', range, order, 10));
      expect(inBlocks).toMatch(
        new RegExp(`SEARCH activities USING .*INDEX ${index} \\(<expr>=\\? AND <expr>=\\?`),
      );
      expect(inBlocks).not.toContain('SCAN activities');
      const nextBlock = await planOf(nextBlockQuery(range, order));
      expect(nextBlock).toBe('SEARCH activities USING COVERING INDEX activities_ids (<expr>>? AND <expr><?)');
    }
    await engine.close();
    await rm(folder, { recursive: true });
  });
});
