import type { CommitPace } from '../../core/commit-pace.ts';
import type { Storage } from '../../ports/storage.ts';
import type { Engine } from './engine.ts';
import type { PostgresOptions } from './postgres/open-postgres.ts';
import { createReplayGuard } from './replay-guard.ts';
import { reportUnavailable, toStoreUnavailable } from './report-unavailable.ts';
import { StorageUnusable } from './storage-errors.ts';
import { onlyWorker, type StorageWorker } from './storage-worker.ts';
import { createStores } from './stores/create-stores.ts';

/** Where everything is kept. */
export interface StorageOptions {
  /** `sqlite:<path>` or `postgres://…`. */
  readonly url: string;
  readonly postgres?: PostgresOptions;
  /** Which of the processes of this node opens it; the only one when absent. */
  readonly worker?: StorageWorker;
  /** How long a single use may wait to be noted before it is rejected; 3 s when absent. */
  readonly maxWaitMs?: number;
  /** When single uses are noted; as soon as they can be when absent. */
  readonly pace?: CommitPace;
}

const openEngine = async ({ url, postgres, worker = onlyWorker }: StorageOptions): Promise<Engine> => {
  const scheme = url.slice(0, url.indexOf(':') + 1);
  switch (scheme) {
    case 'sqlite:': {
      const path = url.slice(scheme.length);
      if (path === '' || path.startsWith(':') || path.includes('\0')) {
        throw new StorageUnusable('The database URL must name a file, as in sqlite:data/bureau.db.');
      }
      // The engine in use alone is loaded.
      const { openSqlite } = await import('./sqlite/open-sqlite.ts');
      return await openSqlite(path, worker);
    }
    case 'postgres:':
    case 'postgresql:':
      if (!URL.canParse(url)) {
        throw new StorageUnusable('The database URL must look like postgres://user:password@host:5432/name.');
      }
      const { openPostgres } = await import('./postgres/open-postgres.ts');
      return await openPostgres(url, { ...postgres, prepares: worker.prepares });
    default:
      throw new StorageUnusable('The database URL must begin with sqlite: or postgres://.');
  }
};

/**
 * Opens the database the URL names and brings its schema up to date.
 *
 * @throws StorageUnusable when it cannot be used, DatabaseNewer when a newer release owns it; nothing is overwritten then
 */
export const openStorage = async (options: StorageOptions): Promise<Storage> => {
  const { db, transact, chaining, findPlaces, noteUses, close } = await openEngine(options);
  const ways = { chaining, findPlaces };
  let beating: Promise<void> | null = null;

  const beat = async (): Promise<void> => {
    // A write: a read-only server or a full disk answers every question and still keeps nothing (B10, B19).
    await db
      .updateTable('liveness')
      .set((row) => ({ beat: row('beat', '+', 1) }))
      .where('id', '=', 1)
      .execute();
  };

  return {
    ...createStores(db, ways),
    replayGuard: reportUnavailable(createReplayGuard(db, noteUses, options.maxWaitMs, options.pace)),
    transaction: async (work) => {
      // What `work` itself throws is its own, even where the rollback fails as well; what is left is the database's.
      const thrown: { byWork?: { readonly error: unknown } } = {};
      try {
        return await transact(async (transaction) => {
          try {
            return await work(createStores(transaction, ways));
          } catch (error) {
            thrown.byWork = { error };
            throw error;
          }
        });
      } catch (error) {
        throw thrown.byWork === undefined ? toStoreUnavailable(error) : thrown.byWork.error;
      }
    },
    ping: async () => {
      beating ??= beat().finally(() => {
        beating = null;
      });
      await beating;
    },
    close,
  };
};
