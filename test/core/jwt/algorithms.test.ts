import { describe, expect, it } from 'vitest';
import { type KeyKind, keyFits, sameAlgorithm } from '../../../src/core/jwt/algorithms.ts';

describe('AD-09 names of algorithms', () => {
  it.each([
    ['EdDSA', 'Ed25519', true],
    ['Ed25519', 'EdDSA', true],
    ['RS256', 'RS256', true],
    ['RS256', 'PS256', false],
    ['ES256', 'ES384', false],
    ['EdDSA', 'ES256', false],
    ['rs256', 'RS256', false],
  ])('%s and %s: %j', (one, other, same) => {
    expect(sameAlgorithm(one, other)).toBe(same);
  });
});

const rsa: KeyKind = { kty: 'RSA', crv: null, alg: null };
const p256: KeyKind = { kty: 'EC', crv: 'P-256', alg: null };
const ed: KeyKind = { kty: 'OKP', crv: 'Ed25519', alg: null };

describe('ST-06 A03 CA-17 a key and an algorithm', () => {
  it.each([
    ['RS256', rsa, true],
    ['PS512', rsa, true],
    ['RS256', { ...rsa, alg: 'RS256' }, true],
    ['PS256', { ...rsa, alg: 'RS256' }, false],
    ['ES256', rsa, false],
    ['ES256', p256, true],
    ['ES384', p256, false],
    ['ES256', { ...p256, crv: null }, false],
    ['RS256', p256, false],
    ['EdDSA', ed, true],
    ['Ed25519', { ...ed, alg: 'EdDSA' }, true],
    ['EdDSA', { ...ed, alg: 'Ed25519' }, true],
    ['EdDSA', { ...ed, crv: 'Ed448' }, false],
    ['EdDSA', { ...ed, crv: 'X25519' }, false],
    ['Ed25519', { ...ed, alg: 'ES256' }, false],
  ] as const)('%s with %j: %j', (algorithm, key, fits) => {
    expect(keyFits(key, algorithm)).toBe(fits);
  });
});
