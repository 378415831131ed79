import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTrailVerifier } from '../../src/admin/verify-trail.ts';
import { openRawDatabase } from '../support/raw-database.ts';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { type StoragePlace, storageEngines } from '../support/storage-engines.ts';
import { sampleActivity } from '../support/stored-samples.ts';
import { createTestSeals } from '../support/trail-seals.ts';

describe.each(storageEngines)(
  'lines from before there were chains, over an upgrade on $engine',
  ({ createPlace }) => {
    let place: StoragePlace;
    beforeEach(async () => {
      place = await createPlace();
    });
    afterEach(() => place.remove());

    /** Undoes what the release with that table did, so that opening the database does it again. */
    const forget = `drop table unlinked_activities; delete from kysely_migration where name = '0008-unlinked-activities'`;
    const old = (tenant: string, id: string): string =>
      `insert into activities (tenant, id, time, type, outcome, reason, body) values ('${tenant}', '${id}', 5, 'token', 'issued', 'issued', '{"checks":[]}')`;
    const run = async (...statements: readonly string[]): Promise<void> => {
      const database = await openRawDatabase(place.url);
      for (const statement of statements) await database.run(statement);
      await database.close();
    };

    it('A115 those that were there are counted once and for all, and what comes later is found', async () => {
      const tenant = 'acme';
      const first = await openStorage({ url: place.url });
      await run(old(tenant, 'a'), old(tenant, 'b'));
      await first.activities.append([sampleActivity({ tenant })]);
      await first.close();
      await run(forget);

      const storage = await openStorage({ url: place.url });
      const verify = createTrailVerifier({ storage, seals: await createTestSeals() });
      expect((await storage.trail.state(tenant)).oldLines.count).toBe(2);
      expect(await verify(tenant)).toMatchObject({ ok: true, checked: 3, unlinked: 2 });
      expect((await storage.trail.state('other')).oldLines).toEqual({ count: 0, last: 0 });
      await run(old('other', 'planted'));
      expect((await verify('other')).faults.map(({ kind }) => kind)).toEqual(['unlinked']);
      await storage.close();

      const again = await openStorage({ url: place.url });
      expect((await again.trail.state('other')).oldLines.count).toBe(0);
      await again.close();
    });
  },
);
