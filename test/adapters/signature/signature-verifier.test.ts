import { constants, createHash, type KeyObject, privateEncrypt, randomBytes, sign } from 'node:crypto';
import fc from 'fast-check';
import { calculateJwkThumbprint, CompactSign, compactVerify, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { createSignatureVerifier } from '../../../src/adapters/signature/signature-verifier.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { allSignatureAlgorithms, type SignatureAlgorithm } from '../../../src/core/jwt/algorithms.ts';
import { parseCompactJws } from '../../../src/core/jwt/compact-form.ts';
import type { VerificationKey } from '../../../src/ports/signature-verifier.ts';
import { keyPairFor, makeEcKeyPair, makeRsaKeyPair, makeToken, signJws } from '../../support/jws.ts';
import { expectGranted } from '../../support/verdicts.ts';

const verifier = createSignatureVerifier();

const importGood = (jwk: object): VerificationKey => {
  const result = verifier.importKey(jwk as JsonObject);
  if (!result.ok) throw new Error(result.error);
  return result.value;
};
const keyFor = (alg: SignatureAlgorithm, members: object = {}): VerificationKey =>
  importGood({ ...keyPairFor(alg).jwk, ...members });

const message = `${makeToken().split('.').slice(0, 2).join('.')}`;
const verify = (alg: SignatureAlgorithm, signature: Uint8Array, key = keyFor(alg)) =>
  verifier.verify(alg, key, message, signature);
const good = (alg: SignatureAlgorithm): Buffer => signJws(alg, message, keyPairFor(alg).privateKey);

describe('importing a key', () => {
  it.each(allSignatureAlgorithms)('a key for %s, named by its thumbprint', async (alg) => {
    const { jwk } = keyPairFor(alg);
    expect(keyFor(alg, { kid: 'k1', alg })).toMatchObject({
      kty: jwk['kty'],
      crv: jwk['crv'] ?? null,
      kid: 'k1',
      alg,
      thumbprint: await calculateJwkThumbprint(jwk),
    });
  });

  const p256 = keyPairFor('ES256').jwk;
  const swapped = { ...p256, x: p256['y'], y: p256['x'] };
  const zeros = Buffer.alloc(32).toString('base64url');
  it.each<[string, object]>([
    ['A12 a point off the curve', swapped],
    ['A12 zero coordinates, the point at infinity in some libraries', { ...p256, x: zeros, y: zeros }],
    ['A12 a secp256k1 point under the name P-256', { ...makeEcKeyPair('secp256k1').jwk, crv: 'P-256' }],
    ['A11 a weak RSA key', makeRsaKeyPair(1024).jwk],
    ['A11 e = 1', { ...keyPairFor('RS256').jwk, e: 'AQ' }],
    ['A10 a private key', keyPairFor('RS256').privateKey.export({ format: 'jwk' })],
    ['no key at all', {}],
  ])('%s is an error, not an exception', (_, jwk) => {
    expect(verifier.importKey(jwk as JsonObject)).toEqual({ ok: false, error: expect.any(String) as string });
  });

  it('never throws, whatever the coordinates', () => {
    const coordinate = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((b) => Buffer.from(b).toString('base64url'));
    fc.assert(
      fc.property(coordinate, coordinate, (x, y) => {
        expect(verifier.importKey({ kty: 'EC', crv: 'P-256', x, y }).ok).toBe(false);
        expect(typeof verifier.importKey({ kty: 'OKP', crv: 'Ed25519', x }).ok).toBe('boolean');
      }),
    );
  });
});

describe('verifying', () => {
  it.each(allSignatureAlgorithms)('%s: a good signature is good, and only over its own text', async (alg) => {
    const key = keyFor(alg);
    expect(await verify(alg, good(alg))).toBe(true);
    expect(await verifier.verify(alg, key, `${message}A`, good(alg))).toBe(false);
    expect(await verifier.verify(alg, key, '', good(alg))).toBe(false);
  });

  it.each(allSignatureAlgorithms)(
    '%s: what jose signs is good here, and what is signed here is good there',
    async (alg) => {
      const { jwk, privateKey } = keyPairFor(alg);
      const token = await new CompactSign(new TextEncoder().encode('{"sub":"a"}'))
        .setProtectedHeader({ alg })
        .sign(privateKey);
      const { signingInput, signature } = expectGranted(parseCompactJws(token));
      expect(await verifier.verify(alg, keyFor(alg), signingInput, signature)).toBe(true);
      await compactVerify(makeToken({ alg }), await importJWK({ ...jwk, alg }));
    },
  );

  it('all verifications of one turn are answered, each with its own result', async () => {
    const calls = allSignatureAlgorithms.flatMap((alg) => [
      { expected: true, answer: verify(alg, good(alg)) },
      { expected: false, answer: verify(alg, good(alg).fill(7, 10, 20)) },
    ]);
    for (const { expected, answer } of calls) expect(await answer).toBe(expected);
  });

  const pairs = allSignatureAlgorithms.flatMap((signed) =>
    allSignatureAlgorithms.map((claimed) => ({
      signed,
      claimed,
      same: signed.replace('EdDSA', 'Ed25519') === claimed.replace('EdDSA', 'Ed25519'),
    })),
  );
  it('ST-06 A03 a signature of one algorithm is good under no other, with either key', async () => {
    for (const { signed, claimed, same } of pairs) {
      expect([signed, claimed, await verify(claimed, good(signed), keyFor(signed))]).toEqual([
        signed,
        claimed,
        same,
      ]);
      expect([signed, claimed, await verify(claimed, good(signed), keyFor(claimed))]).toEqual([
        signed,
        claimed,
        same,
      ]);
    }
  });

  it.each<[SignatureAlgorithm, SignatureAlgorithm]>([
    ['RS256', 'PS256'],
    ['RS256', 'RS512'],
    ['PS256', 'RS256'],
  ])('ST-06 CA-17 a key pinned to %s verifies no %s', async (pinned, alg) => {
    expect(await verify(alg, good(alg), keyFor(pinned, { alg: pinned }))).toBe(false);
    expect(await verify(alg, good(alg), keyFor(alg, { alg }))).toBe(true);
  });

  it('AD-09 a key pinned to EdDSA verifies Ed25519, and the other way round', async () => {
    expect(await verify('Ed25519', good('Ed25519'), keyFor('Ed25519', { alg: 'EdDSA' }))).toBe(true);
    expect(await verify('EdDSA', good('EdDSA'), keyFor('EdDSA', { alg: 'Ed25519' }))).toBe(true);
  });

  it('another key of the same kind verifies nothing', async () => {
    expect(await verify('ES256', good('ES256'), importGood(makeEcKeyPair('P-256').jwk))).toBe(false);
    expect(await verify('RS256', good('RS256'), importGood(makeRsaKeyPair().jwk))).toBe(false);
  });

  it.each(allSignatureAlgorithms)('A13 %s: no change of a signature verifies', async (alg) => {
    const original = good(alg);
    const changes = fc.oneof(
      fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
        const changed = Buffer.from(original);
        changed[at] = (changed[at] ?? 0) ^ flip;
        return changed;
      }),
      fc.nat(original.length - 1).map((length) => original.subarray(0, length)),
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((tail) => Buffer.concat([original, tail])),
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((head) => Buffer.concat([head, original])),
      fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(changes, async (changed) => {
        expect(await verify(alg, changed)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});

/** Orders of the curves' base points (SP 800-186 §3.2.1). */
const orders = {
  ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ES384: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
} as const;

const join = (r: bigint, s: bigint, half: number): Buffer =>
  Buffer.from([r, s].map((value) => value.toString(16).padStart(2 * half, '0')).join(''), 'hex');

describe('A13 malformed ECDSA signatures', () => {
  it.each(['ES256', 'ES384'] as const)('%s with r or s zero, the order, or around it', async (alg) => {
    const n = orders[alg];
    const half = good(alg).length / 2;
    for (const r of [0n, 1n, n - 1n, n, n + 1n]) {
      for (const s of [0n, 1n, n - 1n, n, n + 1n]) expect(await verify(alg, join(r, s, half))).toBe(false);
    }
  });

  it.each(['ES256', 'ES384', 'ES512'] as const)('%s in DER, or followed by zeros', async (alg) => {
    const hash = { ES256: 'sha256', ES384: 'sha384', ES512: 'sha512' }[alg];
    expect(await verify(alg, sign(hash, Buffer.from(message), keyPairFor(alg).privateKey))).toBe(false);
    expect(await verify(alg, Buffer.concat([good(alg), Buffer.alloc(2)]))).toBe(false);
    expect(await verify(alg, good(alg))).toBe(true);
  });

  it('halves padded to the length of a larger curve, or a signature of 16 KB', async () => {
    const raw = good('ES256');
    const padded = Buffer.concat([Buffer.alloc(16), raw.subarray(0, 32), Buffer.alloc(16), raw.subarray(32)]);
    expect(await verify('ES256', padded)).toBe(false);
    expect(await verify('ES256', randomBytes(16_384))).toBe(false);
    expect(await verify('ES256', Buffer.alloc(0))).toBe(false);
    expect(await verify('ES256', Buffer.alloc(64))).toBe(false);
  });
});

describe('A13 malformed RSA signatures', () => {
  const { privateKey } = keyPairFor('RS256');
  const modulusBytes = 256;
  const digest = createHash('sha256').update(message).digest();
  const digestInfo = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), digest]);
  /** What a holder of the key can make a verifier see, whatever standard libraries would never write. */
  const rawSign = (block: Buffer): Buffer =>
    privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, block);
  const pad = (
    before: number,
    filler: number,
    after: number,
    tail = digestInfo,
    rest = Buffer.alloc(0),
  ): Buffer => {
    const length = modulusBytes - 3 - tail.length - rest.length;
    return Buffer.concat([
      Buffer.from([0, before]),
      Buffer.alloc(length, filler),
      Buffer.from([after]),
      tail,
      rest,
    ]);
  };

  it('PKCS #1 v1.5 padding must be exact', async () => {
    expect(await verify('RS256', rawSign(pad(1, 0xff, 0)))).toBe(true);
    const withoutNull = Buffer.concat([Buffer.from('302f300b06096086480165030402010420', 'hex'), digest]);
    const sha1Info = Buffer.from(`3021300906052b0e03021a05000414${'00'.repeat(20)}`, 'hex');
    for (const block of [
      pad(2, 0xff, 0),
      pad(0, 0x00, 0),
      pad(1, 0x00, 0),
      pad(1, 0xfe, 0),
      pad(1, 0xff, 1),
      pad(1, 0xff, 0, digest),
      pad(1, 0xff, 0, withoutNull),
      pad(1, 0xff, 0, sha1Info),
      // What e = 3 forgeries leave room for: the digest first, garbage after it.
      pad(1, 0xff, 0, digestInfo, randomBytes(100)),
      pad(1, 0xff, 0, Buffer.concat([digestInfo, Buffer.from([0])])),
    ]) {
      expect(await verify('RS256', rawSign(block))).toBe(false);
    }
  });

  it('zero, one and the signature plus nothing are no signatures', async () => {
    for (const last of [0, 1]) {
      const block = Buffer.alloc(modulusBytes);
      block[modulusBytes - 1] = last;
      expect(await verify('RS256', block)).toBe(false);
    }
    expect(await verify('RS256', Buffer.alloc(modulusBytes, 0xff))).toBe(false);
  });

  const signPss = (saltLength: number, hash = 'sha256', key: KeyObject = privateKey): Buffer =>
    sign(hash, Buffer.from(message), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });

  it('a PSS salt is as long as the digest (RFC 7518 §3.5)', async () => {
    expect(await verify('PS256', signPss(32))).toBe(true);
    for (const saltLength of [0, 20, 31, 33, 48, 222])
      expect(await verify('PS256', signPss(saltLength))).toBe(false);
  });

  it('PSS with another digest verifies nothing', async () => {
    expect(await verify('PS256', signPss(32, 'sha384'))).toBe(false);
    expect(await verify('PS384', signPss(48, 'sha384'))).toBe(true);
    expect(await verify('RS256', signPss(32))).toBe(false);
  });

  it.each([2056, 3072, 4096])(
    'a modulus of %i bits verifies, with a signature of just its length',
    async (bits) => {
      const pair = makeRsaKeyPair(bits);
      const key = importGood(pair.jwk);
      const signature = signJws('RS256', message, pair.privateKey);
      expect(signature.length).toBe(Math.ceil(bits / 8));
      expect(await verifier.verify('RS256', key, message, signature)).toBe(true);
      expect(await verifier.verify('RS256', key, message, Buffer.concat([Buffer.alloc(1), signature]))).toBe(
        false,
      );
    },
  );
});

describe('A13 malformed Ed25519 signatures', () => {
  const order = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;

  it('S plus the order of the group is another spelling, and refused (RFC 8032 §5.1.7)', async () => {
    const signature = good('Ed25519');
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + order;
    const malleated = Buffer.concat([
      signature.subarray(0, 32),
      Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse(),
    ]);
    expect(await verify('Ed25519', malleated)).toBe(false);
    expect(await verify('Ed25519', signature)).toBe(true);
  });

  it('zeros, the identity and 63 or 65 octets', async () => {
    const identity = Buffer.alloc(64);
    identity[0] = 1;
    const signature = good('Ed25519');
    for (const bytes of [
      Buffer.alloc(64),
      identity,
      signature.subarray(1),
      Buffer.concat([signature, Buffer.alloc(1)]),
    ]) {
      expect(await verify('Ed25519', bytes)).toBe(false);
    }
  });
});

describe('random changes of a whole token', () => {
  it.each(['RS256', 'ES256', 'EdDSA'] as const)('%s: either refused or not verified', async (alg) => {
    const token = makeToken({ alg });
    const key = keyFor(alg);
    const changed = fc
      .tuple(fc.nat(token.length - 1), fc.constantFrom(...Array.from('ABCxyz019-_.')))
      .map(([at, character]) => token.slice(0, at) + character + token.slice(at + 1))
      .filter((text) => text !== token);
    await fc.assert(
      fc.asyncProperty(changed, async (text) => {
        const jws = parseCompactJws(text);
        if (!jws.ok) return;
        const { header, signingInput, signature } = jws.value;
        expect(await verifier.verify(header.alg, key, signingInput, signature)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
