import { describe, expect, it } from 'vitest';
import {
  type AccountKeyWish,
  parseAccountKey,
  type PublicKeyMaterial,
  refuseExpiry,
} from '../../../src/core/accounts/parse-account-key.ts';
import { allSignatureAlgorithms, type SignatureAlgorithm } from '../../../src/core/jwt/algorithms.ts';

const now = 1_795_000_000_000;

type Kind = 'RSA' | 'P-256' | 'P-384' | 'P-521' | 'Ed25519';

const publicJwks = {
  RSA: { kty: 'RSA', n: 'AQAB', e: 'AQAB' },
  'P-256': { kty: 'EC', crv: 'P-256', x: 'AA', y: 'BB' },
  'P-384': { kty: 'EC', crv: 'P-384', x: 'AA', y: 'BB' },
  'P-521': { kty: 'EC', crv: 'P-521', x: 'AA', y: 'BB' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519', x: 'AA' },
} as const;

const material = (kind: Kind, changes: Partial<PublicKeyMaterial> = {}): PublicKeyMaterial => {
  const publicJwk = publicJwks[kind];
  return {
    kty: publicJwk.kty,
    crv: 'crv' in publicJwk ? publicJwk.crv : null,
    alg: null,
    kid: null,
    thumbprint: 'the-thumbprint',
    publicJwk,
    ...changes,
  };
};

const parse = (of: PublicKeyMaterial, wish: Partial<AccountKeyWish> = {}) =>
  parseAccountKey(of, { algorithm: null, kid: null, expiresAt: null, ...wish }, now);

/** Which algorithms each kind of key may be pinned to. */
const fitting: Readonly<Record<Kind, readonly SignatureAlgorithm[]>> = {
  RSA: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['Ed25519', 'EdDSA'],
};
const kinds = Object.keys(fitting) as readonly Kind[];
/** AD-09, RFC 9864 §2.2: `EdDSA` is the old name of `Ed25519`. */
const named = (algorithm: SignatureAlgorithm): SignatureAlgorithm =>
  algorithm === 'EdDSA' ? 'Ed25519' : algorithm;

describe('the algorithm a key is pinned to', () => {
  it.each([
    ['RSA', 'RS256'],
    ['P-256', 'ES256'],
    ['P-384', 'ES384'],
    ['P-521', 'ES512'],
    ['Ed25519', 'Ed25519'],
  ] as const)('CA-17 %s, when nobody says: %s', (kind, algorithm) =>
    expect(parse(material(kind))).toMatchObject({ ok: true, value: { algorithm } }),
  );

  it.each(kinds.flatMap((kind) => allSignatureAlgorithms.map((algorithm) => [kind, algorithm] as const)))(
    'CA-17 AD-09 %s, asked for %s',
    (kind, algorithm) => {
      const parsed = parse(material(kind), { algorithm });
      if (fitting[kind].includes(algorithm))
        expect(parsed).toMatchObject({ ok: true, value: { algorithm: named(algorithm) } });
      else
        expect(parsed).toMatchObject({
          ok: false,
          error: [{ path: '/algorithm', message: expect.stringContaining(named(algorithm)) }],
        });
    },
  );

  it.each(kinds.flatMap((kind) => fitting[kind].map((alg) => [kind, alg] as const)))(
    'CA-17 AD-09 %s whose alg is %s: that one, asked for or not, and no other',
    (kind, alg) => {
      const key = material(kind, { alg });
      expect(parse(key)).toMatchObject({ ok: true, value: { algorithm: named(alg) } });
      for (const algorithm of allSignatureAlgorithms)
        expect([algorithm, parse(key, { algorithm }).ok]).toEqual([
          algorithm,
          named(algorithm) === named(alg),
        ]);
    },
  );

  it('CA-17 the sentence says what the key is, and what its alg is', () => {
    const sentence = (of: PublicKeyMaterial) => {
      const parsed = parse(of, { algorithm: 'RS256' });
      return parsed.ok ? '' : parsed.error[0]?.message;
    };
    expect(sentence(material('P-256'))).toBe('RS256 is not an algorithm of this key, EC on P-256.');
    expect(sentence(material('RSA', { alg: 'PS256' }))).toBe(
      'RS256 is not an algorithm of this key, RSA, whose alg is PS256.',
    );
    expect(sentence(material('Ed25519', { alg: 'EdDSA' }))).toBe(
      'RS256 is not an algorithm of this key, OKP on Ed25519, whose alg is EdDSA.',
    );
  });
});

describe('the name of a key', () => {
  it.each([
    ['what its owner says, before all', 'mine', 'of-the-jwk', 'mine'],
    ['what its owner says', 'mine', null, 'mine'],
    ['the kid of the JWK', null, 'of-the-jwk', 'of-the-jwk'],
    ['the thumbprint', null, null, 'the-thumbprint'],
  ])('CA-18 %s', (_what, wish, kid, expected) =>
    expect(parse(material('P-256', { kid }), { kid: wish })).toMatchObject({
      ok: true,
      value: { kid: expected, thumbprint: 'the-thumbprint' },
    }),
  );

  it.each(['', 'a\nb', 'a\u0000b', 'a\u007fb', 'a\u0085b', 'x'.repeat(257), 'é'.repeat(129), '\ud800'])(
    'A07 %j is none',
    (kid) =>
      expect(parse(material('P-256'), { kid })).toMatchObject({
        ok: false,
        error: [{ path: '/kid', message: expect.stringMatching(/^A kid is a string of 1 to 256 bytes/) }],
      }),
  );

  it.each(['x', 'x'.repeat(256), 'é'.repeat(128), ' ', '../../etc', '__proto__', 'a/b?c#d'])(
    'A07 %j is one, opaque',
    (kid) => expect(parse(material('P-256'), { kid })).toMatchObject({ ok: true, value: { kid } }),
  );
});

describe('the end of a key', () => {
  it.each([
    [null, true],
    [now + 1, true],
    [253_402_300_799_000, true],
    [now, false],
    [now - 1, false],
    [0, false],
    [-1, false],
  ])('CA-25 %s is accepted: %s', (expiresAt, accepted) => {
    const parsed = parse(material('P-256'), { expiresAt });
    if (accepted) expect(parsed).toMatchObject({ ok: true, value: { expiresAt } });
    else expect(parsed).toMatchObject({ ok: false, error: [{ path: '/expiresAt' }] });
    expect(refuseExpiry(expiresAt, now)).toHaveLength(accepted ? 0 : 1);
  });
});

it('AD-04 all problems at once', () => {
  const parsed = parse(material('P-256'), { algorithm: 'RS256', kid: '', expiresAt: now });
  expect(parsed.ok ? [] : parsed.error.map(({ path }) => path)).toEqual(['/algorithm', '/kid', '/expiresAt']);
});

it('AD-08 what is kept is what was asked for and the public key, nothing else of the material', () => {
  const extra = { handle: { secret: 1 }, d: 'private' } as Partial<PublicKeyMaterial>;
  expect(parse(material('RSA', extra), { algorithm: 'PS256', kid: 'k', expiresAt: now + 5 })).toEqual({
    ok: true,
    value: {
      kid: 'k',
      thumbprint: 'the-thumbprint',
      algorithm: 'PS256',
      publicJwk: publicJwks.RSA,
      expiresAt: now + 5,
    },
  });
});
