import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { allSignatureAlgorithms, signatureAlgorithms } from '../../../src/core/jwt/algorithms.ts';
import { assessJwk } from '../../../src/core/jwt/assess-jwk.ts';
import { encodeEd25519Point, findSmallOrderY } from '../../support/ed25519-points.ts';
import { keyPairFor, makeEcKeyPair, makeRsaKeyPair } from '../../support/jws.ts';

const rsa = keyPairFor('RS256').jwk;
const p256 = keyPairFor('ES256').jwk;
const p521 = keyPairFor('ES512').jwk;
const ed25519 = keyPairFor('Ed25519').jwk;

const errorOf = (jwk: object): string => {
  const result = assessJwk(jwk as JsonObject);
  return result.ok ? 'no error' : result.error;
};
const encodeNumber = (value: bigint): string => {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
};
const decodeNumber = (text: string): bigint => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`);
/** An odd number of exactly so many bits; assessing a modulus needs no factors of it. */
const modulusOf = (bits: number): string => encodeNumber(2n ** BigInt(bits - 1) + 12_345_678_901n);

describe('keys that may verify', () => {
  it.each(allSignatureAlgorithms)('ST-06 AD-09 a key for %s', (alg) => {
    const { jwk } = keyPairFor(alg);
    const definition: { kty: string; crv?: string } = signatureAlgorithms[alg];
    expect(
      assessJwk({ ...jwk, alg, use: 'sig', kid: 'k1', key_ops: ['verify'], x5c: ['x'], extra: { a: 1 } }),
    ).toEqual({
      ok: true,
      value: { jwk: { ...jwk, alg, use: 'sig', kid: 'k1' }, kid: 'k1', alg, crv: definition.crv ?? null },
    });
    expect(assessJwk(jwk)).toEqual({
      ok: true,
      value: { jwk, kid: null, alg: null, crv: definition.crv ?? null },
    });
  });

  it.each([2048, 2049, 3072, 4095, 4096])('ST-07 A11 a modulus of %i bits', (bits) => {
    expect(errorOf({ ...rsa, n: modulusOf(bits) })).toBe('no error');
  });

  it.each([65_537n, 65_539n, 2n ** 32n - 1n])('ST-07 A11 an exponent of %s', (e) => {
    expect(errorOf({ ...rsa, e: encodeNumber(e) })).toBe('no error');
  });

  it('leading zero octets of an RSA number are dropped, so that one key has one thumbprint', () => {
    const padded = {
      ...rsa,
      n: Buffer.concat([Buffer.alloc(1), Buffer.from(rsa['n'] ?? '', 'base64url')]).toString('base64url'),
      e: 'AAEAAQ',
    };
    expect(assessJwk(padded)).toEqual(assessJwk(rsa));
  });

  it('A11 an odd modulus is hardly ever taken for a ROCA key', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 2047n, max: 2n ** 2048n - 1n }), (n) => {
        expect(errorOf({ ...rsa, n: encodeNumber(n | 1n) })).toBe('no error');
      }),
      { numRuns: 200 },
    );
  });
});

describe('keys that are refused', () => {
  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])('A10 private member %s', (name) => {
    const secret = 'c2VjcmV0LXNlY3JldA';
    const error = errorOf({ ...rsa, [name]: secret });
    expect(error).toMatch(/^private/u);
    expect(error).not.toContain(secret);
  });

  it('A10 JF-03 a symmetric key', () => {
    expect(errorOf({ kty: 'oct', k: 'c2VjcmV0' })).toMatch(/^private/u);
    expect(errorOf({ kty: 'oct' })).toContain('kty oct');
  });

  it('A10 a whole private key, as a library exports it', () => {
    const jwk = keyPairFor('ES256').privateKey.export({ format: 'jwk' });
    expect(errorOf(jwk)).toMatch(/^private/u);
  });

  it.each([512, 1024, 2040, 2047])('A11 a modulus of %i bits', (bits) => {
    expect(errorOf({ ...rsa, n: modulusOf(bits) })).toBe(`the RSA modulus has ${bits} bits, fewer than 2048`);
  });

  it.each([4097, 8192, 16_384, 1_000_000])('A11 a modulus of %i bits', (bits) => {
    expect(errorOf({ ...rsa, n: modulusOf(bits) })).toMatch(/above 4096 bits/u);
  });

  it('A11 an even modulus', () => {
    expect(errorOf({ ...rsa, n: encodeNumber(decodeNumber(rsa['n'] ?? '') - 1n) })).toMatch(/even/u);
  });

  it.each([
    0n,
    1n,
    2n,
    3n,
    5n,
    17n,
    257n,
    65_535n,
    65_536n,
    65_538n,
    2n ** 32n,
    2n ** 32n + 1n,
    2n ** 64n + 1n,
  ])('A11 an exponent of %s', (e) => {
    expect(errorOf({ ...rsa, e: encodeNumber(e) })).toMatch(/exponent/u);
  });

  it('A11 an exponent as long as the modulus', () => {
    expect(errorOf({ ...rsa, e: rsa['n'] })).toMatch(/exponent/u);
    expect(errorOf({ ...rsa, e: modulusOf(16_384) })).toMatch(/exponent/u);
  });

  it('A11 the ROCA fingerprint (CVE-2017-15361)', () => {
    const primes = Array.from({ length: 168 }, (_, n) => n).filter(
      (n) => n > 1 && !Array.from({ length: n }, (_, m) => m).some((m) => m > 1 && n % m === 0),
    );
    const product = primes.reduce((all, prime) => all * BigInt(prime), 1n);
    // As the weak generator did: a random multiple of the primorial plus a power of 65537.
    const makeWeak = (exponent: number): bigint => {
      let weak = 1n;
      for (let n = 0; n < exponent; n++) weak = (weak * 65_537n) % product;
      const multiple = (2n ** 2047n / product + 1n) * product;
      const n = multiple + weak;
      return n % 2n === 1n ? n : n + product;
    };
    // The product holds 2, whose residue is that of an odd number anyway.
    for (const exponent of [1, 7, 1000, 54_321]) {
      expect(errorOf({ ...rsa, n: encodeNumber(makeWeak(exponent)) })).toMatch(/ROCA/u);
      expect(errorOf({ ...rsa, n: encodeNumber(makeWeak(exponent) + 2n) })).toBe('no error');
    }
  });

  it.each<[string, object]>([
    ['no n', { ...rsa, n: undefined }],
    ['a numeric n', { ...rsa, n: 7 }],
    ['an empty n', { ...rsa, n: '' }],
    ['a padded n', { ...rsa, n: `${rsa['n']}==` }],
    ['n with white space', { ...rsa, n: ` ${rsa['n']}` }],
    ['n of zeros', { ...rsa, n: 'A'.repeat(342) }],
    ['no e', { ...rsa, e: undefined }],
    ['e not canonical', { ...rsa, e: 'AQAC=' }],
  ])('A11 an RSA key with %s', (_, jwk) => {
    expect(errorOf(JSON.parse(JSON.stringify(jwk)) as object)).toMatch(/^the RSA (?:modulus|exponent)/u);
  });

  const shorter = (text = '') => Buffer.from(text, 'base64url').subarray(1).toString('base64url');
  const longer = (text = '') =>
    Buffer.concat([Buffer.alloc(1), Buffer.from(text, 'base64url')]).toString('base64url');
  const p256Prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
  it.each<[string, object]>([
    ['a short x', { ...p256, x: shorter(p256['x']) }],
    ['a long y', { ...p256, y: longer(p256['y']) }],
    ['no y', { ...p256, y: undefined }],
    ['a numeric x', { ...p256, x: 1 }],
    ['x equal to the prime', { ...p256, x: encodeNumber(p256Prime) }],
    ['y above the prime', { ...p256, y: encodeNumber(2n ** 256n - 1n) }],
    ['a P-521 coordinate above the prime', { ...p521, x: encodeNumber(2n ** 528n - 1n) }],
    ['a P-256 point under the name P-384', { ...p256, crv: 'P-384' }],
    ['empty coordinates, the point at infinity', { ...p256, x: '', y: '' }],
    ['enormous coordinates', { ...p256, x: 'A'.repeat(1e6), y: 'A'.repeat(1e6) }],
  ])('A12 an EC key with %s', (_, jwk) => {
    expect(errorOf(JSON.parse(JSON.stringify(jwk)) as object)).toMatch(/coordinates/u);
  });

  it.each(['secp256k1', 'P-192', 'p-256', 'Ed25519', '', undefined])(
    'A12 AD-09 an EC key on curve %s',
    (crv) => {
      const jwk = { ...p256, crv };
      expect(errorOf(JSON.parse(JSON.stringify(jwk)) as object)).toMatch(/^crv/u);
    },
  );

  it('A12 a key that really is on secp256k1', () => {
    expect(errorOf(makeEcKeyPair('secp256k1').jwk)).toBe('crv secp256k1 is not one of P-256, P-384, P-521');
  });

  it('A12 every point of small order, and every other spelling of it', () => {
    const p = 2n ** 255n - 19n;
    const smallOrder = findSmallOrderY();
    expect(smallOrder.size).toBe(5);
    for (const y of smallOrder) {
      for (const odd of [false, true]) {
        expect(errorOf({ ...ed25519, x: encodeEd25519Point(y, odd) })).toMatch(/small order/u);
      }
    }
    for (let y = p; y < 2n ** 255n; y++)
      expect(errorOf({ ...ed25519, x: encodeEd25519Point(y) })).toMatch(/canonical/u);
  });

  it.each<[string, object, RegExp]>([
    ['a short Ed25519 key', { ...ed25519, x: shorter(ed25519['x']) }, /32 octets/u],
    ['a long Ed25519 key', { ...ed25519, x: longer(ed25519['x']) }, /32 octets/u],
    ['an Ed25519 key without x', { kty: 'OKP', crv: 'Ed25519' }, /32 octets/u],
    ['AD-09 an X25519 key', { ...ed25519, crv: 'X25519' }, /^crv X25519/u],
    ['AD-09 an Ed448 key', { ...ed25519, crv: 'Ed448' }, /^crv Ed448/u],
    ['ST-06 A14 use enc', { ...rsa, use: 'enc' }, /^use enc/u],
    ['A14 use in an array', { ...rsa, use: ['sig'] }, /^use/u],
    ['ST-06 key_ops sign', { ...rsa, key_ops: ['sign'] }, /^key_ops/u],
    ['A14 key_ops encrypt', { ...rsa, key_ops: ['encrypt'] }, /^key_ops/u],
    ['A14 key_ops as a string', { ...rsa, key_ops: 'verify' }, /^key_ops/u],
    ['A14 alg RSA-OAEP', { ...rsa, alg: 'RSA-OAEP' }, /^alg RSA-OAEP/u],
    ['A02 alg HS256', { ...rsa, alg: 'HS256' }, /^alg HS256/u],
    ['ST-06 alg of another kind', { ...rsa, alg: 'ES256' }, /^alg ES256/u],
    ['ST-06 alg of another curve', { ...p256, alg: 'ES384' }, /^alg ES384/u],
    ['alg null', { ...rsa, alg: null }, /^alg null/u],
    ['a numeric kid', { ...rsa, kid: 7 }, /^kid 7/u],
    ['an empty kid', { ...rsa, kid: '' }, /^kid/u],
    ['A07 a kid with a line break', { ...rsa, kid: 'a\r\nb' }, /^kid/u],
    ['A07 a kid of 257 bytes', { ...rsa, kid: 'k'.repeat(257) }, /^kid/u],
    ['JF-02 an unknown kty', { kty: 'AKP' }, /^kty AKP/u],
    ['no kty', {}, /^kty absent/u],
    ['A35 kty constructor', { kty: 'constructor' }, /^kty constructor/u],
  ])('%s', (_, jwk, error) => {
    expect(errorOf(jwk)).toMatch(error);
  });

  it('A11 keys made with other tools: 1024 bits, and e = 3', () => {
    expect(errorOf(makeRsaKeyPair(1024).jwk)).toMatch(/1024 bits/u);
    expect(errorOf(makeRsaKeyPair(2048, 3).jwk)).toMatch(/exponent/u);
  });

  it('whatever the object, an answer comes back', () => {
    const names = fc.constantFrom('kty', 'n', 'e', 'crv', 'x', 'y', 'alg', 'use', 'kid', 'key_ops');
    const values = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('RSA', 'EC', 'OKP', 'P-256', 'Ed25519', 'AQAB', 'sig'),
      fc.base64String(),
    );
    fc.assert(
      fc.property(fc.dictionary(names, values), (jwk) => {
        expect(errorOf(jwk).length).toBeLessThan(400);
      }),
      { numRuns: 1000 },
    );
  });
});
