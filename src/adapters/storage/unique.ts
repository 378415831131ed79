import { CompiledQuery, type InsertResult, type Kysely } from 'kysely';
import { UniqueViolation } from '../../ports/stores.ts';
import type { Database } from './schema.ts';

/** PostgreSQL's code, and SQLite's two extended result codes, for a row that exists already. */
const postgresUniqueViolation = '23505';
const sqliteUniqueViolations: readonly unknown[] = [2067, 1555];

const isUniqueViolation = (error: unknown): boolean =>
  error instanceof Error &&
  (('code' in error && error.code === postgresUniqueViolation) ||
    ('resultCode' in error && sqliteUniqueViolations.includes(error.resultCode)));

/**
 * For the result of an insert with `on conflict do nothing`, which, unlike an error, does not spoil a transaction.
 *
 * @throws UniqueViolation when fewer rows went in than `expected`
 */
export const requireInserted = (what: string, results: readonly InsertResult[], expected = 1): void => {
  const inserted = results.reduce((sum, result) => sum + Number(result.numInsertedOrUpdatedRows ?? 0n), 0);
  if (inserted < expected) {
    throw new UniqueViolation(what);
  }
};

/** Runs an update; the unique constraint it may hit becomes {@link UniqueViolation}. */
export const updateUnique = async <T>(what: string, update: () => Promise<T>): Promise<T> => {
  try {
    return await update();
  } catch (error) {
    throw isUniqueViolation(error) ? new UniqueViolation(what) : error;
  }
};

const savepoint = async (
  db: Kysely<Database>,
  act: 'savepoint' | 'release' | 'rollback to',
): Promise<void> => {
  await db.executeQuery(CompiledQuery.raw(`${act} one_change`));
};

/** Runs statements that take effect together or not at all, in a transaction of their own or within the caller's. */
export const atomically = async <T>(
  db: Kysely<Database>,
  work: (db: Kysely<Database>) => Promise<T>,
): Promise<T> => {
  if (!db.isTransaction) {
    return await db.transaction().execute(work);
  }
  await savepoint(db, 'savepoint');
  try {
    const result = await work(db);
    await savepoint(db, 'release');
    return result;
  } catch (error) {
    await savepoint(db, 'rollback to');
    throw error;
  }
};
