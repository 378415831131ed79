import { createPrivateKey, createSecretKey, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadKeyEncryptionKey } from '../../src/adapters/signing/key-encryption-key.ts';
import { createLocalSigningBackend } from '../../src/adapters/signing/local.ts';
import { unseal } from '../../src/adapters/signing/sealed-key.ts';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import type { SigningKey } from '../../src/core/signing-keys/signing-key.ts';
import { createTenantSigningKeys } from '../../src/keys/create-signing-keys.ts';
import { createKeyRing, NoActiveSigningKey } from '../../src/keys/key-ring-view.ts';
import { keyRingParts } from '../support/key-ring-parts.ts';
import { sampleTenant } from '../support/stored-samples.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'bureau-a119-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const clock = { now: () => 1_790_000_000_000, monotonic: () => 0 };

/** Every spelling in which bytes could stand in a file. */
const spellings = (bytes: Uint8Array): readonly Buffer[] => {
  const buffer = Buffer.from(bytes);
  const texts = [buffer.toString('base64'), buffer.toString('base64url'), buffer.toString('hex')];
  // Without the end, which padding and the alignment of a longer text may change.
  return [buffer, ...texts.map((text) => Buffer.from(text.slice(0, -4)))];
};

/** The secret numbers of a key and their containers. */
const secretsOf = (keyEncryptionKey: Uint8Array, key: SigningKey): readonly Uint8Array[] => {
  const der = unseal(createSecretKey(keyEncryptionKey), key, key.sealedPrivateKey);
  const {
    d = '',
    p,
    q,
  } = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' });
  const numbers = [d, p, q].filter((number) => number !== undefined);
  return [der, ...numbers.map((number) => Buffer.from(number, 'base64url'))];
};

const startOnce = async () => {
  const loaded = await loadKeyEncryptionKey({ dataDir, allowCreate: true });
  if (!loaded.ok) throw new Error(loaded.error);
  const backend = createLocalSigningBackend({ keyEncryptionKey: loaded.value });
  const keys = await createTenantSigningKeys({ backend, clock }, 'default');
  const storage = await openStorage({ url: `sqlite:${join(dataDir, 'bureau.db')}` });
  await storage.transaction(async (stores) => {
    await stores.tenants.insert(sampleTenant({ name: 'default' }));
    for (const key of keys) await stores.signingKeys.insert(key);
  });
  return { keyEncryptionKey: loaded.value, keys, storage };
};

describe('A119 keys at rest', () => {
  it('A119 no byte of a private key, nor of the key that encrypts it, is in the database files', async () => {
    const { keyEncryptionKey, keys, storage } = await startOnce();
    const secrets = [keyEncryptionKey, ...keys.flatMap((key) => secretsOf(keyEncryptionKey, key))];
    expect(secrets.length).toBeGreaterThanOrEqual(1 + 2 * 2 + 2 * 4);
    for (const closed of [false, true]) {
      if (closed) await storage.close();
      const names = (await readdir(dataDir)).filter((name) => name.startsWith('bureau.db'));
      const files = await Promise.all(names.map((name) => readFile(join(dataDir, name))));
      const everything = Buffer.concat(files);
      // The control: what is public is found by the same search.
      for (const { kid, sealedPrivateKey } of keys) {
        expect(everything.includes(kid)).toBe(true);
        expect(everything.includes(sealedPrivateKey.slice(0, 40))).toBe(true);
      }
      for (const secret of secrets)
        for (const spelling of spellings(secret)) expect(everything.includes(spelling)).toBe(false);
      expect(everything.includes('PRIVATE KEY')).toBe(false);
    }
  });

  it('A119 every file in the data folder is the owner’s alone', async () => {
    const { storage } = await startOnce();
    const names = await readdir(dataDir);
    expect(names).toContain('key-encryption.key');
    expect(names).toContain('bureau.db');
    for (const name of names) {
      const { mode } = await stat(join(dataDir, name));
      expect({ name, mode: mode & 0o777 }).toEqual({ name, mode: 0o600 });
    }
    await storage.close();
  });

  it('A119 whoever has the database and not the key-encryption key can sign nothing', async () => {
    const { keyEncryptionKey, storage } = await startOnce();
    const signWith = async (key: Uint8Array): Promise<unknown> => {
      const backend = createLocalSigningBackend({ keyEncryptionKey: key });
      const ring = createKeyRing({ ...keyRingParts, signingKeys: storage.signingKeys, backend, clock });
      return (await ring.signer('default', 'access-token', 'ES256')).sign('x');
    };
    await expect(signWith(keyEncryptionKey)).resolves.toBeInstanceOf(Uint8Array);
    await expect(signWith(randomBytes(32))).rejects.toBeInstanceOf(NoActiveSigningKey);
    await storage.close();
  });

  it('A119 two keys never share a data key, a nonce or a text, though their labels be the same', async () => {
    const backend = createLocalSigningBackend({ keyEncryptionKey: randomBytes(32) });
    const sealed = await Promise.all(
      Array.from({ length: 40 }, () => backend.generate('access-token', 'ES256')),
    );
    const parts = sealed.flatMap(({ sealedPrivateKey }) => sealedPrivateKey.split('.').slice(1));
    expect(new Set(parts.map((part) => part.slice(0, 16))).size).toBe(80);
  });
});
