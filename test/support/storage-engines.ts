import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import type { Storage } from '../../src/ports/storage.ts';
import { createPostgresDatabase } from './postgres.ts';

/** An empty place for a storage, with its URL. */
export interface StoragePlace {
  readonly url: string;
  remove(): Promise<void>;
}

/** Every implementation of the storage ports. */
export const storageEngines: readonly {
  readonly engine: 'SQLite' | 'PostgreSQL';
  readonly createPlace: () => Promise<StoragePlace>;
}[] = [
  {
    engine: 'SQLite',
    createPlace: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'bureau-storage-'));
      return {
        url: `sqlite:${join(folder, 'bureau.db')}`,
        remove: () => rm(folder, { recursive: true, force: true }),
      };
    },
  },
  {
    engine: 'PostgreSQL',
    createPlace: async () => {
      const database = await createPostgresDatabase();
      return { url: database.url, remove: () => database.drop() };
    },
  },
];

/** An open storage of its own for one suite. */
export interface OpenedStorage {
  readonly storage: Storage;
  readonly url: string;
  remove(): Promise<void>;
}

/** Opens a storage in an empty place. */
export const openInEmptyPlace = async (createPlace: () => Promise<StoragePlace>): Promise<OpenedStorage> => {
  const place = await createPlace();
  // Hundreds of calls at once, on machines with other work to do: waiting for a connection is no fault here.
  const storage = await openStorage({
    url: place.url,
    postgres: { connectionTimeoutMilliseconds: 20_000 },
  });
  return {
    storage,
    url: place.url,
    remove: async () => {
      await storage.close();
      await place.remove();
    },
  };
};
