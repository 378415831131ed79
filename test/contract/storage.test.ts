import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { StoreUnavailable } from '../../src/ports/storage.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleAccount, sampleActivity, sampleTeam } from '../support/stored-samples.ts';
import { countAdministrators } from '../support/count-administrators.ts';

const program = fileURLToPath(new URL('../support/open-storage-process.ts', import.meta.url));
const openInProcess = async (url: string): Promise<string> =>
  (await promisify(execFile)(process.execPath, [program, url])).stdout;

describe.each(storageEngines)('$engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
  });
  afterAll(() => opened.remove());

  describe('transaction', () => {
    it('commits its writes together and gives back what the work gives', async () => {
      const [team, account, activity] = [sampleTeam(), sampleAccount(), sampleActivity()];
      const result = await opened.storage.transaction(async (stores) => {
        await stores.teams.insert(team);
        await stores.serviceAccounts.insert(account);
        await stores.activities.append([activity]);
        expect(await opened.storage.teams.find('acme', team.name)).toBeNull();
        expect(await stores.teams.find('acme', team.name)).toEqual(team);
        return 'done';
      });
      expect(result).toBe('done');
      expect(await opened.storage.teams.find('acme', team.name)).toEqual(team);
      expect(await opened.storage.serviceAccounts.find('acme', account.id)).toEqual(account);
      expect(await opened.storage.activities.find('acme', activity.id)).toEqual(activity);
    });

    it('rolls everything back when the work fails, and the store goes on', async () => {
      const [team, account] = [sampleTeam(), sampleAccount()];
      await expect(
        opened.storage.transaction(async (stores) => {
          await stores.teams.insert(team);
          await stores.serviceAccounts.insert(account);
          throw new Error('undone');
        }),
      ).rejects.toThrow('undone');
      expect(await opened.storage.teams.find('acme', team.name)).toBeNull();
      expect(await opened.storage.serviceAccounts.find('acme', account.id)).toBeNull();
      await opened.storage.teams.insert(team);
    });

    it('a write from outside that comes meanwhile does not share its fate', async () => {
      const [inside, outside] = [sampleTeam(), sampleActivity()];
      let appended: Promise<void> = Promise.resolve();
      await expect(
        opened.storage.transaction(async (stores) => {
          appended = opened.storage.activities.append([outside]);
          await stores.teams.insert(inside);
          expect(await stores.teams.find('acme', inside.name)).toEqual(inside);
          throw new Error('undone');
        }),
      ).rejects.toThrow('undone');
      await appended;
      expect(await opened.storage.activities.find('acme', outside.id)).toEqual(outside);
      expect(await opened.storage.teams.find('acme', inside.name)).toBeNull();
    });

    it('what one read is still true when it writes: of two that would remove the last administrator one sees it', async () => {
      const tenant = 'last-administrator';
      const administrators = [
        sampleAccount({ tenant, role: 'administrator' }),
        sampleAccount({ tenant, role: 'administrator' }),
      ];
      for (const account of administrators) {
        await opened.storage.serviceAccounts.insert(account);
      }
      const outcomes = await Promise.all(
        administrators.map((account) =>
          opened.storage.transaction(async (stores) => {
            if ((await countAdministrators(stores, tenant)) < 2) {
              return 'refused';
            }
            await stores.serviceAccounts.update({ ...account, status: 'disabled', version: 2 });
            return 'disabled';
          }),
        ),
      );
      expect(outcomes.toSorted()).toEqual(['disabled', 'refused']);
      expect(await countAdministrators(opened.storage, tenant)).toBe(1);
    });

    it('the same from two nodes', async () => {
      const tenant = 'two-nodes';
      const other = await openStorage({ url: opened.url });
      try {
        const outcomes = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            (index % 2 === 0 ? opened.storage : other).transaction(async ({ teams }) => {
              const { items } = await teams.list(tenant, { limit: 200, cursor: null });
              await teams.insert(sampleTeam({ tenant, name: `team-${items.length}` }));
            }),
          ),
        );
        expect(outcomes).toHaveLength(10);
        const { items } = await other.teams.list(tenant, { limit: 200, cursor: null });
        expect(items).toHaveLength(10);
      } finally {
        await other.close();
      }
    });

    it('B12 reads and appends go on beside fifty writers, and nobody is told that the store is busy', async () => {
      const tenant = 'contention';
      const results = await Promise.allSettled([
        ...Array.from({ length: 50 }, () =>
          opened.storage.transaction(async (stores) => {
            await stores.teams.insert(sampleTeam({ tenant }));
            await stores.revisions.bump(tenant);
          }),
        ),
        ...Array.from({ length: 50 }, () => opened.storage.activities.append([sampleActivity({ tenant })])),
        ...Array.from({ length: 50 }, () => opened.storage.teams.list(tenant, { limit: 10, cursor: null })),
      ]);
      expect(results.filter((result) => result.status === 'rejected')).toEqual([]);
      expect((await opened.storage.revisions.all()).get(tenant)).toBe(50);
    });
  });

  describe('ping', () => {
    it('resolves while the store takes writes, also many at once', async () => {
      await Promise.all(Array.from({ length: 20 }, () => opened.storage.ping()));
      await opened.storage.ping();
    });

    it('A67 everything rejects once it is closed, and nothing is taken for a no', async () => {
      const place = await createPlace();
      const storage = await openStorage({ url: place.url });
      await storage.close();
      await expect(storage.ping()).rejects.toThrow();
      for (const attempt of [
        () => storage.teams.find('acme', 'x'),
        () => storage.serviceAccounts.findByIssuer('acme', 'x', 1),
        () => storage.activities.append([sampleActivity()]),
        () => storage.replayGuard.consume('acme', 'client', 'jti', 1),
        () => storage.transaction(() => Promise.resolve()),
      ]) {
        await expect(attempt()).rejects.toBeInstanceOf(StoreUnavailable);
      }
      await place.remove();
    });
  });

  describe('opening', () => {
    it('again finds everything as it was', async () => {
      const place = await createPlace();
      const team = sampleTeam();
      const first = await openStorage({ url: place.url });
      await first.teams.insert(team);
      await first.close();
      const second = await openStorage({ url: place.url });
      expect(await second.teams.find('acme', team.name)).toEqual(team);
      await second.close();
      await place.remove();
    });

    it('from two processes at once on an empty place works for both', async () => {
      const place = await createPlace();
      const answers = await Promise.all([openInProcess(place.url), openInProcess(place.url)]);
      expect(answers).toEqual(['opened\n', 'opened\n']);
      await place.remove();
    });
  });
});

it.each(['', 'sqlite:', 'sqlite::memory:', 'mysql://localhost/x', '/some/path', 'postgres://[', 'postgres'])(
  'a URL that names no database is one clear sentence: %j',
  async (url) => {
    await expect(openStorage({ url })).rejects.toMatchObject({
      name: 'StorageUnusable',
      message: expect.stringMatching(/^The database URL must [^.]+\S*\.$/),
    });
  },
);
