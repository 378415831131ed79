import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleSigningKey, sampleTime } from '../support/stored-samples.ts';

describe.each(storageEngines)('$engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
  });
  afterAll(() => opened.remove());

  it('lists the keys of the tenant, oldest first, every member kept', async () => {
    const keys = [
      sampleSigningKey({ state: 'retired', retiredAt: sampleTime }),
      sampleSigningKey({ state: 'prepared', activatedAt: null, purpose: 'jwt-svid', algorithm: 'RS256' }),
    ];
    for (const key of [...keys, sampleSigningKey({ tenant: 'other' })]) {
      await opened.storage.signingKeys.insert(key);
    }
    expect(await opened.storage.signingKeys.listOf('acme')).toEqual(keys);
    expect(await opened.storage.signingKeys.listOf('nobody')).toEqual([]);
  });

  it('takes a kid once per tenant', async () => {
    const key = sampleSigningKey({ tenant: 'once' });
    await opened.storage.signingKeys.insert(key);
    await expect(opened.storage.signingKeys.insert(key)).rejects.toMatchObject({ what: 'signing-key' });
    await opened.storage.signingKeys.insert({ ...key, tenant: 'twice' });
  });
});
