import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyRewrapping, createLocalSigningBackend } from '../../src/adapters/signing/local.ts';
import { KeysInUse, rewrapSigningKeys } from '../../src/keys/rewrap-signing-keys.ts';
import { CannotOpenSigningKey } from '../../src/ports/signing-backend.ts';
import type { Stores } from '../../src/ports/stores.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { insertTenantWithKeys } from '../support/rotating-node.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleSigningKey } from '../support/stored-samples.ts';

const clock = createManualClock();
const [oldKey, newKey, foreignKey] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const backendOf = (keyEncryptionKey: Uint8Array) => createLocalSigningBackend({ keyEncryptionKey });

describe.each(storageEngines)('A119 keys under a new key-encryption key on $engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  beforeEach(async () => {
    opened = await openInEmptyPlace(createPlace);
    for (const tenant of ['default', 'acme'])
      await insertTenantWithKeys(opened.storage, backendOf(oldKey), clock, tenant);
  });
  afterEach(() => opened.remove());

  const run = (from: Uint8Array, to: Uint8Array, storage = opened.storage) =>
    rewrapSigningKeys({ storage, rewrap: createKeyRewrapping(from, to), clock, newId: randomUUID });
  const rows = async () => [
    ...(await opened.storage.signingKeys.listOf('default')),
    ...(await opened.storage.signingKeys.listOf('acme')),
  ];
  const opensWith = async (key: Uint8Array) => {
    const outcomes = await Promise.allSettled((await rows()).map((row) => backendOf(key).open(row)));
    return outcomes.filter(({ status }) => status === 'fulfilled').length;
  };

  it('all of them at once, known to nodes and recorded; a second time nothing is left to do', async () => {
    const revisions = await opened.storage.revisions.all();
    expect(await run(oldKey, newKey)).toEqual({ rewrapped: 8, unchanged: 0 });
    expect([await opensWith(newKey), await opensWith(oldKey)]).toEqual([8, 0]);
    for (const tenant of ['default', 'acme']) {
      expect((await opened.storage.revisions.all()).get(tenant)).not.toBe(revisions.get(tenant));
      const { items } = await opened.storage.activities.list(tenant, {}, { limit: 10, cursor: null });
      expect(items).toMatchObject([{ type: 'signing-key.rewrap', outcome: 'changed', details: { keys: 4 } }]);
    }
    expect(await run(oldKey, newKey)).toEqual({ rewrapped: 0, unchanged: 8 });
    expect(await run(oldKey, oldKey).catch((error: unknown) => error)).toBeInstanceOf(CannotOpenSigningKey);
  });

  it('takes in what was made under the old key since, and leaves keys of a token alone', async () => {
    await run(oldKey, newKey);
    await insertTenantWithKeys(opened.storage, backendOf(oldKey), clock, 'late');
    await opened.storage.signingKeys.insert(
      sampleSigningKey({ tenant: 'late', state: 'retired', sealedPrivateKey: 'pkcs11:bureau:x' }),
    );
    expect(await run(oldKey, newKey)).toEqual({ rewrapped: 4, unchanged: 9 });
  });

  it('changes nothing at all where one key cannot be opened', async () => {
    await insertTenantWithKeys(opened.storage, backendOf(foreignKey), clock, 'zebra');
    const before = await rows();
    await expect(run(oldKey, newKey)).rejects.toBeInstanceOf(CannotOpenSigningKey);
    expect(await rows()).toEqual(before);
    expect(await opensWith(oldKey)).toBe(8);
  });

  it('changes nothing where a key changed at the same time', async () => {
    const before = await rows();
    let reseals = 0;
    const storage = {
      ...opened.storage,
      transaction: <T>(work: (stores: Stores) => Promise<T>): Promise<T> =>
        opened.storage.transaction((stores) =>
          work({
            ...stores,
            signingKeys: {
              ...stores.signingKeys,
              reseal: async (...key) => {
                reseals += 1;
                return reseals === 5 ? false : stores.signingKeys.reseal(...key);
              },
            },
          }),
        ),
    };
    await expect(run(oldKey, newKey, storage)).rejects.toBeInstanceOf(KeysInUse);
    expect(await rows()).toEqual(before);
  });
});
