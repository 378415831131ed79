import { expect, it } from 'vitest';
import { findMissing, migrationNames } from '../../../src/adapters/storage/migrations/migration-names.ts';
import { migrations } from '../../../src/adapters/storage/migrations/migrate.ts';
import { DatabaseNewer } from '../../../src/adapters/storage/storage-errors.ts';

it('every schema change has its place in the order of the names', () => {
  expect(migrationNames).toEqual(Object.keys(migrations));
  expect(migrationNames).toEqual([...migrationNames].sort());
});

it('a database has to go through what it did not go through', () => {
  expect(findMissing([])).toEqual(migrationNames);
  expect(findMissing(migrationNames.slice(0, -2))).toEqual(migrationNames.slice(-2));
  expect(findMissing(migrationNames.slice(1))).toEqual(migrationNames.slice(0, 1));
  expect(findMissing(migrationNames)).toEqual([]);
});

it('B13 a database that went through more than is known is left alone', () => {
  expect(() => findMissing([...migrationNames, '9999-later'])).toThrow(DatabaseNewer);
});
