import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createLocalSigningBackend } from '../../../src/adapters/signing/local.ts';

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
