import { createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { seal, type SealLabel, unseal } from '../../../src/adapters/signing/sealed-key.ts';

const secret = randomBytes(32);
const wrappingKey = createSecretKey(secret);
const label: SealLabel = { kid: 'k1', purpose: 'access-token', algorithm: 'ES256' };
const plaintext = Buffer.from('the private half');

/** The format read by the letter of its description, with none of the code under test. */
const openPart = (key: Uint8Array, layer: string, part: string): Buffer => {
  const bytes = Buffer.from(part, 'base64url');
  const decryption = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
    .setAAD(Buffer.from(`bureau signing key\nv1\n${layer}\naccess-token\nES256\nk1`))
    .setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decryption.update(bytes.subarray(12, -16)), decryption.final()]);
};
const dataKeyOf = (text: string): Buffer => openPart(secret, 'data-key', text.split('.')[1] ?? '');

describe('a sealed key', () => {
  it('A119 is v1, the data key under the key-encryption key, the private half under the data key', () => {
    const text = seal(wrappingKey, label, plaintext);
    const [version, , sealed = ''] = text.split('.');
    expect(version).toBe('v1');
    expect(dataKeyOf(text)).toHaveLength(32);
    expect(openPart(dataKeyOf(text), 'private-key', sealed)).toEqual(plaintext);
    expect(unseal(wrappingKey, label, text)).toEqual(plaintext);
  });

  it('A119 has a data key of its own each time', () => {
    const keys = Array.from({ length: 20 }, () =>
      dataKeyOf(seal(wrappingKey, label, plaintext)).toString('hex'),
    );
    expect(new Set(keys).size).toBe(20);
  });

  it.each([
    ['kid', { kid: 'k2' }],
    ['purpose', { purpose: 'jwt-svid' }],
    ['algorithm', { algorithm: 'RS256' }],
  ] as const)('A119 is bound to its %s', (_member, other) => {
    const text = seal(wrappingKey, label, plaintext);
    expect(unseal(wrappingKey, { ...label }, text)).toEqual(plaintext);
    expect(() => unseal(wrappingKey, { ...label, ...other }, text)).toThrow();
  });

  it('A119 is not put together from the parts of two, nor in another order', () => {
    const [, wrapped, sealed] = seal(wrappingKey, label, plaintext).split('.');
    const [, otherWrapped, otherSealed] = seal(wrappingKey, label, plaintext).split('.');
    expect(unseal(wrappingKey, label, `v1.${wrapped}.${sealed}`)).toEqual(plaintext);
    for (const text of [
      `${wrapped}.${otherSealed}`,
      `${otherWrapped}.${sealed}`,
      `${sealed}.${wrapped}`,
      `${wrapped}.${wrapped}`,
    ])
      expect(() => unseal(wrappingKey, label, `v1.${text}`)).toThrow();
  });

  it('says nothing of the material when it cannot be opened', () => {
    const text = seal(wrappingKey, label, plaintext);
    for (const attempt of [
      () => unseal(createSecretKey(randomBytes(32)), label, text),
      () => unseal(wrappingKey, label, 'v2.a.b'),
    ])
      expect(attempt).toThrow(/^(?!.*private half)/);
  });
});
