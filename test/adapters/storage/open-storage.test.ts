import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStorage } from '../../../src/adapters/storage/open-storage.ts';
import { StoreUnavailable } from '../../../src/ports/storage.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bureau-open-storage-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('A67 B18 a single use that finds the file locked is rejected when its time is over, and works after', async () => {
  const path = join(folder, 'bureau.db');
  const storage = await openStorage({ url: `sqlite:${path}`, maxWaitMs: 50 });
  const other = new DatabaseSync(path);
  other.exec('begin immediate');
  let pinged = false;
  const first = storage.replayGuard.consume('acme', 'client', 'locked', 1);
  const second = storage.replayGuard.consume('acme', 'client', 'behind', 1);
  const ping = storage.ping().then(() => {
    pinged = true;
  });
  await expect(first).rejects.toBeInstanceOf(StoreUnavailable);
  await expect(second).rejects.toBeInstanceOf(StoreUnavailable);
  // Neither had to wait for what waits for the lock.
  expect(pinged).toBe(false);
  other.exec('rollback');
  other.close();
  await ping;
  expect(await storage.replayGuard.consume('acme', 'client', 'behind', 1)).toBe(true);
  await storage.close();
});
