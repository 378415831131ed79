import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';

describe.each(storageEngines)('$engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
  });
  afterAll(() => opened.remove());

  it('a revision grows by one at each change of its tenant, also in parallel', async () => {
    const { revisions } = opened.storage;
    expect(await revisions.all()).toEqual(new Map());
    await Promise.all(Array.from({ length: 5 }, () => revisions.bump('acme')));
    await revisions.bump('other');
    expect(await revisions.all()).toEqual(
      new Map([
        ['acme', 5],
        ['other', 1],
      ]),
    );
  });

  it('grows with the transaction of the change, or not at all', async () => {
    const before = (await opened.storage.revisions.all()).get('acme') ?? 0;
    await expect(
      opened.storage.transaction(async (stores) => {
        await stores.revisions.bump('acme');
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect((await opened.storage.revisions.all()).get('acme') ?? 0).toBe(before);
    await opened.storage.transaction((stores) => stores.revisions.bump('acme'));
    expect((await opened.storage.revisions.all()).get('acme')).toBe(before + 1);
  });

  it('knows what revisions touched, if it was told of each of them', async () => {
    const { storage } = opened;
    const { revisions } = storage;
    const touched = (id: string) => ({
      accounts: [id],
      groups: [
        { tenant: 'told', issuer: 'https://issuer.example', kind: 'subject' as const, text: 'job:é\n' },
      ],
      issuers: ['https://new.example'],
    });
    const change = (id: string | null) =>
      storage.transaction(async (stores) => {
        await stores.revisions.bump('told');
        if (id !== null) await stores.revisions.describe('told', touched(id));
      });
    for (const id of ['a', 'b', null, 'd', 'e']) await change(id);
    expect(await revisions.touchedBetween('told', 0, 2)).toEqual([touched('a'), touched('b')]);
    expect(await revisions.touchedBetween('told', 1, 3)).toBeNull();
    expect(await revisions.touchedBetween('told', 3, 5)).toEqual([touched('d'), touched('e')]);
    expect(await revisions.touchedBetween('told', 5, 6)).toBeNull();
    expect(await revisions.touchedBetween('other-told', 3, 5)).toBeNull();
    await expect(change(null).then(() => revisions.touchedBetween('told', 4, 6))).resolves.toBeNull();
  });

  it('forgets what is long past, and what is too long', async () => {
    const { storage } = opened;
    const { revisions } = storage;
    const nothing = { accounts: [], groups: [], issuers: [] };
    await storage.transaction(async (stores) => {
      for (let revision = 1; revision <= 1005; revision += 1) {
        await stores.revisions.bump('past');
        await stores.revisions.describe('past', nothing);
      }
      await stores.revisions.bump('past');
      await stores.revisions.describe('past', { ...nothing, accounts: ['x'.repeat(100_000)] });
    });
    expect(await revisions.touchedBetween('past', 4, 5)).toBeNull();
    expect(await revisions.touchedBetween('past', 5, 1005)).toHaveLength(1000);
    expect(await revisions.touchedBetween('past', 1004, 1005)).toEqual([nothing]);
    expect(await revisions.touchedBetween('past', 1005, 1006)).toBeNull();
    expect(await revisions.touchedBetween('past', 0, 1005)).toBeNull();
  });
});
