import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readPublicKeyText } from '../../../src/adapters/signature/read-public-key-text.ts';
import { createSignatureVerifier } from '../../../src/adapters/signature/signature-verifier.ts';
import { keyPairFor, makeRsaKeyPair } from '../../support/jws.ts';
import { certify, createSelfSigned } from '../../support/tls.ts';

const rsa = keyPairFor('RS256');
const p256 = keyPairFor('ES256');
const p384 = keyPairFor('ES384');
const p521 = keyPairFor('ES512');
const ed25519 = keyPairFor('Ed25519');

const spki = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' });
const pkcs1 = (key: KeyObject): string => key.export({ type: 'pkcs1', format: 'pem' });
const pkcs8 = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' });
interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}
const make = (type: string, options: object = {}): KeyPair =>
  (generateKeyPairSync as (type: string, options: object) => KeyPair)(type, options);
/** The PEM of a public key that no generator gives. */
const spkiOf = (jwk: Readonly<Record<string, string>>): string =>
  spki(createPublicKey({ format: 'jwk', key: { ...jwk } }));

const read = readPublicKeyText;
const sentenceOf = (pem: string): string => {
  const text = read(pem);
  if (text.ok) throw new Error('it was read');
  return text.error;
};

const good: readonly (readonly [string, KeyObject])[] = [
  ['RSA', rsa.publicKey],
  ['P-256', p256.publicKey],
  ['P-384', p384.publicKey],
  ['P-521', p521.publicKey],
  ['Ed25519', ed25519.publicKey],
];

describe('what is read', () => {
  it.each(good)('AD-09 SPKI of %s', (_kind, key) =>
    expect(read(spki(key))).toEqual({
      ok: true,
      value: { jwk: key.export({ format: 'jwk' }), expiresAt: null },
    }),
  );

  it('AD-09 PKCS#1 of RSA', () =>
    expect(read(pkcs1(rsa.publicKey))).toEqual({ ok: true, value: { jwk: rsa.jwk, expiresAt: null } }));

  it.each(good)('AD-09 an X.509 certificate of %s, with the end of its validity', (_kind, key) => {
    const notAfter = new Date('2031-02-03T04:05:06Z');
    expect(read(certify(key, { notAfter }))).toEqual({
      ok: true,
      value: { jwk: key.export({ format: 'jwk' }), expiresAt: notAfter.getTime() },
    });
  });

  it.each(['2001-12-31T23:59:59Z', '9999-12-31T23:59:59Z'])(
    'AD-09 a certificate whose validity ends at %s: that is for others to judge',
    (end) =>
      expect(read(createSelfSigned({ hosts: ['x'], notAfter: new Date(end) }).cert)).toMatchObject({
        ok: true,
        value: { expiresAt: Date.parse(end) },
      }),
  );

  const pem = spki(p256.publicKey);
  it.each([
    ['CRLF', pem.replaceAll('\n', '\r\n')],
    [
      'text before',
      `Bag Attributes\n    friendlyName: key of nightly-report\nKey Attributes: <none>\n${pem}`,
    ],
    ['text before that speaks of a private key', `# made from the private key of nightly-report\n${pem}`],
    ['text after', `${pem}\nthat was it\n`],
    ['a byte order mark', `\ufeff${pem}`],
    ['no newline at the end', pem.trimEnd()],
    ['blank lines around', `\n\n${pem}\n\n`],
    ['a compressed point', withCompressedPoint()],
  ])('AD-09 with %s', (_what, text) =>
    expect(read(text)).toEqual({ ok: true, value: { jwk: p256.jwk, expiresAt: null } }),
  );
});

/** RFC 5480 §2.2 lets a point be written by its x alone. */
function withCompressedPoint(): string {
  const whole = p256.publicKey.export({ type: 'spki', format: 'der' });
  const point = whole.subarray(-65);
  const short = Buffer.concat([Buffer.from([(point[64] ?? 0) % 2 === 0 ? 2 : 3]), point.subarray(1, 33)]);
  const algorithm = whole.subarray(2, whole.length - 65 - 3);
  const der = Buffer.concat([
    Buffer.from([0x30, algorithm.length + 2 + 1 + short.length]),
    algorithm,
    Buffer.from([0x03, 1 + short.length, 0]),
    short,
  ]);
  return `-----BEGIN PUBLIC KEY-----\n${der.toString('base64')}\n-----END PUBLIC KEY-----\n`;
}

describe('private keys', () => {
  const dsa = make('dsa', { modulusLength: 2048, divisorLength: 256 });
  const passphrase = { cipher: 'aes-256-cbc', passphrase: 'top secret' };
  const block = (label: string, from: KeyObject): string => pkcs8(from).replaceAll('PRIVATE KEY', label);
  it.each<[string, string]>([
    ['PKCS#8 of RSA', pkcs8(rsa.privateKey)],
    ['PKCS#8 of EC', pkcs8(p256.privateKey)],
    ['PKCS#8 of Ed25519', pkcs8(ed25519.privateKey)],
    ['PKCS#8 of X25519', pkcs8(make('x25519').privateKey)],
    ['PKCS#8 of DSA', pkcs8(dsa.privateKey)],
    ['PKCS#1', pkcs1(rsa.privateKey)],
    ['SEC1', p384.privateKey.export({ type: 'sec1', format: 'pem' })],
    ['encrypted PKCS#8', p256.privateKey.export({ type: 'pkcs8', format: 'pem', ...passphrase })],
    ['encrypted SEC1', p256.privateKey.export({ type: 'sec1', format: 'pem', ...passphrase })],
    ['the format of OpenSSH', block('OPENSSH PRIVATE KEY', p256.privateKey)],
    ['the format of OpenPGP', block('PGP PRIVATE KEY BLOCK', p256.privateKey)],
    ['the format of RFC 4716', pkcs8(p256.privateKey).replace('-----BEGIN', '---- BEGIN SSH2')],
    [
      'parameters before it',
      `-----BEGIN EC PARAMETERS-----\nBgg=\n-----END EC PARAMETERS-----\n${pkcs8(p256.privateKey)}`,
    ],
    ['its public half before it', `${spki(p256.publicKey)}${pkcs8(p256.privateKey)}`],
    ['its certificate after it', `${pkcs8(p256.privateKey)}${certify(p256.publicKey)}`],
    ['CRLF', pkcs8(p256.privateKey).replaceAll('\n', '\r\n')],
    ['all on one line', pkcs8(p256.privateKey).replaceAll('\n', '\\n')],
    ['indentation', pkcs8(p256.privateKey).replaceAll(/^/gm, '    ')],
    ['small letters', pkcs8(p256.privateKey).replaceAll('PRIVATE KEY', 'private key')],
    ['two labels on one line', `-----BEGIN PUBLIC KEY${pkcs8(p256.privateKey)}`],
    ['no end', pkcs8(p256.privateKey).split('-----END')[0] ?? ''],
  ])('AD-08 A62 %s: refused, named, and not a byte of it repeated', (_what, pem) => {
    const sentence = sentenceOf(pem);
    expect(sentence).toMatch(/^This is a private key\. Replace it/);
    for (const run of pem.match(/[A-Za-z0-9+/=]{12,}/g) ?? [])
      expect(sentence).not.toContain(run.slice(0, 12));
  });

  it.each([
    ['PKCS#8 under PUBLIC KEY', block('PUBLIC KEY', p256.privateKey)],
    ['PKCS#8 of RSA under RSA PUBLIC KEY', block('RSA PUBLIC KEY', rsa.privateKey)],
    ['PKCS#8 under CERTIFICATE', block('CERTIFICATE', p256.privateKey)],
    ['PKCS#1 under RSA PUBLIC KEY', pkcs1(rsa.privateKey).replaceAll('RSA PRIVATE', 'RSA PUBLIC')],
    ['PKCS#1 under PUBLIC KEY', pkcs1(rsa.privateKey).replaceAll('RSA PRIVATE', 'PUBLIC')],
  ])('AD-08 A62 a private key in disguise is not read as its public half: %s', (_what, pem) => {
    const sentence = sentenceOf(pem);
    for (const run of pem.match(/[A-Za-z0-9+/=]{12,}/g) ?? [])
      expect(sentence).not.toContain(run.slice(0, 12));
  });
});

describe('what is not read', () => {
  const unreadable = /^The PEM block cannot be read as a public key/;
  const severalBlocks = /^There are several PEM blocks/;
  const otherLabel = /^The PEM block is none of PUBLIC KEY, RSA PUBLIC KEY and CERTIFICATE/;
  const noPem = /^This is neither PEM nor a JWK/;
  const pem = spki(p256.publicKey);
  const labelled = (label: string): string => pem.replaceAll('PUBLIC KEY', label);

  it.each<[string, string, RegExp]>([
    ['nothing', '', noPem],
    ['words', 'my key', noPem],
    ['a JWK in a string', JSON.stringify(p256.jwk), noPem],
    ['a key of OpenSSH', `ssh-ed25519 ${'A'.repeat(68)} me@host`, noPem],
    ['base64 without a label', pem.split('\n').slice(1, -2).join('\n'), noPem],
    ['small letters', labelled('public key').replace('BEGIN', 'begin'), noPem],
    ['very long garbage', `-----BEGIN ${'x'.repeat(1_000_000)}`, noPem],
    ['two keys', `${pem}${spki(rsa.publicKey)}`, severalBlocks],
    ['a chain', `${certify(p256.publicKey)}${certify(p384.publicKey)}`, severalBlocks],
    ['very many lines that could begin one', '- BEGIN '.repeat(100_000), noPem],
    ['very many labels', '-----BEGIN PUBLIC KEY-----'.repeat(40_000), severalBlocks],
    ['a certificate request', labelled('CERTIFICATE REQUEST'), otherLabel],
    ['a trusted certificate', labelled('TRUSTED CERTIFICATE'), otherLabel],
    ['an empty label', labelled(''), otherLabel],
    ['a label with a space', labelled('PUBLIC KEY '), otherLabel],
    ...['constructor', '__proto__', 'toString', 'hasOwnProperty'].map((label): [string, string, RegExp] => [
      `A35 ${label}`,
      labelled(label),
      otherLabel,
    ]),
    [
      'a certificate under PUBLIC KEY',
      certify(p256.publicKey).replaceAll('CERTIFICATE', 'PUBLIC KEY'),
      unreadable,
    ],
    ['SPKI under CERTIFICATE', labelled('CERTIFICATE'), unreadable],
    ['SPKI under RSA PUBLIC KEY', labelled('RSA PUBLIC KEY'), unreadable],
    ['no end', pem.split('-----END')[0] ?? '', unreadable],
    ['no body', '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----', unreadable],
    ['a cut body', pem.replace(/.{20}\n-----END/, '\n-----END'), unreadable],
    [
      'another body',
      `-----BEGIN PUBLIC KEY-----\n${'QUJD'.repeat(30)}\n-----END PUBLIC KEY-----`,
      unreadable,
    ],
    [
      'a huge body',
      `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(1_000_000)}\n-----END PUBLIC KEY-----`,
      unreadable,
    ],
    ['RSA-PSS', spki(make('rsa-pss', { modulusLength: 2048 }).publicKey), unreadable],
    ['DSA', spki(make('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey), unreadable],
    ['Diffie-Hellman', spki(make('dh', { group: 'modp14' }).publicKey), unreadable],
    ['brainpoolP256r1', spki(make('ec', { namedCurve: 'brainpoolP256r1' }).publicKey), unreadable],
    ['a certificate of RSA-PSS', certify(make('rsa-pss', { modulusLength: 2048 }).publicKey), unreadable],
    ['a point off its curve', offCurve(), unreadable],
  ])('AD-09 %s', (_what, text, sentence) => expect(sentenceOf(text)).toMatch(sentence));

  function offCurve(): string {
    const der = p256.publicKey.export({ type: 'spki', format: 'der' });
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    return `-----BEGIN PUBLIC KEY-----\n${der.toString('base64')}\n-----END PUBLIC KEY-----\n`;
  }
});

describe('what is read and then not accepted', () => {
  const verifier = createSignatureVerifier();
  const refusalOf = (pem: string): string => {
    const text = read(pem);
    if (!text.ok) throw new Error(text.error);
    const imported = verifier.importKey(text.value.jwk);
    return imported.ok ? 'accepted' : imported.error;
  };

  it.each<[string, string, RegExp]>([
    ['RSA with 1024 bits', spki(makeRsaKeyPair(1024).publicKey), /1024 bits, fewer than 2048/],
    ['e = 1', spkiOf({ ...rsa.jwk, e: 'AQ' }), /exponent is not an odd number from 65537/],
    ['e = 3', spki(makeRsaKeyPair(2048, 3).publicKey), /exponent is not an odd number from 65537/],
    ['a ROCA modulus', spkiOf({ ...rsa.jwk, n: rocaModulus() }), /ROCA/],
    ['secp256k1', spki(make('ec', { namedCurve: 'secp256k1' }).publicKey), /crv .*secp256k1/],
    ['X25519', spki(make('x25519').publicKey), /crv .*X25519/],
    ['Ed448', spki(make('ed448').publicKey), /crv .*Ed448/],
    ['ML-DSA', spki(make('ml-dsa-44').publicKey), /kty .*AKP/],
    ['a certificate of secp256k1', certify(make('ec', { namedCurve: 'secp256k1' }).publicKey), /secp256k1/],
  ])('AD-09 A11 %s', (_what, pem, sentence) => expect(refusalOf(pem)).toMatch(sentence));

  it.each(good)('AD-09 control: %s is', (_kind, key) => {
    expect(refusalOf(spki(key))).toBe('accepted');
    expect(refusalOf(certify(key))).toBe('accepted');
  });

  /** A power of 65537 modulo every small prime, of 2048 bits, as the keys of CVE-2017-15361 are. */
  function rocaModulus(): string {
    const primes = [
      2n,
      3n,
      5n,
      7n,
      11n,
      13n,
      17n,
      19n,
      23n,
      29n,
      31n,
      37n,
      41n,
      43n,
      47n,
      53n,
      59n,
      61n,
      67n,
      71n,
      73n,
      79n,
      83n,
      89n,
      97n,
      101n,
      103n,
      107n,
      109n,
      113n,
      127n,
      131n,
      137n,
      139n,
      149n,
      151n,
      157n,
      163n,
      167n,
    ];
    const primorial = primes.reduce((product, prime) => product * prime, 1n);
    const modulus = primorial * (2n ** 2047n / primorial + 1n) + (65_537n ** 5n % primorial);
    return Buffer.from(modulus.toString(16), 'hex').toString('base64url');
  }
});
