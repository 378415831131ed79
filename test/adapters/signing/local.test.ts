import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { createLocalSigningBackend } from '../../../src/adapters/signing/local.ts';
import { seal } from '../../../src/adapters/signing/sealed-key.ts';

describe('createLocalSigningBackend', () => {
  it.each([0, 16, 31, 33, 64])('takes a key-encryption key of 32 bytes and not one of %i', (length) => {
    expect(() => createLocalSigningBackend({ keyEncryptionKey: randomBytes(length) })).toThrow(RangeError);
    expect(() => createLocalSigningBackend({ keyEncryptionKey: randomBytes(32) })).not.toThrow();
  });

  it('keeps its own copy of the key-encryption key, so that the caller may zero it', async () => {
    const keyEncryptionKey = randomBytes(32);
    const backend = createLocalSigningBackend({ keyEncryptionKey });
    const { publicJwk, sealedPrivateKey } = await backend.generate('access-token', 'ES256');
    keyEncryptionKey.fill(0);
    const key = {
      kid: publicJwk.kid,
      purpose: 'access-token',
      algorithm: 'ES256',
      sealedPrivateKey,
    } as const;
    await expect(backend.open(key)).resolves.toBeDefined();
    await expect(createLocalSigningBackend({ keyEncryptionKey }).open(key)).rejects.toThrow();
  });

  it('seals into compact text with its version in front', async () => {
    const backend = createLocalSigningBackend({ keyEncryptionKey: randomBytes(32) });
    const { sealedPrivateKey } = await backend.generate('jwt-svid', 'ES256');
    expect(sealedPrivateKey).toMatch(/^v1\.[A-Za-z0-9_-]{80}\.[A-Za-z0-9_-]+$/);
  });

  it('opens nothing that is not the key its kid says, though it was sealed with the right key', async () => {
    const keyEncryptionKey = randomBytes(32);
    const backend = createLocalSigningBackend({ keyEncryptionKey });
    const label = { purpose: 'access-token', algorithm: 'ES256' } as const;
    const sealedAs = (kid: string): string => seal(createSecretKey(keyEncryptionKey), { ...label, kid }, der);
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const der = privateKey.export({ type: 'pkcs8', format: 'der' });
    const kid = await calculateJwkThumbprint(publicKey.export({ format: 'jwk' }));
    await expect(backend.open({ ...label, kid, sealedPrivateKey: sealedAs(kid) })).resolves.toBeDefined();
    const other = 'A'.repeat(43);
    await expect(backend.open({ ...label, kid: other, sealedPrivateKey: sealedAs(other) })).rejects.toThrow(
      other,
    );
  });

  it('generates off the event loop: timers run meanwhile (A63)', async () => {
    const backend = createLocalSigningBackend({ keyEncryptionKey: randomBytes(32) });
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await Promise.all(Array.from({ length: 4 }, () => backend.generate('access-token', 'RS256')));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});
