import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { leastSeconds, limitPerSecond, type Primitives } from '../../bench/limit/compute-limit.ts';
import { fromDer, toDer } from '../../bench/limit/ecdsa-signature.ts';

const primitives: Primitives = {
  verify: { RS256: [20e-6, 30e-6, 25e-6], ES256: [70e-6, 70e-6, 70e-6], Ed25519: [1, 1, 1] },
  sign: { ES256: [25e-6, 25e-6, 25e-6], RS256: [300e-6, 300e-6, 300e-6] },
  http: [35e-6, 45e-6, 50e-6],
  httpPerSecond: [1, 1, 1],
};

describe('the limit of a core', () => {
  it.each([
    { verify: 'RS256', sign: 'ES256', microseconds: 95 },
    { verify: 'ES256', sign: 'ES256', microseconds: 140 },
    { verify: 'RS256', sign: 'RS256', microseconds: 370 },
  ] as const)('$verify in, $sign out: $microseconds µs at least', ({ microseconds, ...of }) => {
    expect(leastSeconds(primitives, of) * 1e6).toBeCloseTo(microseconds);
  });

  it('every round gives one', () => {
    const limit = limitPerSecond(primitives, { verify: 'RS256', sign: 'ES256' });
    expect([limit.median, limit.least, limit.most].map(Math.round)).toEqual([10_000, 10_000, 12_500]);
  });
});

describe('signatures of ECDSA', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // Of so many some begin with zeros or with a high bit, and each of r and s.
  const inputs = Array.from({ length: 1500 }, (_, index) => Buffer.from(`input ${index}`));

  it('DER becomes what JWS has, and back', () => {
    for (const input of inputs) {
      const der = sign('sha256', input, privateKey);
      const raw = fromDer(der);
      expect(verify('sha256', input, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw)).toBe(true);
      expect(toDer(raw).equals(der)).toBe(true);
    }
  });
});
