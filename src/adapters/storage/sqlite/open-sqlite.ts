import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Kysely } from 'kysely';
import type { Engine } from '../engine.ts';
import { findMissing } from '../migrations/migration-names.ts';
import { startDriver } from '../start-driver.ts';
import type { Database } from '../schema.ts';
import { DatabaseNewer, StorageUnusable } from '../storage-errors.ts';
import { onlyWorker, type StorageWorker } from '../storage-worker.ts';
import { createTurns } from '../turns.ts';
import { createAppendAtOnce } from './append-at-once.ts';
import { findPlaces } from './find-places.ts';
import { createNoteUses } from './note-uses.ts';
import { createSharedCommits } from './share-commits.ts';
import { openConnection, SqliteFailure, type SqliteConnection } from './open-connection.ts';
import { createSqliteDialect } from './sqlite-dialect.ts';

const maxWaitForWriterMilliseconds = 10_000;

/**
 * Each process that writes has one chain for each tenant, by its place on the node: whoever has the place later goes on with
 * it, and the chains of a tenant stay few over any number of starts.
 */
const chainWriterOf = (place: number): string => (place === 1 ? 'embedded' : `embedded-${place}`);

/** Below this size a start checks the structure of the whole file, above it of everything but the bulk tables. */
const fullCheckBytes = 64 * 1024 * 1024;
const bulkTables: readonly unknown[] = ['activities', 'used_jtis'];

/** Primary result codes of SQLite, https://www.sqlite.org/rescode.html, in the operator's words. */
const sentences: Readonly<Record<number, string>> = {
  5: 'is in use by another process',
  8: 'cannot be written to',
  10: 'cannot be read or written: the disk reports an error',
  11: 'is damaged; restore a backup',
  13: 'cannot be written to: the disk is full',
  14: 'cannot be opened for writing',
  26: 'is not a SQLite database',
};

const toUnusable = (path: string, error: unknown): unknown => {
  if (error instanceof StorageUnusable || error instanceof DatabaseNewer) {
    return error;
  }
  const code = error instanceof SqliteFailure && error.resultCode !== null ? error.resultCode & 0xff : -1;
  const what =
    sentences[code] ?? `cannot be used: ${error instanceof Error ? error.message : 'unknown fault'}`;
  return new StorageUnusable(`The database file ${path} ${what}.`, { cause: error });
};

/** Private from its first byte: SQLite gives its log and its shared memory the mode of the file. */
const createFile = async (path: string): Promise<void> => {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await (await open(path, 'a+', 0o600)).close();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown fault';
    throw new StorageUnusable(
      `The database file ${path} cannot be created or opened for writing (${code}).`,
      {
        cause: error,
      },
    );
  }
};

const checkStructure = async (path: string, reader: SqliteConnection): Promise<void> => {
  const pragmas = async (): Promise<readonly string[]> => {
    if ((await stat(path)).size <= fullCheckBytes) {
      return ['pragma quick_check(1)'];
    }
    const { rows } = await reader.run("select name from sqlite_master where type = 'table'", []);
    return (rows as readonly { readonly name: string }[])
      .filter(({ name }) => !bulkTables.includes(name))
      .map(({ name }) => `pragma quick_check("${name}")`);
  };
  for (const pragma of await pragmas()) {
    const { rows } = await reader.run(pragma, []);
    const [first] = rows as readonly { readonly quick_check: string }[];
    if (first?.quick_check !== 'ok') {
      throw new StorageUnusable(`The database file ${path} is damaged; restore a backup.`);
    }
  }
};

/** The names of the schema changes that the file went through. */
const executedMigrations = async (reader: SqliteConnection): Promise<readonly string[]> => {
  const { rows: tables } = await reader.run(
    "select name from sqlite_master where type = 'table' and name = 'kysely_migration'",
    [],
  );
  if (tables.length === 0) return [];
  const { rows } = await reader.run('select name from kysely_migration', []);
  return (rows as readonly { readonly name: string }[]).map(({ name }) => name);
};

/**
 * Opens, checks and migrates an SQLite file; makes it, and its folder, where there is none. Where another process did that,
 * it is opened only.
 *
 * @throws StorageUnusable, DatabaseNewer: then the file is as it was
 */
export const openSqlite = async (path: string, worker: StorageWorker = onlyWorker): Promise<Engine> => {
  const isShared = !worker.isAlone;
  const chainWriter = chainWriterOf(worker.place);
  const opened: SqliteConnection[] = [];
  const turns = createTurns(maxWaitForWriterMilliseconds);
  let mustMigrate = false;
  try {
    if (worker.prepares) await createFile(path);
    const reader = await openConnection({ path, role: 'reader', isShared });
    opened.push(reader);
    if (worker.prepares) {
      await checkStructure(path, reader);
      mustMigrate = findMissing(await executedMigrations(reader)).length > 0;
    }
    const writer = await openConnection({ path, role: 'writer', isShared });
    opened.push(writer);
    const dialect = createSqliteDialect(reader, writer, turns);
    if (mustMigrate) {
      const { migrate } = await import('../migrations/migrate.ts');
      await migrate(new Kysely({ dialect }), 'sqlite');
    } else if (worker.prepares) {
      // As a migration would: a file that another process holds is found out now, and not by the first token.
      await writer.run('begin immediate', []);
      await writer.rollback();
    }
    const db = new Kysely<Database>({ dialect });
    await startDriver(db);
    const commit = createSharedCommits(writer, turns);
    return {
      db,
      transact: async (work) => await db.transaction().execute(work),
      chaining: {
        writers: { alone: chainWriter, inTransaction: chainWriter },
        locksRows: false,
        appendAtOnce: createAppendAtOnce(commit),
      },
      findPlaces,
      noteUses: createNoteUses(commit),
      close: () => db.destroy(),
    };
  } catch (error) {
    await Promise.allSettled(opened.map((connection) => connection.close()));
    throw toUnusable(path, error);
  }
};
