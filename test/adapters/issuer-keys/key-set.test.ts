import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { buildKeySet, parseKeySet } from '../../../src/adapters/issuer-keys/key-set.ts';
import { selectKey } from '../../../src/adapters/issuer-keys/select-key.ts';
import { createSignatureVerifier } from '../../../src/adapters/signature/signature-verifier.ts';
import type { SignatureAlgorithm } from '../../../src/core/jwt/algorithms.ts';
import type { JsonValue } from '../../../src/core/json.ts';

const verifier = createSignatureVerifier();
const importKey: typeof verifier.importKey = (jwk) => verifier.importKey(jwk);

const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' });
const rsaPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsa = jwkOf(rsaPair.publicKey);
const otherRsa = jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);
const ec = jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);
const ec384 = jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey);
const ed = jwkOf(generateKeyPairSync('ed25519').publicKey);

const setOf = (...entries: readonly unknown[]) => buildKeySet(entries as readonly JsonValue[], importKey);
const select = (set: ReturnType<typeof setOf>, alg: SignatureAlgorithm, kid: string | null): string =>
  selectKey(set, { alg, kid }).found;

describe('reading a key set', () => {
  it('JF-02 one good key', () => {
    const parsed = parseKeySet(JSON.stringify({ keys: [{ ...ec, kid: 'a' }], more: 1 }), importKey);
    expect(parsed).toMatchObject({
      ok: true,
      value: { keys: [{ kid: 'a', kty: 'EC', crv: 'P-256' }], ignored: [] },
    });
  });

  it.each([
    ['nothing', ''],
    ['HTML', '<html>'],
    ['a number', '1'],
    ['null', 'null'],
    ['an array', '[]'],
    ['no keys', '{}'],
    ['keys null', '{"keys":null}'],
    ['keys an object', '{"keys":{}}'],
    ['keys inherited', '{"__proto__":{"keys":[]}}'],
    ['cut off', '{"keys":[{"kty":"EC"'],
    ['very deep', '['.repeat(100_000)],
    ['two documents', '{"keys":[]}{"keys":[]}'],
    ['a byte order mark within', '{"keys":\ufeff[]}'],
  ])('A57 %s is no key set', (_what, text) => {
    expect(parseKeySet(text, importKey)).toMatchObject({ ok: false });
  });

  it('A57 a member named twice makes the text no key set', () => {
    const keys = JSON.stringify([{ ...ec, kid: 'a' }]);
    expect(parseKeySet(`{"keys":${keys}}`, importKey)).toMatchObject({
      ok: true,
      value: { keys: [{ kid: 'a' }] },
    });
    expect(parseKeySet(`{"keys":[],"keys":${keys}}`, importKey)).toMatchObject({
      ok: false,
      error: expect.stringContaining('keys'),
    });
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a string', 'x'],
    ['an array', []],
    ['no kty', { kid: 'bad' }],
    ['an unknown kty', { kty: 'AKP', kid: 'bad', pub: 'AA' }],
    ['kty of another case', { ...ec, kty: 'ec', kid: 'bad' }],
    ['kty that is no string', { ...ec, kty: ['EC'], kid: 'bad' }],
    ['a missing coordinate', { kty: 'EC', crv: 'P-256', x: ec.x, kid: 'bad' }],
    ['A12 a point off the curve', { ...ec, y: ec.x, kid: 'bad' }],
    ['A12 a P-256 point labelled P-384', { ...ec, crv: 'P-384', kid: 'bad' }],
    [
      'A12 secp256k1',
      { ...jwkOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey), kid: 'bad' },
    ],
    ['X25519', { ...jwkOf(generateKeyPairSync('x25519').publicKey), kid: 'bad' }],
    [
      'A11 1024 bits',
      { ...jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey), kid: 'bad' },
    ],
    ['A11 e = 1', { ...rsa, e: 'AQ', kid: 'bad' }],
    ['A11 e = 3', { ...rsa, e: 'Aw', kid: 'bad' }],
    ['A10 a symmetric key', { kty: 'oct', k: 'c2VjcmV0', kid: 'bad' }],
    ['A14 use: enc', { ...ec, use: 'enc', kid: 'bad' }],
    ['A14 use that is no string', { ...ec, use: null, kid: 'bad' }],
    ['A14 key_ops: encrypt', { ...rsa, key_ops: ['encrypt'], kid: 'bad' }],
    ['A14 key_ops that is no array', { ...rsa, key_ops: 'verify', kid: 'bad' }],
    ['A14 alg: RSA-OAEP', { ...rsa, alg: 'RSA-OAEP', kid: 'bad' }],
    ['A14 alg: HS256', { ...rsa, alg: 'HS256', kid: 'bad' }],
    ['alg of another kind of key', { ...rsa, alg: 'ES256', kid: 'bad' }],
    ['alg of another curve', { ...ec, alg: 'ES384', kid: 'bad' }],
    ['a kid that is a number', { ...ec, kid: 7 }],
    ['an empty kid', { ...ec, kid: '' }],
    ['a kid of 257 bytes', { ...ec, kid: 'k'.repeat(257) }],
    ['a kid with a control character', { ...ec, kid: 'k\u0007' }],
    ['an SVID key', { ...ec, use: 'jwt-svid', kid: 'bad' }],
  ])('JF-02 JF-03 %s is ignored with a reason, the good key beside it is kept', (_what, entry) => {
    const set = setOf(entry, { ...otherRsa, kid: 'good' });
    expect(set.keys.map((key) => key.kid)).toEqual(['good']);
    expect(set.ignored).toHaveLength(1);
    expect(set.exposesPrivateKeys).toBe(false);
    expect(select(set, 'RS256', 'good')).toBe('key');
    expect(['unfit', 'unknown']).toContain(select(set, 'ES256', 'bad'));
  });

  it.each<[string, unknown]>([
    ['an RSA key', rsaPair.privateKey.export({ format: 'jwk' })],
    ['an EC key', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })],
    ['an Ed25519 key', generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })],
    ['a prime alone', { ...rsa, p: 'AQAB' }],
    ['a member that is null', { ...rsa, d: null }],
    ['a key of unknown kind', { kty: 'XX', d: 'AQAB' }],
    ['an AKP key', { kty: 'AKP', alg: 'ML-DSA-44', priv: 'AQAB' }],
    ['a secret beside a public key', { ...rsa, k: 'c2VjcmV0' }],
  ])('A10 %s with private members: the whole set is refused, and nothing private is told', (_what, entry) => {
    const set = setOf({ ...(entry as object), kid: 'leaked' }, { ...otherRsa, kid: 'good' });
    expect(set.exposesPrivateKeys).toBe(true);
    expect(set.keys).toEqual([]);
    expect(select(set, 'RS256', 'good')).toBe('unknown');
    const leaked = Object.entries(entry as Record<string, unknown>).filter(([name]) =>
      ['d', 'p', 'q', 'dp', 'dq', 'qi'].includes(name),
    );
    for (const [, value] of leaked)
      if (typeof value === 'string' && value.length > 8) expect(JSON.stringify(set)).not.toContain(value);
  });

  it('JF-05 100 keys are read, 101 are not', () => {
    const entries = Array.from({ length: 101 }, (_, i) => ({ ...ec, kid: `k${i}` }));
    expect(parseKeySet(JSON.stringify({ keys: entries.slice(1) }), importKey)).toMatchObject({ ok: true });
    expect(parseKeySet(JSON.stringify({ keys: entries }), importKey)).toMatchObject({ ok: false });
  });
});

describe('choosing the one key', () => {
  it.each<[string, SignatureAlgorithm, string | null, string]>([
    ['kid and algorithm fit', 'ES256', 'ec', 'key'],
    ['kid of another kind of key', 'RS256', 'ec', 'unfit'],
    ['curve of another algorithm', 'ES384', 'ec', 'unfit'],
    ['kid not there', 'ES256', 'no', 'unknown'],
    ['kid of another case', 'ES256', 'EC', 'unknown'],
    ['a name that every object has', 'ES256', '__proto__', 'unknown'],
    ['a name that every object has', 'ES256', 'constructor', 'unknown'],
    ['JF-17 no kid, one key fits', 'ES384', null, 'key'],
    ['JF-17 no kid, several fit', 'RS256', null, 'ambiguous'],
    ['JF-17 no kid, none fits', 'ES512', null, 'unknown'],
    ['MD-13 EdDSA is Ed25519', 'EdDSA', 'ed', 'key'],
    ['MD-13 Ed25519 is EdDSA', 'Ed25519', 'ed', 'key'],
    ['alg of the JWK decides', 'PS256', 'rs256', 'unfit'],
    ['alg of the JWK decides', 'RS256', 'rs256', 'key'],
    ['without alg any that fits', 'PS512', 'rsa', 'key'],
  ])('%s: %s, kid %s: %s', (_what, alg, kid, expected) => {
    const set = setOf(
      { ...ec, kid: 'ec' },
      { ...ec384, kid: 'ec384' },
      { ...ed, kid: 'ed', alg: 'EdDSA' },
      { ...rsa, kid: 'rs256', alg: 'RS256' },
      { ...otherRsa, kid: 'rsa' },
    );
    expect(select(set, alg, kid)).toBe(expected);
  });

  it('JF-17 a token with kid never matches a key without', () => {
    expect(select(setOf(ec), 'ES256', 'a')).toBe('unknown');
    expect(select(setOf(ec), 'ES256', null)).toBe('key');
  });

  it('JF-18 RSA and EC under one kid are told apart', () => {
    const set = setOf({ ...rsa, kid: 'a' }, { ...ec, kid: 'a' });
    expect([select(set, 'RS256', 'a'), select(set, 'ES256', 'a')]).toEqual(['key', 'key']);
  });

  it('JF-18 two RSA keys under one kid are told apart by alg', () => {
    const set = setOf({ ...rsa, kid: 'a', alg: 'RS256' }, { ...otherRsa, kid: 'a', alg: 'RS512' });
    expect([select(set, 'RS256', 'a'), select(set, 'RS512', 'a'), select(set, 'PS256', 'a')]).toEqual([
      'key',
      'key',
      'unfit',
    ]);
  });

  it.each([
    ['without alg', {}, {}],
    ['with one alg', { alg: 'RS256' }, { alg: 'RS256' }],
    ['one of them without alg', { alg: 'RS256' }, {}],
  ])('A09 JF-18 two RSA keys under one kid %s: neither is used, a third key is', (_what, one, other) => {
    const set = setOf({ ...rsa, kid: 'a', ...one }, { ...otherRsa, kid: 'a', ...other }, { ...ec, kid: 'b' });
    expect([select(set, 'RS256', 'a'), select(set, 'ES256', 'b')]).toEqual(['ambiguous', 'key']);
    expect(set.ignored).toHaveLength(2);
  });

  it('the very same key twice is one key', () => {
    expect(select(setOf({ ...rsa, kid: 'a' }, { ...rsa, kid: 'a' }), 'RS256', 'a')).toBe('key');
  });

  it('A09 keys that are dropped for their kid still make a token without kid ambiguous', () => {
    const third = jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);
    expect(
      select(setOf({ ...rsa, kid: 'a' }, { ...otherRsa, kid: 'a' }, { ...third, kid: 'b' }), 'RS256', null),
    ).toBe('ambiguous');
  });
});
