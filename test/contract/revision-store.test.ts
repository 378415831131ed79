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
});
