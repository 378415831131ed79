import { hash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTrailVerifier } from '../../src/admin/verify-trail.ts';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { toRow } from '../../src/adapters/storage/stores/activity-row.ts';
import { linkActivities, startOfChain } from '../../src/core/activity/chain.ts';
import type { Database } from '../../src/adapters/storage/schema.ts';
import { migrateAsFarAs, openKysely } from '../support/older-database.ts';
import { type StoragePlace, storageEngines } from '../support/storage-engines.ts';
import { sampleActivity } from '../support/stored-samples.ts';
import { createTestSeals } from '../support/trail-seals.ts';

const hashText = (text: string): string => hash('sha256', text, 'base64url');

describe.each(storageEngines)(
  'lines from before there were chains, over an upgrade on $engine',
  ({ engine, createPlace }) => {
    let place: StoragePlace;
    let raw: Kysely<Database>;
    beforeEach(async () => {
      place = await createPlace();
      const db = openKysely(place.url);
      await migrateAsFarAs(db, engine, '0007-spiffe-sequences');
      raw = db as unknown as Kysely<Database>;
    });
    afterEach(async () => {
      await raw.destroy();
      await place.remove();
    });

    const insertOld = (tenant: string, id: string) =>
      sql`insert into activities (tenant, id, time, type, outcome, reason, body)
        values (${tenant}, ${id}, 5, 'token', 'issued', 'issued', '{"checks":[]}')`.execute(raw);
    /** As the release before wrote the first line of a chain. */
    const insertLinked = async (tenant: string) => {
      const activity = sampleActivity({ tenant });
      const start = startOfChain(tenant, 'before', 1, hashText);
      const [link] = linkActivities([activity], 'before', start, hashText);
      if (link === undefined) throw new Error('no link');
      await raw.insertInto('activities').values(toRow(activity, link)).execute();
      const head = { number: link.number, hash: link.hash, dropped_number: 0, dropped_hash: start.hash };
      await raw
        .insertInto('activity_chains')
        .values({ tenant, writer: 'before', ordinal: 1, ...head })
        .execute();
    };

    it('A115 those that were there are counted once and for all, and what comes later is found', async () => {
      const tenant = 'acme';
      await insertOld(tenant, 'a');
      await insertOld(tenant, 'b');
      await insertLinked(tenant);

      const storage = await openStorage({ url: place.url });
      const verify = createTrailVerifier({ storage, seals: await createTestSeals() });
      expect((await storage.trail.state(tenant)).oldLines.count).toBe(2);
      expect(await verify(tenant)).toMatchObject({ ok: true, checked: 3, unlinked: 2 });
      expect((await storage.trail.state('other')).oldLines).toEqual({ count: 0, last: 0 });
      await insertOld('other', 'planted');
      expect((await verify('other')).faults.map(({ kind }) => kind)).toEqual(['unlinked']);
      await storage.close();

      const again = await openStorage({ url: place.url });
      expect((await again.trail.state('other')).oldLines.count).toBe(0);
      await again.close();
    });
  },
);
