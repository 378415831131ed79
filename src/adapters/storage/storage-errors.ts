import { StartRefused } from '../../ports/start-refused.ts';

/** Thrown while opening when the place cannot be used at all; the message is one sentence for the operator. */
export class StorageUnusable extends StartRefused {
  override readonly name = 'StorageUnusable';
  constructor(sentence: string, options: ErrorOptions = {}) {
    super([sentence], options);
  }
}

/** Thrown while opening a database that a newer release of this program has migrated; nothing was touched. */
export class DatabaseNewer extends StartRefused {
  override readonly name = 'DatabaseNewer';
  constructor(unknownMigrations: readonly string[]) {
    super([
      `The database was written by a newer release of this program (it has ${unknownMigrations.join(', ')}); start that release, or restore a backup.`,
    ]);
  }
}
