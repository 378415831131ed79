import {
  constants,
  createHash,
  createHmac,
  createPublicKey,
  publicEncrypt,
  randomBytes,
  sign,
} from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { member } from '../../src/core/json.ts';
import { maxTokenBytes } from '../../src/core/jwt/compact-form.ts';
import type { RefusalReason } from '../../src/core/oauth/reasons.ts';
import { checkToken, type TestIssuer } from '../support/check-token.ts';
import {
  encodeSegment,
  githubClaims,
  githubIssuer,
  keyPairFor,
  makeEd25519KeyPair,
  makeRsaKeyPair,
  makeToken,
  testNow as now,
} from '../support/jws.ts';
import { encodeEd25519Point } from '../support/ed25519-points.ts';
import { expectGranted } from '../support/verdicts.ts';
import { checksOf } from '../../src/core/activity/check.ts';

type Attack = readonly [what: string, token: string, reason: RefusalReason, issuer?: TestIssuer];

/** Refused tokens beside a good one of the same builder: without the control the row says nothing. */
const row = (
  control: string | { readonly token: string; readonly issuer: TestIssuer },
  attacks: readonly Attack[],
): void => {
  it('control: a good token passes', async () => {
    const { token, issuer } = typeof control === 'string' ? { token: control, issuer: {} } : control;
    expectGranted(await checkToken(token, issuer));
  });
  it.each(attacks.map(([what, token, reason, issuer]) => ({ what, token, reason, issuer })))(
    '$what',
    async ({ token, reason, issuer }) => {
      const verdict = await checkToken(token, issuer);
      expect(verdict.ok ? 'accepted' : verdict.reason).toBe(reason);
      for (const { presented } of checksOf(verdict)) expect(presented.length).toBeLessThanOrEqual(256);
    },
  );
};

const good = makeToken();
const goodRsa = makeToken({ alg: 'RS256' });
const [header = '', claims = '', signature = ''] = good.split('.');
const withHeader = (changes: object) => makeToken({ header: changes });
const withClaims = (changes: object) => makeToken({ claims: changes });
const { publicKey: rsaPublicKey, jwk: rsaJwk } = keyPairFor('RS256');
const { jwk: ecJwk } = keyPairFor('ES256');

describe('A01 unsigned tokens', () => {
  row(
    good,
    ['none', 'None', 'NONE', 'nOnE', '', undefined, null, 7, ['ES256'], 'es256', ' ES256', 'ES256\n'].flatMap(
      (alg) => {
        const start = `${encodeSegment({ typ: 'JWT', alg })}.${claims}`;
        return [
          [`alg ${JSON.stringify(alg)}, empty signature`, `${start}.`, 'token_malformed'],
          [`alg ${JSON.stringify(alg)}, no signature`, start, 'token_malformed'],
          [
            `alg ${JSON.stringify(alg)}, copied signature`,
            `${start}.${signature}`,
            'token_algorithm_not_allowed',
          ],
        ] as const;
      },
    ),
  );
});

const pem = rsaPublicKey.export({ format: 'pem', type: 'spki' }).toString();
const secrets: readonly (readonly [string, string | Buffer])[] = [
  ['PEM', pem],
  ['PEM with a leading line break', `\n${pem}`],
  ['PEM without its final line break', pem.trimEnd()],
  ['PKCS #1 PEM', rsaPublicKey.export({ format: 'pem', type: 'pkcs1' }).toString()],
  ['DER', rsaPublicKey.export({ format: 'der', type: 'spki' })],
  ['JWK text', JSON.stringify(rsaJwk)],
  ['raw n', Buffer.from(rsaJwk['n'] ?? '', 'base64url')],
  ['raw x', Buffer.from(ecJwk['x'] ?? '', 'base64url')],
  ['nothing', ''],
];
describe('A02 the public key used as HMAC secret', () => {
  row(
    goodRsa,
    ['sha256', 'sha384', 'sha512'].flatMap((hash) =>
      secrets.map(([name, secret]) => {
        const start = `${encodeSegment({ typ: 'JWT', alg: `HS${hash.slice(3)}` })}.${claims}`;
        const mac = createHmac(hash, secret).update(start).digest('base64url');
        return [`${hash} keyed with ${name}`, `${start}.${mac}`, 'token_algorithm_not_allowed'] as const;
      }),
    ),
  );
});

const rs256Only: TestIssuer = { algorithms: ['RS256'], jwk: rsaJwk };
describe('A03 the header chooses the algorithm', () => {
  row({ token: goodRsa, issuer: rs256Only }, [
    ['RS512 on the same key', makeToken({ alg: 'RS512' }), 'token_algorithm_not_allowed', rs256Only],
    ['PS256 on the same key', makeToken({ alg: 'PS256' }), 'token_algorithm_not_allowed', rs256Only],
    ['an ES384 header on a P-256 key', withHeader({ alg: 'ES384' }), 'signature_invalid', { jwk: ecJwk }],
    ['an ES256 header on an RSA key', good, 'signature_invalid', { jwk: rsaJwk }],
    ['an Ed25519 header on a P-256 key', withHeader({ alg: 'Ed25519' }), 'signature_invalid', { jwk: ecJwk }],
  ]);
});

const attacker = makeRsaKeyPair();
const bySelf = (changes: object) =>
  makeToken({ alg: 'RS256', header: changes, privateKey: attacker.privateKey });
describe('A04 a key embedded in the token', () => {
  row(goodRsa, [
    ['with the genuine kid', bySelf({ jwk: attacker.jwk }), 'token_header_forbidden'],
    ['with a kid of its own', bySelf({ jwk: attacker.jwk, kid: 'mine' }), 'token_header_forbidden'],
    [
      'the genuine key embedded',
      makeToken({ alg: 'RS256', header: { jwk: rsaJwk } }),
      'token_header_forbidden',
    ],
    ['null', makeToken({ alg: 'RS256', header: { jwk: null } }), 'token_header_forbidden'],
    ['no embedding, just the key of another', bySelf({}), 'signature_invalid'],
  ]);
});

describe('A05 jku and x5u', () => {
  row(
    good,
    ['jku', 'x5u'].flatMap((name) =>
      [
        'http://127.0.0.1:9/jwks',
        `${githubIssuer}.canary.example/jwks`,
        `${githubIssuer}@canary.example/jwks`,
        `https://canary.example/${githubIssuer}`,
        '',
        7,
      ].map((url) => [`${name} ${url}`, withHeader({ [name]: url }), 'token_header_forbidden'] as const),
    ),
  );
});

describe('A06 x5c', () => {
  row(makeToken({ header: { x5t: 'abc', 'x5t#S256': 'def' } }), [
    ['a chain', bySelf({ x5c: ['MIIB'] }), 'token_header_forbidden'],
    ['an empty chain', withHeader({ x5c: [] }), 'token_header_forbidden'],
  ]);
});

const opaqueKids = [
  '../../../../dev/null',
  "' UNION SELECT 'a",
  'x|sleep 10',
  '__proto__',
  'constructor',
  'toString',
  'k'.repeat(256),
];
describe('A07 kid is opaque: strange but short text passes as it is', () => {
  it.each(opaqueKids)('%s', async (kid) => {
    expectGranted(await checkToken(withHeader({ kid })));
  });
});
describe('A07 kid that is no short text', () => {
  row(makeToken({ header: { kid: undefined } }), [
    ['empty', withHeader({ kid: '' }), 'token_malformed'],
    ['a number', withHeader({ kid: 0 }), 'token_malformed'],
    ['an array', withHeader({ kid: ['a'] }), 'token_malformed'],
    ['an object', withHeader({ kid: {} }), 'token_malformed'],
    ['null', withHeader({ kid: null }), 'token_malformed'],
    ['NUL', withHeader({ kid: 'a\0' }), 'token_malformed'],
    ['CR LF', withHeader({ kid: 'a\r\nSet-Cookie: a' }), 'token_malformed'],
    ['C1 control', withHeader({ kid: 'a\u0085' }), 'token_malformed'],
    ['a lone surrogate', makeToken({ header: '{"alg":"ES256","kid":"\\ud800"}' }), 'token_malformed'],
    ['257 bytes in fewer characters', withHeader({ kid: 'ü'.repeat(129) }), 'token_malformed'],
    ['100 KB', withHeader({ kid: 'k'.repeat(100_000) }), 'token_too_large'],
  ]);
});

const unfit = (jwk: object): TestIssuer => ({ jwk });
describe('A10 symmetric or private material in the set', () => {
  row({ token: goodRsa, issuer: { jwk: { ...rsaJwk, kid: 'a' } } }, [
    ['an oct key', goodRsa, 'key_unfit', unfit({ kty: 'oct', k: 'AAAA' })],
    [
      'an RSA key with d',
      goodRsa,
      'key_unfit',
      unfit(keyPairFor('RS256').privateKey.export({ format: 'jwk' })),
    ],
  ]);
});

/** With e = 1 the padded digest is its own signature: anyone can write it (measured: jose accepts such a key). */
const forgeWithExponentOne = (): string => {
  const signingInput = goodRsa.slice(0, goodRsa.lastIndexOf('.'));
  const digestInfo = Buffer.concat([
    Buffer.from('3031300d060960864801650304020105000420', 'hex'),
    createHash('sha256').update(signingInput).digest(),
  ]);
  const filler = Buffer.alloc(256 - 3 - digestInfo.length, 0xff);
  const block = Buffer.concat([Buffer.from([0, 1]), filler, Buffer.from([0]), digestInfo]);
  return `${signingInput}.${block.toString('base64url')}`;
};

const exponentThree = makeRsaKeyPair(2048, 3);
const bits1024 = makeRsaKeyPair(1024);
describe('A11 weak RSA keys', () => {
  row({ token: goodRsa, issuer: { jwk: rsaJwk } }, [
    [
      'e = 1, forged without any private key',
      forgeWithExponentOne(),
      'key_unfit',
      unfit({ ...rsaJwk, e: 'AQ' }),
    ],
    [
      'e = 3, truly signed',
      makeToken({ alg: 'RS256', privateKey: exponentThree.privateKey }),
      'key_unfit',
      unfit(exponentThree.jwk),
    ],
    [
      '1024 bits, truly signed',
      makeToken({ alg: 'RS256', privateKey: bits1024.privateKey }),
      'key_unfit',
      unfit(bits1024.jwk),
    ],
    ['16384 bits', goodRsa, 'key_unfit', unfit({ ...rsaJwk, n: randomBytes(2048).toString('base64url') })],
    ['e as long as n', goodRsa, 'key_unfit', unfit({ ...rsaJwk, e: rsaJwk['n'] })],
  ]);
});

describe('A12 invalid EC and OKP keys', () => {
  row({ token: good, issuer: { jwk: ecJwk } }, [
    ['off the curve', good, 'key_unfit', unfit({ ...ecJwk, x: ecJwk['y'], y: ecJwk['x'] })],
    ['the point at infinity', good, 'key_unfit', unfit({ ...ecJwk, x: 'A'.repeat(43), y: 'A'.repeat(43) })],
    ['a P-256 point labelled P-384', good, 'key_unfit', unfit({ ...ecJwk, crv: 'P-384' })],
    [
      'small-order Ed25519',
      makeToken({ alg: 'Ed25519', privateKey: makeEd25519KeyPair().privateKey }),
      'key_unfit',
      unfit({ kty: 'OKP', crv: 'Ed25519', x: encodeEd25519Point(1n) }),
    ],
  ]);
});

const resigned = (bytes: Uint8Array) => `${header}.${claims}.${Buffer.from(bytes).toString('base64url')}`;
const derSignature = sign('sha256', Buffer.from(`${header}.${claims}`), keyPairFor('ES256').privateKey);
describe('A13 degenerate signatures (every other edge case: test/adapters/signature)', () => {
  row(good, [
    ['all zeros', resigned(Buffer.alloc(64)), 'signature_invalid'],
    ['DER', resigned(derSignature), 'signature_invalid'],
    ['one octet', resigned(Buffer.alloc(1, 1)), 'signature_invalid'],
    ['no octet', `${header}.${claims}.`, 'token_malformed'],
    ['12 KB', resigned(randomBytes(11_000)), 'signature_invalid'],
    ['21,830 characters', `${header}.${claims}.${'A'.repeat(21_830)}`, 'token_too_large'],
  ]);
});

describe('A14 keys not meant for signing', () => {
  row({ token: goodRsa, issuer: { jwk: { ...rsaJwk, use: 'sig', key_ops: ['verify'] } } }, [
    ['use enc', goodRsa, 'key_unfit', unfit({ ...rsaJwk, use: 'enc' })],
    ['key_ops encrypt', goodRsa, 'key_unfit', unfit({ ...rsaJwk, key_ops: ['encrypt'] })],
    ['alg RSA-OAEP', goodRsa, 'key_unfit', unfit({ ...rsaJwk, alg: 'RSA-OAEP' })],
  ]);
});

describe('A15 critical headers', () => {
  row(good, [
    ...[['x'], [], ['exp'], ['x', 'x'], 'x', null, 7, { x: 1 }].map(
      (crit) =>
        [`crit ${JSON.stringify(crit)}`, withHeader({ crit, x: 1 }), 'token_header_forbidden'] as const,
    ),
    [
      'crit twice',
      makeToken({ header: '{"alg":"ES256","crit":["x"],"crit":["y"]}' }),
      'token_member_repeated',
    ],
    ['b64 false with crit', withHeader({ b64: false, crit: ['b64'] }), 'token_header_forbidden'],
    ['b64 false without crit', withHeader({ b64: false }), 'token_header_forbidden'],
  ]);
});

const jwe = (head: object, encryptedKey: Uint8Array, text: Uint8Array): string =>
  [
    encodeSegment(head),
    encodeSegment(encryptedKey),
    'AAAAAAAAAAAAAAAA',
    encodeSegment(text),
    'AAAAAAAAAAAAAAAAAAAAAA',
  ].join('.');
const wrapped = publicEncrypt(
  {
    key: createPublicKey(rsaPublicKey.export({ format: 'pem', type: 'spki' })),
    padding: constants.RSA_PKCS1_OAEP_PADDING,
  },
  randomBytes(32),
);
const unsigned = Buffer.from(`${encodeSegment({ alg: 'none' })}.${claims}.`);
describe('A16 encrypted tokens and bombs', () => {
  row(good, [
    [
      'an unsigned token inside',
      jwe({ alg: 'RSA-OAEP', enc: 'A256GCM', cty: 'JWT' }, wrapped, unsigned),
      'token_malformed',
    ],
    [
      'a decompression bomb',
      jwe(
        { alg: 'dir', enc: 'A256GCM', zip: 'DEF' },
        new Uint8Array(),
        deflateRawSync(Buffer.alloc(5_000_000)),
      ),
      'token_malformed',
    ],
    [
      'PBES2 with p2c 1e9',
      jwe({ alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', p2c: 1e9, p2s: 'AAAA' }, wrapped, unsigned),
      'token_malformed',
    ],
    ['zip in a signed token', withHeader({ zip: 'DEF' }), 'token_header_forbidden'],
    ['enc in a signed token', withHeader({ enc: 'A256GCM' }), 'token_header_forbidden'],
    ['a nested token', makeToken({ header: { cty: 'JWT' }, claims: good }), 'token_malformed'],
    ['cty JWT around claims', withHeader({ cty: 'jWt' }), 'token_header_forbidden'],
  ]);
});

describe('A17 other serialisations, polyglots', () => {
  row(good, [
    ['flattened JSON', JSON.stringify({ protected: header, payload: claims, signature }), 'token_malformed'],
    [
      'general JSON',
      JSON.stringify({ payload: claims, signatures: [{ protected: header, signature }] }),
      'token_malformed',
    ],
    ['JSON with a token inside', JSON.stringify(good), 'token_malformed'],
    ['a JSON prefix', `{"a":"${good}"}.${claims}.${signature}`, 'token_malformed'],
    ['a JSON prefix without dots', `{}${good}`, 'token_malformed'],
  ]);
});

const spellings = [' ', '\t', '\n', '\r\n', '=', '==', '+', '/', '\0', '%3D', '\u00a0', '\ufeff', 'é', '~'];
describe('A18 one token, one spelling', () => {
  row(
    good,
    spellings.flatMap((text) =>
      [header.length, header.length + 1 + claims.length, good.length, 0, 5, good.length - 5].map(
        (at) =>
          [
            `${JSON.stringify(text)} at ${at}`,
            good.slice(0, at) + text + good.slice(at),
            'token_malformed',
          ] as const,
      ),
    ),
  );
});

describe('A19 structure', () => {
  row(good, [
    ['no dot', good.replaceAll('.', ''), 'token_malformed'],
    ['one dot', `${header}.${claims}`, 'token_malformed'],
    ['three dots', `${good}.AAAA`, 'token_malformed'],
    ['four dots', `${good}.AAAA.AAAA`, 'token_malformed'],
    ['three dots, the last empty', `${good}.`, 'token_malformed'],
    ['16,384 dots', '.'.repeat(16_384), 'token_malformed'],
    ['a million dots', '.'.repeat(1_000_000), 'token_too_large'],
    ['nothing', '', 'token_malformed'],
    ['empty header', `.${claims}.${signature}`, 'token_malformed'],
    ['empty claims', `${header}..${signature}`, 'token_malformed'],
    ...['[]', '"x"', '1', 'null', 'true', ''].flatMap(
      (json) =>
        [
          [`claims ${json}`, makeToken({ claims: json }), 'token_malformed'],
          [`header ${json}`, makeToken({ header: json }), 'token_malformed'],
        ] as const,
    ),
  ]);
});

const padTo = (length: number): string => {
  const bare = makeToken({ claims: { fill: '' } }).length;
  let fill = Math.floor(((length - bare) * 3) / 4);
  const make = () => makeToken({ claims: { fill: 'x'.repeat(fill) } });
  while (make().length < length) fill++;
  while (make().length > length) fill--;
  return make();
};
describe('A20 oversize tokens', () => {
  row(padTo(maxTokenBytes), [
    ['16 KiB + 1', 'A'.repeat(maxTokenBytes + 1), 'token_too_large'],
    ['a good token, but larger', makeToken({ claims: { fill: 'x'.repeat(13_000) } }), 'token_too_large'],
    ['60 KiB', makeToken({ claims: { fill: 'x'.repeat(45_000) } }), 'token_too_large'],
    ['1 MiB', 'A'.repeat(1_048_576), 'token_too_large'],
  ]);
});

describe('A21 missing claims', () => {
  row(
    good,
    ['iss', 'sub', 'aud', 'iat', 'exp'].flatMap(
      (claim) =>
        [
          [`no ${claim}`, withClaims({ [claim]: undefined }), 'claim_missing'],
          [`${claim} null`, withClaims({ [claim]: null }), 'claim_malformed'],
          [`${claim} ""`, withClaims({ [claim]: '' }), 'claim_malformed'],
        ] as const,
    ),
  );
});

describe('A22 a window longer than two hours', () => {
  row(withClaims({ exp: now + 7200 }), [
    ['7201', withClaims({ exp: now + 7201 }), 'lifetime_too_long'],
    ['86400', withClaims({ exp: now + 86_400 }), 'lifetime_too_long'],
    ['0', withClaims({ iat: now + 10, exp: now + 10 }), 'lifetime_not_positive'],
    ['−1', withClaims({ iat: now + 10, exp: now + 9 }), 'lifetime_not_positive'],
    ['a good window long ago', withClaims({ iat: now - 9000, exp: now - 3000 }), 'expired'],
  ]);
});

const badNumbers = [
  '"1"',
  'true',
  'null',
  '[]',
  '{}',
  '-1',
  '1e400',
  '-1e400',
  '1e308',
  '9007199254740992',
  `${now}000`,
];
const withNumber = (claim: string, json: string) =>
  makeToken({ claims: JSON.stringify({ ...githubClaims, [claim]: '@' }).replace('"@"', json) });
describe('A23 numeric abuse', () => {
  row(
    withNumber('exp', `${now + 100}.5`),
    ['exp', 'iat', 'nbf'].flatMap((claim) =>
      badNumbers.map((json) => [`${claim} ${json}`, withNumber(claim, json), 'claim_malformed'] as const),
    ),
  );
});

describe('A24 clock edges: exp', () => {
  row(withClaims({ iat: now - 60, exp: now + 1 }), [
    ['now', withClaims({ iat: now - 60, exp: now }), 'expired'],
    ['now − 1', withClaims({ iat: now - 60, exp: now - 1 }), 'expired'],
    ['now − 61', withClaims({ iat: now - 100, exp: now - 61 }), 'expired'],
  ]);
});
describe('A24 clock edges: iat', () => {
  row(withClaims({ iat: now + 59 }), [['now + 61', withClaims({ iat: now + 61 }), 'issued_in_the_future']]);
});
describe('A24 clock edges: nbf', () => {
  row(withClaims({ nbf: now + 59 }), [['now + 61', withClaims({ nbf: now + 61 }), 'not_yet_valid']]);
});

describe('A26 strange audiences', () => {
  row(withClaims({ aud: ['https://sts.example.com'] }), [
    [
      '1,000 entries',
      withClaims({ aud: Array.from({ length: 1000 }, (_, n) => `a${n}`) }),
      'claim_malformed',
    ],
    [
      '10,000 entries',
      withClaims({ aud: Array.from({ length: 10_000 }, (_, n) => `a${n}`) }),
      'token_too_large',
    ],
    ['a nested array', withClaims({ aud: [['a']] }), 'claim_malformed'],
    ['a number', withClaims({ aud: [1] }), 'claim_malformed'],
    ['an object', withClaims({ aud: { a: 1 } }), 'claim_malformed'],
  ]);
});

const twice = (members: string) =>
  makeToken({ claims: JSON.stringify(githubClaims).replace(/\}$/u, `,${members}}`) });
describe('A33 duplicate members', () => {
  row(twice('"Sub":"x"'), [
    ['sub again, last', twice('"sub":"repo:attacker/x"'), 'token_member_repeated'],
    [
      'sub again, first',
      makeToken({ claims: JSON.stringify(githubClaims).replace('{', '{"sub":"repo:attacker/x",') }),
      'token_member_repeated',
    ],
    ['exp again', twice(`"exp":${now + 100}`), 'token_member_repeated'],
    ['escaped', twice('"s\\u0075b":"repo:attacker/x"'), 'token_member_repeated'],
    ['wholly escaped', twice('"\\u0073\\u0075\\u0062":"x"'), 'token_member_repeated'],
    ['nested', twice('"a":{"b":1,"b":2}'), 'token_member_repeated'],
    ['alg twice', makeToken({ header: '{"alg":"none","alg":"ES256"}' }), 'token_member_repeated'],
    [
      'alg twice, escaped',
      makeToken({ header: '{"alg":"ES256","al\\u0067":"none"}' }),
      'token_member_repeated',
    ],
  ]);
});

const claimsBytes = Buffer.from(JSON.stringify({ ...githubClaims, name: '@' }));
const withBytes = (...bytes: number[]) => {
  const at = claimsBytes.indexOf('@');
  return makeToken({
    claims: Buffer.concat([claimsBytes.subarray(0, at), Buffer.from(bytes), claimsBytes.subarray(at + 1)]),
  });
};
describe('A34 encoding', () => {
  row(withBytes(0xc3, 0xbc), [
    ['invalid UTF-8', withBytes(0xff), 'token_malformed'],
    ['an overlong solidus', withBytes(0xc0, 0xaf), 'token_malformed'],
    ['an overlong NUL', withBytes(0xc0, 0x80), 'token_malformed'],
    ['a surrogate in UTF-8', withBytes(0xed, 0xa0, 0x80), 'token_malformed'],
    ['a raw NUL', withBytes(0), 'token_malformed'],
    [
      'a byte order mark',
      makeToken({ claims: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), claimsBytes]) }),
      'token_malformed',
    ],
    ['UTF-16', makeToken({ claims: Buffer.from(claimsBytes.toString(), 'utf16le') }), 'token_malformed'],
    ['NUL in sub', makeToken({ claims: { sub: 'a\0b' } }), 'token_malformed'],
    ['NUL in an unused claim', makeToken({ claims: { unused: ['a\0b'] } }), 'token_malformed'],
    ['a lone surrogate in an unused claim', twice('"unused":"\\ud800"'), 'token_malformed'],
    ['a lone surrogate in a name', twice('"\\udfff":1'), 'token_malformed'],
  ]);
});

it('A35 claims with the names of prototypes are plain data and touch nothing', async () => {
  const token = twice(
    '"__proto__":{"role":"administrator","iss":"x"},"constructor":{"prototype":{"role":"administrator"}},"hasOwnProperty":1',
  );
  const { claims: read } = expectGranted(await checkToken(token));
  expect(member(read, '__proto__')).toEqual({ role: 'administrator', iss: 'x' });
  expect(member(read, 'role')).toBeUndefined();
  expect(member(read, 'toString')).toBeUndefined();
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  expect(({} as Record<string, unknown>)['role']).toBeUndefined();
});

const nest = (depth: number) => twice(`"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}`);
describe('A36 deep or huge claims', () => {
  row(nest(32), [
    ['depth 33', nest(33), 'token_malformed'],
    ['depth 5,000', nest(5000), 'token_malformed'],
    ['depth 200,000', nest(200_000), 'token_too_large'],
    ['300 members', twice(Array.from({ length: 300 }, (_, n) => `"m${n}":1`).join(',')), 'token_malformed'],
    [
      '10,000 members',
      twice(Array.from({ length: 10_000 }, (_, n) => `"m${n}":1`).join(',')),
      'token_too_large',
    ],
    ['a string of 15 KB', withClaims({ text: 'x'.repeat(15_000) }), 'token_too_large'],
    [
      'a header nested 5,000 deep',
      makeToken({ header: `{"alg":"ES256","a":${'['.repeat(5000)}${']'.repeat(5000)}}` }),
      'token_malformed',
    ],
  ]);
});
