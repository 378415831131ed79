import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toRawEcdsaSignature } from '../../../src/adapters/signing/raw-ecdsa-signature.ts';

const der = (r: string, s: string): Uint8Array => {
  const integers = [r, s].map((hex) =>
    Buffer.concat([Buffer.from([2, hex.length / 2]), Buffer.from(hex, 'hex')]),
  );
  const body = Buffer.concat(integers);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
};
const full = 'ab'.repeat(32);

describe('toRawEcdsaSignature', () => {
  it.each([
    ['full length', '7f'.repeat(32), '01'.repeat(32), '7f'.repeat(32) + '01'.repeat(32)],
    ['a zero of sign before each', `00${full}`, `00${full}`, full + full],
    ['a zero of sign before r only', `00${full}`, '01'.repeat(32), full + '01'.repeat(32)],
    ['r shorter', '05', `00${full}`, '00'.repeat(31) + '05' + full],
    ['s shorter', `00${full}`, '0102', full + '00'.repeat(30) + '0102'],
    [
      'a byte short with a sign zero',
      `00${'ff'.repeat(31)}`,
      '7f',
      `00${'ff'.repeat(31)}${'00'.repeat(31)}7f`,
    ],
  ])('RFC 7518 §3.4 %s', (_case, r, s, raw) => {
    expect(Buffer.from(toRawEcdsaSignature(der(r, s))).toString('hex')).toBe(raw);
  });

  it('RFC 7518 §3.4 agrees with node:crypto over a thousand signatures', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = createPublicKey(privateKey);
    for (let index = 0; index < 1000; index += 1) {
      const input = Buffer.from(`input ${index}`);
      const raw = toRawEcdsaSignature(sign('sha256', input, privateKey));
      expect(verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, raw)).toBe(true);
    }
  });
});
