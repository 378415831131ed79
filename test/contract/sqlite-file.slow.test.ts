import { chmod, mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { openConnection } from '../../src/adapters/storage/sqlite/open-connection.ts';
import { openSqlite } from '../../src/adapters/storage/sqlite/open-sqlite.ts';
import { sampleAccount, sampleActivity, sampleTeam } from '../support/stored-samples.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bureau-sqlite-'));
  path = join(folder, 'bureau.db');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const fill = async (activities = 10): Promise<void> => {
  const storage = await openStorage({ url: `sqlite:${path}` });
  for (let count = 0; count < 50; count += 1) {
    await storage.serviceAccounts.insert(sampleAccount());
  }
  await storage.activities.append(Array.from({ length: activities }, () => sampleActivity()));
  await storage.close();
};

describe('settings', () => {
  it.each([
    ['journal_mode', 'wal'],
    ['synchronous', 2],
    ['foreign_keys', 1],
    ['busy_timeout', 2000],
    ['trusted_schema', 0],
  ])('§7 B09 the writer has %s = %s', async (pragma, value) => {
    const engine = await openSqlite(path);
    try {
      const { rows } = await sql<Record<string, unknown>>`pragma ${sql.raw(pragma)}`.execute(engine.db);
      expect(Object.values(rows[0] ?? {})).toEqual([value]);
    } finally {
      await engine.close();
    }
  });

  it('A119 file, log and shared memory are for the owner alone', async () => {
    const storage = await openStorage({ url: `sqlite:${path}` });
    await storage.teams.insert(sampleTeam());
    for (const name of [path, `${path}-wal`, `${path}-shm`]) {
      expect((await stat(name)).mode & 0o777).toBe(0o600);
    }
    await storage.close();
  });

  it('the reader cannot write', async () => {
    await fill();
    const reader = await openConnection({ path, role: 'reader' });
    await expect(reader.run('delete from teams', [])).rejects.toThrow(/readonly/);
    await reader.close();
  });

  it('makes the folder when there is none, for the owner alone', async () => {
    const nested = join(folder, 'a/b/bureau.db');
    const storage = await openStorage({ url: `sqlite:${nested}` });
    await storage.close();
    expect((await stat(dirname(nested))).mode & 0o777).toBe(0o700);
  });

  it('closing folds the log into the file', async () => {
    await fill();
    await expect(stat(`${path}-wal`)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('binding', () => {
  it.each([
    ['an object', { a: 1 }],
    ['a date', new Date(0)],
    ['an array', [1]],
    ['undefined', undefined],
    ['a boolean', true],
  ])('refuses %s, which SQLite would take for named parameters or not at all', async (_, value) => {
    const connection = await openConnection({ path, role: 'writer' });
    await expect(connection.run('select ? as a, ? as b', [value, 'x'])).rejects.toBeInstanceOf(TypeError);
    const { rows } = await connection.run('select ? as a, ? as b, ? as c, ? as d, ? as e', [
      null,
      'x',
      1,
      2n,
      new Uint8Array([1]),
    ]);
    expect(rows).toEqual([{ a: null, b: 'x', c: 1, d: 2, e: new Uint8Array([1]) }]);
    await connection.close();
  });

  it('a column takes only its type, as on PostgreSQL', async () => {
    const engine = await openSqlite(path);
    await expect(
      sql`insert into revisions (tenant, revision) values ('a', 'not a number')`.execute(engine.db),
    ).rejects.toMatchObject({ name: 'SqliteFailure' });
    await engine.close();
  });
});

describe('B13 a file that cannot be used', () => {
  const refusal = async (at = path): Promise<Error> => {
    try {
      await (await openStorage({ url: `sqlite:${at}` })).close();
    } catch (error) {
      if (error instanceof Error) {
        return error;
      }
    }
    throw new Error('it was opened');
  };

  it('is not a database: says so and leaves it alone', async () => {
    await writeFile(path, 'These are my notes, not a database.\n'.repeat(200));
    const before = await readFile(path);
    expect(await refusal()).toMatchObject({
      name: 'StorageUnusable',
      message: `The database file ${path} is not a SQLite database.`,
    });
    expect(await readFile(path)).toEqual(before);
  });

  it.each([
    [
      'bytes flipped in the middle',
      async (file: string, size: number) => {
        const handle = await open(file, 'r+');
        const page = Buffer.alloc(4096, 0xa5);
        for (let offset = 8192; offset + 4096 < size; offset += 12288) {
          await handle.write(page, 0, 4096, offset);
        }
        await handle.close();
      },
    ],
    [
      'cut short',
      async (file: string, size: number) => {
        const handle = await open(file, 'r+');
        await handle.truncate(Math.floor(size / 2));
        await handle.close();
      },
    ],
    [
      'one page zeroed',
      async (file: string) => {
        const handle = await open(file, 'r+');
        await handle.write(Buffer.alloc(4096), 0, 4096, 4096);
        await handle.close();
      },
    ],
  ] as const)('is damaged (%s): says so and leaves it alone', async (_, damage) => {
    await fill(500);
    await damage(path, (await stat(path)).size);
    const before = await readFile(path);
    expect(await refusal()).toMatchObject({
      name: 'StorageUnusable',
      message: `The database file ${path} is damaged; restore a backup.`,
    });
    expect(await readFile(path)).toEqual(before);
  });

  it.each(['service_accounts', 'federations', 'activities'])(
    'is damaged where a start reads nothing: in %s',
    async (table) => {
      await fill(500);
      const database = new DatabaseSync(path);
      const row = database.prepare('select rootpage from sqlite_master where name = ?').get(table);
      database.close();
      const handle = await open(path, 'r+');
      await handle.write(Buffer.alloc(64, 0xa5), 0, 64, (Number(row?.['rootpage']) - 1) * 4096);
      await handle.close();
      expect(await refusal()).toMatchObject({
        message: expect.stringMatching(/is damaged; restore a backup/),
      });
    },
  );

  it('was written by a newer release: says so and touches nothing', async () => {
    await fill();
    const database = new DatabaseSync(path);
    database.exec("insert into kysely_migration values ('9999-from-the-future', '2099-01-01T00:00:00.000Z')");
    database.close();
    const before = await readFile(path);
    expect(await refusal()).toMatchObject({
      name: 'DatabaseNewer',
      message: expect.stringMatching(/newer release.*9999-from-the-future/),
    });
    expect(await readFile(path)).toEqual(before);
  });

  it('lies below something that is no folder', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await refusal(join(folder, 'file/bureau.db'))).toMatchObject({
      name: 'StorageUnusable',
      message: expect.stringMatching(/cannot be created or opened for writing \((ENOTDIR|EEXIST)\)\.$/),
    });
  });

  it('is a folder', async () => {
    await mkdir(path);
    expect(await refusal()).toMatchObject({
      name: 'StorageUnusable',
      message: expect.stringMatching(/\(EISDIR\)\.$/),
    });
  });

  it('is kept busy by another process', async () => {
    await fill();
    const database = new DatabaseSync(path);
    database.exec('pragma journal_mode = delete; begin exclusive');
    const refused = refusal();
    expect(await refused).toMatchObject({
      name: 'StorageUnusable',
      message: `The database file ${path} is in use by another process.`,
    });
    database.close();
  });

  it('is being written to by another process, though there is nothing to migrate', async () => {
    await fill();
    const database = new DatabaseSync(path);
    database.exec('begin immediate');
    expect(await refusal()).toMatchObject({
      name: 'StorageUnusable',
      message: `The database file ${path} is in use by another process.`,
    });
    database.exec('rollback');
    database.close();
    await (await openStorage({ url: `sqlite:${path}` })).close();
  });
});

describe('a place without permission', () => {
  /** No permission stops root: then the attempt is made as a user who owns nothing. */
  const openAsOther = async (): Promise<unknown> => {
    const root = process.geteuid?.() === 0;
    if (root) {
      process.seteuid?.(65534);
    }
    try {
      return await openStorage({ url: `sqlite:${path}` }).catch((error: unknown) => error);
    } finally {
      if (root) {
        process.seteuid?.(0);
      }
    }
  };
  const refusal = () => ({
    name: 'StorageUnusable',
    message: `The database file ${path} cannot be created or opened for writing (EACCES).`,
  });

  it('a folder that must not be written to', async () => {
    await chmod(folder, 0o555);
    expect(await openAsOther()).toMatchObject(refusal());
    await chmod(folder, 0o700);
    await (await openStorage({ url: `sqlite:${path}` })).close();
  });

  it('a file that must not be written to', async () => {
    await fill();
    await chmod(folder, 0o755);
    await chmod(path, 0o444);
    const before = await readFile(path);
    expect(await openAsOther()).toMatchObject(refusal());
    expect(await readFile(path)).toEqual(before);
    await chmod(path, 0o600);
    await (await openStorage({ url: `sqlite:${path}` })).close();
  });
});
