import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleSigningKey, sampleTenant, sampleTime } from '../support/stored-samples.ts';

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

  it('A69 takes one prepared and one active key for each purpose and algorithm, and any number of retired ones', async () => {
    const { signingKeys } = opened.storage;
    const slot = { tenant: 'slots', purpose: 'access-token', algorithm: 'ES256' } as const;
    for (const state of ['active', 'prepared'] as const) {
      await signingKeys.insert(sampleSigningKey({ ...slot, state }));
      await expect(signingKeys.insert(sampleSigningKey({ ...slot, state }))).rejects.toMatchObject({
        what: 'signing-key',
      });
    }
    await signingKeys.insert(sampleSigningKey({ ...slot, state: 'active', algorithm: 'RS256' }));
    await signingKeys.insert(sampleSigningKey({ ...slot, state: 'active', purpose: 'jwt-svid' }));
    await signingKeys.insert(sampleSigningKey({ ...slot, state: 'active', tenant: 'slots-2' }));
    for (let count = 0; count < 3; count += 1)
      await signingKeys.insert(sampleSigningKey({ ...slot, state: 'retired' }));
    expect(await signingKeys.listOf('slots')).toHaveLength(7);
  });

  it('advances a key from the state it is in, and from no other', async () => {
    const { signingKeys } = opened.storage;
    const key = sampleSigningKey({ tenant: 'advance', state: 'prepared', activatedAt: null });
    await signingKeys.insert(key);
    const active = { ...key, state: 'active', activatedAt: sampleTime } as const;
    expect(await signingKeys.advance(active, 'active')).toBe(false);
    expect(await signingKeys.advance({ ...active, tenant: 'nobody' }, 'prepared')).toBe(false);
    expect(await signingKeys.advance(active, 'prepared')).toBe(true);
    expect(await signingKeys.advance(active, 'prepared')).toBe(false);
    const next = sampleSigningKey({ ...key, kid: 'next', state: 'prepared' });
    await signingKeys.insert(next);
    await expect(signingKeys.advance({ ...next, state: 'active' }, 'prepared')).rejects.toMatchObject({
      what: 'signing-key',
    });
    const retired = { ...active, state: 'retired', retiredAt: sampleTime + 1 } as const;
    expect(await signingKeys.advance(retired, 'active')).toBe(true);
    expect(await signingKeys.listOf('advance')).toEqual([retired, next]);
  });

  it('A119 seals a key in another way where it was sealed as one thinks', async () => {
    const { signingKeys } = opened.storage;
    const key = sampleSigningKey({ tenant: 'reseal' });
    await signingKeys.insert(key);
    expect(await signingKeys.reseal('reseal', key.kid, 'something else', 'new')).toBe(false);
    expect(await signingKeys.reseal('nobody', key.kid, key.sealedPrivateKey, 'new')).toBe(false);
    expect(await signingKeys.listOf('reseal')).toEqual([key]);
    expect(await signingKeys.reseal('reseal', key.kid, key.sealedPrivateKey, 'new')).toBe(true);
    expect(await signingKeys.listOf('reseal')).toEqual([{ ...key, sealedPrivateKey: 'new' }]);
  });

  it('A71 removes a key of its own tenant once', async () => {
    const { signingKeys } = opened.storage;
    const key = sampleSigningKey({ tenant: 'remove' });
    await signingKeys.insert(key);
    expect(await signingKeys.remove('nobody', key.kid)).toBe(false);
    expect(await signingKeys.remove('remove', 'no-such-key')).toBe(false);
    expect(await signingKeys.remove('remove', 'a\u0000b')).toBe(false);
    expect(await signingKeys.remove('remove', key.kid)).toBe(true);
    expect(await signingKeys.remove('remove', key.kid)).toBe(false);
    expect(await signingKeys.listOf('remove')).toEqual([]);
  });

  it('SV-20 the sequence of a bundle is the time of a change, and grows by one where the time does not', async () => {
    const { signingKeys } = opened.storage;
    const tenant = 'sequence';
    const sequence = async () => (await signingKeys.readSet(tenant)).spiffeSequence;
    const key = sampleSigningKey({ tenant });
    await signingKeys.insert(key);
    expect(await signingKeys.readSet(tenant)).toEqual({ keys: [key], spiffeSequence: null });
    await signingKeys.raiseSpiffeSequence(tenant, sampleTime);
    expect(await signingKeys.readSet(tenant)).toEqual({ keys: [key], spiffeSequence: sampleTime });
    await signingKeys.raiseSpiffeSequence(tenant, sampleTime);
    expect(await sequence()).toBe(sampleTime + 1);
    await signingKeys.raiseSpiffeSequence(tenant, sampleTime - 3_600_000);
    expect(await sequence()).toBe(sampleTime + 2);
    await signingKeys.raiseSpiffeSequence(tenant, sampleTime + 10);
    expect(await sequence()).toBe(sampleTime + 10);
    await signingKeys.raiseSpiffeSequence('sequence-2', sampleTime + 99);
    expect(await sequence()).toBe(sampleTime + 10);
    await Promise.all(Array.from({ length: 10 }, () => signingKeys.raiseSpiffeSequence(tenant, sampleTime)));
    expect(await sequence()).toBe(sampleTime + 20);
  });

  it('SV-20 is part of the transaction of the change', async () => {
    const { storage } = opened;
    const tenant = 'sequence-back';
    await storage.signingKeys.insert(sampleSigningKey({ tenant }));
    await storage.signingKeys.raiseSpiffeSequence(tenant, sampleTime);
    const undone = storage.transaction(async ({ signingKeys }) => {
      await signingKeys.raiseSpiffeSequence(tenant, sampleTime + 5);
      expect((await signingKeys.readSet(tenant)).spiffeSequence).toBe(sampleTime + 5);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect((await storage.signingKeys.readSet(tenant)).spiffeSequence).toBe(sampleTime);
    expect(await storage.signingKeys.readSet('nobody')).toEqual({ keys: [], spiffeSequence: null });
    expect(await storage.signingKeys.readSet('a\u0000b')).toEqual({ keys: [], spiffeSequence: null });
  });

  it('A69 A70 finds the tenants whose keys have something before them', async () => {
    const { signingKeys } = opened.storage;
    const horizon = 2000;
    const slots = [
      { purpose: 'access-token', algorithm: 'ES256' },
      { purpose: 'access-token', algorithm: 'RS256' },
    ] as const;
    const tenants = {
      'x-at-rest': [2000, 2000],
      'x-older': [2000, 1999],
      'x-lacks-one': [2000],
      'x-prepared': [2000, 2000, 'prepared'],
      'x-retired': [2000, 2000, 'retired'],
      'x-lacks-one-has-retired': [2000, 'retired'],
      'x-has-none': [],
    } as const;
    for (const [tenant, keys] of Object.entries(tenants)) {
      await opened.storage.tenants.insert(sampleTenant({ name: tenant }));
      for (const [index, what] of keys.entries())
        await signingKeys.insert(
          sampleSigningKey({
            tenant,
            ...(slots[index] ?? slots[0]),
            ...(typeof what === 'number' ? { state: 'active', activatedAt: what } : { state: what }),
          }),
        );
    }
    const found = await signingKeys.tenantsToRotate(horizon, slots.length);
    expect(found.filter((tenant) => tenant.startsWith('x-'))).toEqual([
      'x-has-none',
      'x-lacks-one',
      'x-lacks-one-has-retired',
      'x-older',
      'x-prepared',
      'x-retired',
    ]);
  });
});
