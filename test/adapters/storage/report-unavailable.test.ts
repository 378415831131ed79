import { describe, expect, it } from 'vitest';
import { reportUnavailable } from '../../../src/adapters/storage/report-unavailable.ts';
import { SqliteFailure } from '../../../src/adapters/storage/sqlite/open-connection.ts';
import { InvalidCursor } from '../../../src/ports/page.ts';
import { StoreUnavailable } from '../../../src/ports/storage.ts';
import { UniqueViolation } from '../../../src/ports/stores.ts';

const failing = (error: unknown) =>
  reportUnavailable({
    ask: async () => {
      throw error;
    },
  }).ask();
const withCode = (code: string): Error => Object.assign(new Error(code), { code });

describe('A67 what trying again may mend is StoreUnavailable', () => {
  it.each([
    ['SQLITE_BUSY', new SqliteFailure('database is locked', 5)],
    ['SQLITE_IOERR_FSYNC', new SqliteFailure('disk I/O error', 1034)],
    ['SQLITE_FULL', new SqliteFailure('database or disk is full', 13)],
    ['a database thread that is gone', new Error('the database is closed')],
    ['no connection', withCode('ECONNREFUSED')],
    ['PostgreSQL shutting down', withCode('57P01')],
    ['PostgreSQL read-only', withCode('25006')],
    ['a statement that took too long', withCode('57014')],
    ['something that is no error', 'down'],
  ])('%s', async (_, error) => {
    const rejection = failing(error);
    await expect(rejection).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(rejection).rejects.toHaveProperty('cause', error);
  });
});

describe('A67 what it cannot mend stays the fault, or the answer, it is', () => {
  it.each([
    ['SQLITE_TOOBIG', new SqliteFailure('string or blob too big', 18)],
    ['SQLITE_CONSTRAINT_NOTNULL', new SqliteFailure('NOT NULL constraint failed', 1299)],
    ['SQLITE_MISMATCH', new SqliteFailure('datatype mismatch', 20)],
    ['a PostgreSQL data exception', withCode('22P02')],
    ['a PostgreSQL constraint', withCode('23502')],
    ['a row that no longer parses', new SyntaxError('Unexpected end of JSON input')],
    ['a slip of ours', new TypeError('undefined is not a function')],
    ['a number that is no time', new RangeError('no time')],
    ['a duplicate', new UniqueViolation('team')],
    ['a cursor of another list', new InvalidCursor('made up')],
    ['an outage already named', new StoreUnavailable('down')],
  ])('%s', async (_, error) => {
    await expect(failing(error)).rejects.toBe(error);
  });
});
