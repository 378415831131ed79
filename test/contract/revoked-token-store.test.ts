import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { dropExpired } from '../../src/admin/retention.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { createTestSeals } from '../support/trail-seals.ts';
import { sampleTime } from '../support/stored-samples.ts';

describe.each(storageEngines)('IR-12 revoked tokens on $engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
  });
  afterAll(() => opened.remove());
  const store = () => opened.storage.revokedTokens;

  it('IR-12 knows what was revoked, to the letter and of its own tenant', async () => {
    expect(await store().isRevoked('acme', 'one')).toBe(false);
    await store().revoke('acme', 'one', sampleTime);
    expect(await store().isRevoked('acme', 'one')).toBe(true);
    for (const [tenant, jti] of [
      ['default', 'one'],
      ['acme', 'ONE'],
      ['acme', 'one '],
      ['acme', ''],
      ['acme', 'one\0'],
      ['acme', '\ud800'],
    ] as const)
      expect(await store().isRevoked(tenant, jti)).toBe(false);
  });

  it('IR-10 twice, and many times at once, is as good as once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => store().revoke('acme', 'race', sampleTime)));
    await store().revoke('acme', 'race', sampleTime + 1);
    expect(await store().isRevoked('acme', 'race')).toBe(true);
    expect(await store().forgetBefore(sampleTime + 1, 100)).toBeGreaterThanOrEqual(1);
    expect(await store().isRevoked('acme', 'race')).toBe(false);
  });

  it('IR-12 another node sees it as soon as it is there', async () => {
    const other = await openStorage({ url: opened.url });
    try {
      for (let index = 0; index < 50; index += 1) {
        await store().revoke('acme', `node-${index}`, sampleTime);
        expect(await other.revokedTokens.isRevoked('acme', `node-${index}`)).toBe(true);
      }
    } finally {
      await other.close();
    }
  });

  it('A67 what a transaction revoked that failed was not revoked', async () => {
    await expect(
      opened.storage.transaction(async (stores) => {
        await stores.revokedTokens.revoke('acme', 'undone', sampleTime);
        throw new Error('later step');
      }),
    ).rejects.toThrow('later step');
    expect(await store().isRevoked('acme', 'undone')).toBe(false);
  });

  it('IR-12 is forgotten when the token has expired by itself, not before, a batch at a time', async () => {
    await store().forgetBefore(Number.MAX_SAFE_INTEGER, 10_000);
    for (let index = 0; index < 25; index += 1)
      await store().revoke('acme', `old-${index}`, sampleTime + index);
    expect(await store().forgetBefore(sampleTime, 100)).toBe(0);
    expect(await store().forgetBefore(sampleTime + 20, 8)).toBe(8);
    expect(await store().forgetBefore(sampleTime + 20, 100)).toBe(12);
    expect(await store().isRevoked('acme', 'old-19')).toBe(false);
    expect(await store().isRevoked('acme', 'old-20')).toBe(true);
  });

  it('IR-12 retention empties the list, however long it is, of what has expired', async () => {
    await store().forgetBefore(Number.MAX_SAFE_INTEGER, 10_000);
    for (let index = 0; index < 1100; index += 1) await store().revoke('acme', `many-${index}`, sampleTime);
    await store().revoke('acme', 'still-good', sampleTime + 900_000);
    await dropExpired({
      storage: opened.storage,
      clock: { now: () => sampleTime + 1 },
      seals: await createTestSeals(),
      log: { info: () => undefined, error: () => undefined },
    });
    expect(await store().isRevoked('acme', 'many-0')).toBe(false);
    expect(await store().isRevoked('acme', 'still-good')).toBe(true);
    expect(await store().forgetBefore(sampleTime + 1, 10_000)).toBe(0);
  });
});
