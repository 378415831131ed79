import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { AccessTokenAlgorithm } from '../../core/jwt/algorithms.ts';
import type { KeyPurpose } from '../../core/signing-keys/signing-key.ts';

/** What a sealed key is bound to: under any other label it cannot be opened. */
export interface SealLabel {
  readonly kid: string;
  readonly purpose: KeyPurpose;
  readonly algorithm: AccessTokenAlgorithm;
}

const cipher = 'aes-256-gcm';
const keyLength = 32;
const nonceLength = 12;
const tagLength = 16;
const version = 'v1';
const base64url = /^[A-Za-z0-9_-]+$/;

/**
 * Seals `plaintext` under a data key of its own, which is itself sealed under `wrappingKey`. The text is
 * `v1.<data key>.<plaintext>`, each part base64url of nonce ‖ ciphertext ‖ tag.
 */
export const seal = (wrappingKey: KeyObject, label: SealLabel, plaintext: Uint8Array): string => {
  const dataKey = randomBytes(keyLength);
  try {
    const wrapped = encrypt(wrappingKey, associatedData('data-key', label), dataKey);
    const sealed = encrypt(createSecretKey(dataKey), associatedData('private-key', label), plaintext);
    return `${version}.${wrapped.toString('base64url')}.${sealed.toString('base64url')}`;
  } finally {
    dataKey.fill(0);
  }
};

/** Opens what {@link seal} made; the caller zeroes it after use. Throws for another key, another label or any change. */
export const unseal = (wrappingKey: KeyObject, label: SealLabel, text: string): Buffer => {
  const [found, wrapped, sealed, ...rest] = text.split('.');
  if (found !== version || wrapped === undefined || sealed === undefined || rest.length > 0)
    throw new Error('not a sealed key of a known version');
  const dataKey = decrypt(wrappingKey, associatedData('data-key', label), decode(wrapped));
  try {
    return decrypt(createSecretKey(dataKey), associatedData('private-key', label), decode(sealed));
  } finally {
    dataKey.fill(0);
  }
};

/** One reading only: no part of a label can hold a line feed. */
const associatedData = (layer: 'data-key' | 'private-key', { kid, purpose, algorithm }: SealLabel): Buffer =>
  Buffer.from(['bureau signing key', version, layer, purpose, algorithm, kid].join('\n'));

const encrypt = (key: KeyObject, aad: Buffer, plaintext: Uint8Array): Buffer => {
  const nonce = randomBytes(nonceLength);
  const encryption = createCipheriv(cipher, key, nonce, { authTagLength: tagLength }).setAAD(aad);
  const ciphertext = Buffer.concat([encryption.update(plaintext), encryption.final()]);
  return Buffer.concat([nonce, ciphertext, encryption.getAuthTag()]);
};

const decrypt = (key: KeyObject, aad: Buffer, sealed: Buffer): Buffer => {
  if (sealed.length <= nonceLength + tagLength) throw new Error('a sealed part is too short');
  const decryption = createDecipheriv(cipher, key, sealed.subarray(0, nonceLength), {
    authTagLength: tagLength,
  })
    .setAAD(aad)
    .setAuthTag(sealed.subarray(-tagLength));
  const unverified = decryption.update(sealed.subarray(nonceLength, -tagLength));
  try {
    return Buffer.concat([unverified, decryption.final()]);
  } finally {
    unverified.fill(0);
  }
};

const decode = (part: string): Buffer => {
  const bytes = Buffer.from(part, 'base64url');
  // The decoder skips what it does not know; a sealed key has one spelling.
  if (!base64url.test(part) || bytes.toString('base64url') !== part)
    throw new Error('a sealed part is not base64url');
  return bytes;
};
