// The hostile tokens of A.1 and A.2 as a client would send them: every door, the right code, one activity, nothing else.
import { createHmac, createPublicKey, type KeyObject, publicEncrypt, randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignatureAlgorithm } from '../../src/core/jwt/algorithms.ts';
import type { Answer } from '../support/bureau-process.ts';
import { type Canary, createCanary } from '../support/canary.ts';
import {
  createFakeIssuer,
  createFakeIssuerKey,
  type FakeIssuer,
  type FakeIssuerAlgorithm,
} from '../support/fake-issuer.ts';
import {
  encodeSegment,
  makeEcKeyPair,
  makeRsaKeyPair,
  type SegmentContent,
  signJws,
} from '../support/jws.ts';
import { makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { doors, openTestBureau, registered, type TestBureau, urn } from '../support/test-bureau.ts';
import { expectIssued, expectRefused, readIssued } from '../support/token-answers.ts';

const now = (): number => Math.floor(Date.now() / 1000);
const json = JSON.stringify;

let bureau: TestBureau;
let canary: Canary;
beforeAll(async () => {
  [bureau, canary] = await Promise.all([
    openTestBureau({ allow: ['127.0.0.0/8'], configuration: { strangerActivities: 100_000 } }),
    createCanary(),
  ]);
});
afterAll(() => Promise.all([bureau.close(), canary.close()]));

const goodHeader = (): Record<string, unknown> => ({
  alg: 'ES256',
  typ: 'JWT',
  kid: bureau.issuer.keys[0]?.kid,
});
const goodClaims = (): Record<string, unknown> => ({
  iss: bureau.issuer.issuer,
  sub: registered.subject,
  aud: registered.audience,
  iat: now(),
  exp: now() + 600,
});
const issuerKey = (): KeyObject => {
  const [key] = bureau.issuer.keys;
  if (key === undefined) throw new Error('the issuer has no key');
  return key.privateKey;
};
/** A token truly signed by the issuer over whatever header and claims. */
const craft = (
  header: SegmentContent = goodHeader(),
  claims: SegmentContent = goodClaims(),
  key: KeyObject = issuerKey(),
  algorithm: SignatureAlgorithm = 'ES256',
): string => {
  const input = `${encodeSegment(header)}.${encodeSegment(claims)}`;
  return `${input}.${signJws(algorithm, input, key).toString('base64url')}`;
};
const withHeader = (changes: object): string => craft({ ...goodHeader(), ...changes });
const withClaims = (changes: object): string => craft(goodHeader(), { ...goodClaims(), ...changes });
/** The good claims as JSON text with `member` (JSON text) put in front of, or behind, the others. */
const withMember = (member: string, behind = false): string => {
  const inner = json(goodClaims()).slice(1, -1);
  return craft(goodHeader(), behind ? `{${inner},${member}}` : `{${member},${inner}}`);
};

/** Sends a token through every door and holds the answers to what is true of every refusal. */
const expectRefusedEverywhere = async (
  token: string,
  reason: string | readonly string[],
  clientId?: string,
): Promise<void> => {
  const hits = bureau.issuer.hits();
  for (const { form, badToken } of doors) {
    const answer = await bureau.token({
      ...form(token),
      ...(clientId === undefined ? {} : { client_id: clientId }),
    });
    expectRefused(answer, 400, badToken);
    const activity = await bureau.activity(answer.body.receipt);
    expect(typeof reason === 'string' ? [reason] : reason).toContain(activity.reason);
    expect(activity).toMatchObject({ outcome: 'refused', type: 'token', jti: null });
    // The evidence tells of the token and never holds it.
    const segments = token.split('.').filter((segment) => segment.length > 60);
    for (const segment of segments) expect(json(activity)).not.toContain(segment);
  }
  // An unknown kid may be a new key: it alone is worth one look at the issuer (A50).
  expect(bureau.issuer.hits() - hits).toBeLessThanOrEqual(reason.includes('key_unknown') ? 1 : 0);
  expect(canary.hits()).toBe(0);
};
const expectIssuedEverywhere = async (token: string): Promise<void> => {
  for (const { form } of doors) expectIssued(await bureau.token(form(token)));
};

/** A row: its control in the same run, then each hostile token. */
const row = (
  title: string,
  attacks: readonly (readonly [string, () => string, string | readonly string[]])[],
  control = craft,
): void => {
  describe(`${title}, over HTTP`, () => {
    it('control: the same builder without the defect', () => expectIssuedEverywhere(control()));
    it.each(attacks)('%s', (_what, token, reason) => expectRefusedEverywhere(token(), reason));
  });
};

const copied = (header: object): string => {
  const [, claims, signature] = craft().split('.');
  return `${encodeSegment(header)}.${claims}.${signature}`;
};

row('A01 unsigned', [
  ...['none', 'None', 'nOnE', '', null, 7, 'es256'].map(
    (alg) =>
      [
        `alg ${json(alg)}, copied signature`,
        () => copied({ ...goodHeader(), alg }),
        'token_algorithm_not_allowed',
      ] as const,
  ),
  ['no alg', () => withHeader({ alg: undefined }), 'token_algorithm_not_allowed'],
  [
    'none, empty signature',
    () => `${encodeSegment({ alg: 'none' })}.${encodeSegment(goodClaims())}.`,
    'token_malformed',
  ],
  [
    'none, no signature',
    () => `${encodeSegment({ alg: 'none' })}.${encodeSegment(goodClaims())}`,
    'token_malformed',
  ],
]);

row(
  'A02 a public key as HMAC secret',
  (['HS256', 'HS384', 'HS512'] as const).flatMap((alg) =>
    (['pem', 'der', 'jwk', 'x'] as const).map(
      (form) =>
        [
          `${alg} with the ${form}`,
          () => {
            const publicKey = createPublicKey(issuerKey());
            const jwk = publicKey.export({ format: 'jwk' });
            const secret = {
              pem: publicKey.export({ format: 'pem', type: 'spki' }),
              der: publicKey.export({ format: 'der', type: 'spki' }),
              jwk: json(jwk),
              x: Buffer.from(jwk.x ?? '', 'base64url'),
            }[form];
            const input = `${encodeSegment({ ...goodHeader(), alg })}.${encodeSegment(goodClaims())}`;
            return `${input}.${createHmac(`sha${alg.slice(2)}`, secret)
              .update(input)
              .digest('base64url')}`;
          },
          'token_algorithm_not_allowed',
        ] as const,
    ),
  ),
);

const strangerKey = makeEcKeyPair('P-256');
row('A04 A05 A06 A15 header members that would choose the key or change the rules', [
  [
    'jwk of the attacker',
    () => craft({ ...goodHeader(), jwk: strangerKey.jwk }, goodClaims(), strangerKey.privateKey),
    'token_header_forbidden',
  ],
  [
    'jwk of the attacker, its own kid',
    () => craft({ ...goodHeader(), kid: 'x', jwk: strangerKey.jwk }, goodClaims(), strangerKey.privateKey),
    'token_header_forbidden',
  ],
  ...['', '/jwks.json'].map(
    (path) =>
      [
        `jku at the canary ${path}`,
        () => withHeader({ jku: `${canary.url}${path}` }),
        'token_header_forbidden',
      ] as const,
  ),
  [
    'jku with the issuer as userinfo',
    () => withHeader({ jku: canary.url.replace('//', `//${bureau.issuer.host}@`) }),
    'token_header_forbidden',
  ],
  ['x5u at the canary', () => withHeader({ x5u: `${canary.url}/c` }), 'token_header_forbidden'],
  ['x5c', () => withHeader({ x5c: [randomBytes(300).toString('base64')] }), 'token_header_forbidden'],
  ...[['x'], [], ['exp'], ['x', 'x'], 'exp', null].map(
    (crit) => [`crit ${json(crit)}`, () => withHeader({ crit, x: 1 }), 'token_header_forbidden'] as const,
  ),
  ['b64 false with crit', () => withHeader({ b64: false, crit: ['b64'] }), 'token_header_forbidden'],
  ['b64 false alone', () => withHeader({ b64: false }), 'token_header_forbidden'],
]);

row(
  'A07 hostile kids',
  [
    '../../../../dev/null',
    "' UNION SELECT 'a",
    'x|sleep 10',
    '__proto__',
    'constructor',
    'toString',
    'x'.repeat(200),
    'x'.repeat(257),
    '',
    7,
    ['x'],
    {},
    null,
    'a\u0000b',
    'a\r\nb',
    '\ud800',
  ].map(
    (kid) =>
      [
        `kid ${json(kid).slice(0, 40)}`,
        () => craft(json({ ...goodHeader(), kid })),
        ['key_unknown', 'token_malformed'],
      ] as const,
  ),
);

row('A13 degenerate signatures', [
  ...[
    ['zeros', Buffer.alloc(64)],
    [
      'r = n, s = n',
      Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'.repeat(2), 'hex'),
    ],
    ['one byte', Buffer.alloc(1, 1)],
    ['63 bytes', Buffer.alloc(63, 1)],
    ['65 bytes', Buffer.alloc(65, 1)],
    ['9,000 bytes', Buffer.alloc(9000, 1)],
  ].map(
    ([what, bytes]) =>
      [
        String(what),
        () => `${craft().split('.').slice(0, 2).join('.')}.${(bytes as Buffer).toString('base64url')}`,
        'signature_invalid',
      ] as const,
  ),
  [
    'DER',
    () => {
      const [header, claims, signature = ''] = craft().split('.');
      const raw = Buffer.from(signature, 'base64url');
      const integer = (part: Buffer): Buffer => Buffer.concat([Buffer.from([2, 33, 0]), part]);
      const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
      return `${header}.${claims}.${Buffer.concat([Buffer.from([0x30, body.length]), body]).toString('base64url')}`;
    },
    'signature_invalid',
  ],
  ['of another key', () => craft(goodHeader(), goodClaims(), strangerKey.privateKey), 'signature_invalid'],
]);

row('A16 A17 A18 A19 A20 other forms', [
  [
    'JWE to a public key around an unsigned JWT',
    () => {
      const { publicKey } = makeRsaKeyPair();
      const part = (size: number): string => randomBytes(size).toString('base64url');
      const key = publicEncrypt(publicKey, randomBytes(32)).toString('base64url');
      return `${encodeSegment({ alg: 'RSA-OAEP', enc: 'A256GCM', cty: 'JWT' })}.${key}.${part(12)}.${part(64)}.${part(16)}`;
    },
    'token_malformed',
  ],
  [
    'zip bomb',
    () =>
      `${encodeSegment({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })}..AAAA.${deflateRawSync(
        Buffer.alloc(1 << 20),
      )
        .toString('base64url')
        .slice(0, 8000)}.AAAA`,
    'token_malformed',
  ],
  [
    'PBES2 with p2c 1e9',
    () =>
      `${encodeSegment({ alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2c: 1e9, p2s: 'AAAA' })}.AAAA.AAAA.AAAA.AAAA`,
    'token_malformed',
  ],
  ['nested token', () => withHeader({ cty: 'JWT' }), 'token_header_forbidden'],
  [
    'JSON serialisation',
    () => {
      const [header, payload, signature] = craft().split('.');
      return json({ payload, protected: header, signature });
    },
    'token_malformed',
  ],
  ['JSON around a compact token', () => json({ token: craft() }), 'token_malformed'],
  ['Bearer in front', () => `Bearer ${craft()}`, 'token_malformed'],
  ...[' ', '\t', '\n', '=', '+', '/', '\u00a0'].flatMap((extra) => [
    [`${json(extra)} behind`, () => craft() + extra, 'token_malformed'] as const,
    [`${json(extra)} within`, () => craft().replace('.', `${extra}.`), 'token_malformed'] as const,
  ]),
  ...[0, 1, 3, 4].map(
    (dots) =>
      [
        `${dots} dots`,
        () => Array.from({ length: dots + 1 }, () => 'eyJhIjoxfQ').join('.'),
        'token_malformed',
      ] as const,
  ),
  ['60,000 dots', () => '.'.repeat(60_000), 'token_too_large'],
  ['60 KB', () => withClaims({ filler: 'a'.repeat(40_000) }), 'token_too_large'],
  ...['[]', '"x"', '1', 'null', 'true', '', '{', '{"iss":1e400}'].map(
    (claims) =>
      [`claims ${claims}`, () => craft(goodHeader(), claims), ['token_malformed', 'issuer_missing']] as const,
  ),
]);

row('A21 A23 A24 A25 A26 claims', [
  ...['iss', 'sub', 'aud', 'iat', 'exp'].flatMap((name) =>
    [undefined, null, ''].map(
      (value) =>
        [
          `${name} ${json(value) ?? 'missing'}`,
          () => withClaims({ [name]: value }),
          ['issuer_missing', 'claim_missing', 'claim_malformed'],
        ] as const,
    ),
  ),
  ...['exp', 'iat', 'nbf'].flatMap((name) =>
    [
      '"1"',
      'true',
      'null',
      '[]',
      '{}',
      '-1',
      '1e400',
      '-1e400',
      '1e308',
      '9007199254740993',
      String(Date.now()),
    ].map(
      (value) =>
        [
          `${name} ${value}`,
          () =>
            craft(
              goodHeader(),
              `{${[
                ...Object.entries(goodClaims())
                  .filter(([each]) => each !== name)
                  .map(([each, text]) => `"${each}":${json(text)}`),
                `"${name}":${value}`,
              ].join(',')}}`,
            ),
          [
            'claim_malformed',
            'token_malformed',
            'issued_in_the_future',
            'lifetime_not_positive',
            'lifetime_too_long',
          ],
        ] as const,
    ),
  ),
  ['exp 1 s ago', () => withClaims({ iat: now() - 60, exp: now() - 1 }), 'expired'],
  ['exp 61 s ago', () => withClaims({ iat: now() - 120, exp: now() - 61 }), 'expired'],
  ['iat 90 s ahead', () => withClaims({ iat: now() + 90 }), 'issued_in_the_future'],
  ['nbf 90 s ahead', () => withClaims({ nbf: now() + 90 }), 'not_yet_valid'],
  ...[
    'https://other.example',
    `${registered.audience}/`,
    `${registered.audience}x`,
    registered.audience.slice(0, -1),
    registered.audience.toUpperCase(),
    ` ${registered.audience}`,
  ].map((aud) => [`aud ${json(aud)}`, () => withClaims({ aud }), 'audience_mismatch'] as const),
  ...[[], [1], [[registered.audience]], { a: 1 }, 7, [registered.audience, null]].map(
    (aud) => [`aud ${json(aud)}`, () => withClaims({ aud }), 'claim_malformed'] as const,
  ),
  [
    'two audiences',
    () => withClaims({ aud: [registered.audience, 'https://other.example'] }),
    'audience_several',
  ],
  [
    '1,000 audiences',
    () =>
      withClaims({
        aud: [registered.audience, ...Array.from({ length: 400 }, (_unused, index) => `urn:${index}`)],
      }),
    ['audience_several', 'token_malformed', 'claim_malformed'],
  ],
]);
describe('A22 A24 A26 edges that pass', () => {
  it.each([
    ['7200 s', () => withClaims({ iat: now(), exp: now() + 7200 })],
    ['7199 s', () => withClaims({ iat: now() - 10, exp: now() + 7189 })],
    ['iat 40 s ahead', () => withClaims({ iat: now() + 40 })],
    ['nbf 40 s ahead', () => withClaims({ nbf: now() + 40 })],
    ['an array of one', () => withClaims({ aud: [registered.audience] })],
    ['a fraction of a second', () => withClaims({ iat: now() - 0.5, exp: now() + 600.5 })],
  ] as const)('%s', (_title, token) => expectIssuedEverywhere(token()));
});
row('A22 the window', [
  ['7201 s', () => withClaims({ iat: now() - 1000, exp: now() + 6201 }), 'lifetime_too_long'],
  ['a day', () => withClaims({ exp: now() + 86_400 }), 'lifetime_too_long'],
  ['0 s', () => withClaims({ iat: now() + 50, exp: now() + 50 }), 'lifetime_not_positive'],
  ['-1 s', () => withClaims({ iat: now() + 50, exp: now() + 49 }), 'lifetime_not_positive'],
]);

row('A28 issuer look-alikes', [
  ...['/', '/../', '//', '%2f', '.', '#', '?', '\u0000'].map(
    (tail) =>
      [
        `${json(tail)} behind`,
        () => withClaims({ iss: `${bureau.issuer.issuer}${tail}` }),
        ['issuer_unknown', 'token_malformed'],
      ] as const,
  ),
  ['capitals', () => withClaims({ iss: bureau.issuer.issuer.toUpperCase() }), 'issuer_unknown'],
  ['https', () => withClaims({ iss: bureau.issuer.issuer.replace('http', 'https') }), 'issuer_unknown'],
  ['a list', () => withClaims({ iss: [bureau.issuer.issuer] }), 'issuer_missing'],
  ['userinfo', () => withClaims({ iss: `${bureau.issuer.issuer}@evil.example` }), 'issuer_unknown'],
  ['fullwidth dot', () => withClaims({ iss: bureau.issuer.issuer.replace('.', '\uff0e') }), 'issuer_unknown'],
]);
row('A29 subject look-alikes', [
  ...[' ', '\u00a0', '\u200b', '/', '*', '\u0301'].flatMap((extra) => [
    [
      `${json(extra)} behind`,
      () => withClaims({ sub: registered.subject + extra }),
      'subject_not_registered',
    ] as const,
    [
      `${json(extra)} in front`,
      () => withClaims({ sub: extra + registered.subject }),
      'subject_not_registered',
    ] as const,
  ]),
  ['capitals', () => withClaims({ sub: registered.subject.toUpperCase() }), 'subject_not_registered'],
  [
    'homoglyph',
    () => withClaims({ sub: registered.subject.replace('a', '\u0430') }),
    'subject_not_registered',
  ],
  [
    'NUL and more',
    () => withClaims({ sub: `${registered.subject}\u0000x` }),
    ['token_malformed', 'claim_malformed'],
  ],
  ['*', () => withClaims({ sub: '*' }), 'subject_not_registered'],
  ['a list', () => withClaims({ sub: [registered.subject] }), 'claim_malformed'],
]);
row('A33 A34 A35 A36 JSON', [
  ['sub twice, ours last', () => withMember('"sub":"x"'), 'token_member_repeated'],
  ['sub twice, ours first', () => withMember('"sub":"x"', true), 'token_member_repeated'],
  ['sub twice, escaped', () => withMember('"s\\u0075b":"x"', true), 'token_member_repeated'],
  ['exp twice', () => withMember('"exp":1'), 'token_member_repeated'],
  ['alg twice', () => craft(`{"alg":"none",${json(goodHeader()).slice(1)}`), 'token_member_repeated'],
  [
    'invalid UTF-8',
    () =>
      craft(
        goodHeader(),
        Buffer.concat([
          Buffer.from(json(goodClaims()).slice(0, -1)),
          Buffer.from(',"x":"'),
          Buffer.from([0xff]),
          Buffer.from('"}'),
        ]),
      ),
    'token_malformed',
  ],
  ['a byte order mark', () => craft(goodHeader(), `\ufeff${json(goodClaims())}`), 'token_malformed'],
  ['UTF-16', () => craft(goodHeader(), Buffer.from(json(goodClaims()), 'utf16le')), 'token_malformed'],
  ['a lone surrogate', () => withMember('"x":"\\ud800"'), 'token_malformed'],
  ['NUL in an unused claim', () => withMember('"x":"a\\u0000b"'), 'token_malformed'],
  ['depth 40', () => withMember(`"x":${'['.repeat(40)}${']'.repeat(40)}`), 'token_malformed'],
  ['depth 3,000', () => withMember(`"x":${'['.repeat(3000)}${']'.repeat(3000)}`), 'token_malformed'],
  [
    '1,000 members',
    () => withMember(Array.from({ length: 1000 }, (_unused, index) => `"m${index}":0`).join(',')),
    'token_malformed',
  ],
]);
describe('A35 A37 names and claims that mean nothing here', () => {
  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString', '_claim_names', '_claim_sources'])(
    'A35 A37 %s',
    async (name) => {
      const value = json({ src1: { endpoint: canary.url }, role: 'administrator', sub: 'root' });
      for (const { form } of doors) {
        const answer = await bureau.token(form(withMember(`"${name}":${value}`)));
        if (answer.status === 200)
          expect(readIssued(answer).claims).toMatchObject({ sub: bureau.account.id });
        else expect(answer.status).toBe(400);
        if (answer.status === 200) expect(readIssued(answer).claims.role).toBeUndefined();
      }
      expect((await bureau.inject({ method: 'GET', url: '/api/v1/teams' })).status).toBe(401);
      expect(canary.hits()).toBe(0);
    },
  );
});

describe('A03 A09 A10 A11 A12 A14 keys that are not to be used', () => {
  let made = 0;
  /** A trusted issuer of its own with this set and an account, and how to present a token of it through every door. */
  const openIssuer = async (
    algorithm: FakeIssuerAlgorithm,
    jwks: (issuer: FakeIssuer) => unknown,
    algorithms?: readonly string[],
  ) => {
    made += 1;
    const issuer = await createFakeIssuer({ algorithm });
    issuer.setJwks(jwks(issuer));
    const { issuer: name, jwksUri } = issuer;
    if (algorithms !== undefined)
      expect(
        (await bureau.admin('POST', '/trusted-issuers', { issuer: name, jwksUri, algorithms })).status,
      ).toBe(201);
    const federations = [
      { issuer: name, jwksUri, subject: registered.subject, audience: registered.audience },
    ];
    const body = {
      name: `keys-${made}`,
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      federations,
    };
    expect((await bureau.admin('POST', '/service-accounts', body)).status).toBe(201);
    return issuer;
  };
  const claims = { sub: registered.subject, aud: registered.audience };
  const expectKept = async (issuer: FakeIssuer, token: string, reasons: readonly string[]): Promise<void> => {
    for (const { form, badToken } of doors) {
      const answer = await bureau.token(form(token));
      const unavailable = answer.status === 503;
      expectRefused(answer, unavailable ? 503 : 400, unavailable ? 'temporarily_unavailable' : badToken);
      expect(reasons).toContain((await bureau.activity(answer.body.receipt)).reason);
    }
    await issuer.close();
  };
  const published = (issuer: FakeIssuer): Record<string, unknown> => ({ ...issuer.keys[0]?.jwk });
  const without = (jwk: Record<string, unknown>, ...names: string[]): Record<string, unknown> =>
    Object.fromEntries(Object.entries(jwk).filter(([name]) => !names.includes(name)));

  it('control: each kind of key, as published', async () => {
    for (const algorithm of ['RS256', 'ES256', 'ES384', 'Ed25519'] as const) {
      const issuer = await openIssuer(algorithm, (each) => ({ keys: [published(each)] }));
      await expectIssuedEverywhere(await issuer.signToken(claims));
      await issuer.close();
    }
  });
  it.each(['RS512', 'PS256', 'RS384'] as const)(
    'A03 %s is not in the list of the issuer, though the key could',
    async (algorithm) => {
      const issuer = await openIssuer('RS256', (each) => ({ keys: [without(published(each), 'alg')] }), [
        'RS256',
      ]);
      const [key] = issuer.keys;
      if (key === undefined) throw new Error('no key');
      const input = `${encodeSegment({ alg: algorithm, kid: key.kid })}.${encodeSegment({ ...goodClaims(), iss: issuer.issuer })}`;
      const token = `${input}.${signJws(algorithm, input, key.privateKey).toString('base64url')}`;
      await expectIssuedEverywhere(await issuer.signToken(claims));
      await expectKept(issuer, token, ['token_algorithm_not_allowed']);
    },
  );
  it('A09 two keys of one kid, and many keys without kid', async () => {
    const other = await createFakeIssuerKey('ES256');
    const same = await openIssuer('ES256', (each) => ({
      keys: [published(each), { ...other.jwk, kid: each.keys[0]?.kid }],
    }));
    await expectKept(same, await same.signToken(claims), ['jwks_ambiguous', 'key_unknown']);
    const many = await Promise.all(Array.from({ length: 20 }, () => createFakeIssuerKey('ES256')));
    const nameless = await openIssuer('ES256', (each) => ({
      keys: [published(each), ...many.map(({ jwk }) => jwk)].map((jwk) => without(jwk, 'kid')),
    }));
    await expectKept(nameless, await nameless.signToken(claims, { kid: undefined }), [
      'jwks_ambiguous',
      'key_unknown',
    ]);
  });
  it.each([
    ['A10 symmetric', 'ES256', (each: FakeIssuer) => [{ kty: 'oct', k: 'c2VjcmV0', kid: each.keys[0]?.kid }]],
    [
      'A10 private',
      'ES256',
      (each: FakeIssuer) => [{ ...published(each), d: each.keys[0]?.privateKey.export({ format: 'jwk' }).d }],
    ],
    ['A14 use enc', 'ES256', (each: FakeIssuer) => [{ ...published(each), use: 'enc' }]],
    [
      'A14 key_ops encrypt',
      'ES256',
      (each: FakeIssuer) => [{ ...without(published(each), 'use'), key_ops: ['encrypt'] }],
    ],
    ['A14 alg of another use', 'RS256', (each: FakeIssuer) => [{ ...published(each), alg: 'RSA-OAEP' }]],
    [
      'A12 a coordinate cut short',
      'ES256',
      (each: FakeIssuer) => [{ ...published(each), x: String(published(each)['x']).slice(0, 20) }],
    ],
    [
      'A12 off the curve',
      'ES256',
      (each: FakeIssuer) => [{ ...published(each), y: String(published(each)['x']) }],
    ],
    ['A12 the wrong curve name', 'ES256', (each: FakeIssuer) => [{ ...published(each), crv: 'P-384' }]],
    [
      'A12 secp256k1',
      'ES256',
      (each: FakeIssuer) => [{ ...published(each), crv: 'secp256k1', alg: 'ES256K' }],
    ],
    [
      'A12 a point of small order',
      'Ed25519',
      (each: FakeIssuer) => [{ ...published(each), x: Buffer.alloc(32).toString('base64url') }],
    ],
    ['A11 e = 1', 'RS256', (each: FakeIssuer) => [{ ...published(each), e: 'AQ' }]],
    ['A11 e = 2', 'RS256', (each: FakeIssuer) => [{ ...published(each), e: 'Ag' }]],
    [
      'A11 512 bits',
      'RS256',
      (each: FakeIssuer) => [{ ...published(each), n: randomBytes(64).toString('base64url') }],
    ],
    [
      'A11 16,384 bits',
      'RS256',
      (each: FakeIssuer) => [{ ...published(each), n: Buffer.alloc(2048, 0xff).toString('base64url') }],
    ],
    ['A57 nothing that is a key', 'ES256', () => [null, 1, 'x', [], {}]],
  ] as [string, FakeIssuerAlgorithm, (each: FakeIssuer) => unknown[]][])(
    '%s',
    async (_title, algorithm, keys) => {
      const issuer = await openIssuer(algorithm, (each) => ({ keys: keys(each) }));
      await expectKept(issuer, await issuer.signToken(claims), [
        'key_unknown',
        'key_unfit',
        'issuer_keys_unavailable',
        'jwks_ambiguous',
      ]);
    },
  );
  it('A11 1024 bits, truly signed', async () => {
    const pair = makeRsaKeyPair(1024);
    const issuer = await openIssuer('RS256', () => ({
      keys: [{ ...pair.jwk, kid: 'small', use: 'sig', alg: 'RS256' }],
    }));
    const token = craft(
      { alg: 'RS256', kid: 'small' },
      { ...goodClaims(), iss: issuer.issuer },
      pair.privateKey,
      'RS256',
    );
    await expectKept(issuer, token, ['key_unknown', 'key_unfit', 'issuer_keys_unavailable']);
  });
});

describe('A30 A31 A32 what was registered decides', () => {
  const register = (federation: object): Promise<Answer> =>
    bureau.admin('POST', '/service-accounts', {
      name: `rule-${Math.random()}`,
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      federations: [
        {
          issuer: bureau.issuer.issuer,
          jwksUri: bureau.issuer.jwksUri,
          audience: registered.audience,
          ...federation,
        },
      ],
    });
  it('A30 a pattern is anchored at both ends, and means its letters', async () => {
    expect((await register({ subjectPattern: 'project:(a+)+$/*' })).status).toBe(201);
    await expectIssuedEverywhere(withClaims({ sub: 'project:(a+)+$/main' }));
    for (const sub of [
      'project:aaa/main',
      'xproject:(a+)+$/main',
      'project:(a+)+$',
      `project:(a+)+$${'a'.repeat(4000)}`,
    ])
      await expectRefusedEverywhere(withClaims({ sub }), 'subject_not_registered');
  });
  it('A25 A31 a federation without audience, without subject or for everybody cannot be saved', async () => {
    for (const federation of [
      { subject: 'x', audience: undefined },
      { subject: 'x', audience: '' },
      {},
      { subject: '' },
      { subject: '*' },
      { subjectPattern: '*' },
      { subjectPattern: '**' },
    ])
      expect((await register(federation)).status).toBe(422);
    expect((await register({ subject: 'repo:acme/control:x' })).status).toBe(201);
  });
  it('A32 conditions compare value and type', async () => {
    const sub = 'repo:acme/recycled:environment:production';
    expect(
      (await register({ subject: sub, conditions: [{ claim: 'repository_owner_id', equals: '8675309' }] }))
        .status,
    ).toBe(201);
    await expectIssuedEverywhere(withClaims({ sub, repository_owner_id: '8675309' }));
    for (const repository_owner_id of ['8675310', 8_675_309, ['8675309'], null, undefined, '8675309 ', true])
      await expectRefusedEverywhere(withClaims({ sub, repository_owner_id }), 'condition_unmet');
  });
});

describe('A38 A39 our own tokens', () => {
  it('A38 in each other’s place', async () => {
    const own = (await bureau.token(doors[0]?.form(craft()) ?? {})).body.access_token;
    await expectIssuedEverywhere(craft());
    await expectRefusedEverywhere(own, 'token_of_our_own');
    await expectRefusedEverywhere(await bureau.adminToken(), 'token_of_our_own');
    for (const iss of [bureau.baseIssuer, `${bureau.baseIssuer}/t/acme`, `${bureau.baseIssuer}/spiffe`])
      await expectRefusedEverywhere(withClaims({ iss }), 'token_of_our_own');
    for (const typ of [
      'at+jwt',
      'dpop+jwt',
      'client-authentication+jwt',
      'logout+jwt',
      'txntoken+jwt',
      'wit+jwt',
      'oauth-id-jag+jwt',
    ])
      await expectRefusedEverywhere(withHeader({ typ }), 'token_type_not_allowed');
    const assertion = makeAssertion(ownKeyOf(bureau.credentials));
    expectRefused(await bureau.token(doors[0]?.form(assertion) ?? {}), 400, 'invalid_request');
  });
  it('A38 a federation that names us cannot be saved', async () => {
    for (const issuer of [
      bureau.baseIssuer,
      `${bureau.baseIssuer}/t/acme`,
      `${bureau.baseIssuer}/spiffe`,
      'http://127.0.0.1:8080/',
    ]) {
      const answer = await bureau.admin('POST', '/trusted-issuers', {
        issuer,
        jwksUri: bureau.issuer.jwksUri,
      });
      expect([issuer, answer.status]).toEqual([issuer, 422]);
    }
  });
  it('A39 900 s, no refresh token, no more through unknown parameters', async () => {
    for (const { form } of doors) {
      const answer = await bureau.token({
        ...form(craft()),
        expires_in: '99999',
        lifetime: '99999',
        refresh: 'true',
        exp: '9999999999',
      });
      expectIssued(answer);
      expect(Object.keys(answer.body)).not.toContain('refresh_token');
      const { claims } = readIssued(answer);
      expect(claims.exp - claims.iat).toBe(900);
    }
  });
});

describe('A42 A43 A44 A45 requests', () => {
  it('A42 A99 the id of another account and an unknown one: the same body at every door', async () => {
    for (const { form, badToken } of doors) {
      const ask = (client_id: string): Promise<Answer> => bureau.token({ ...form(craft()), client_id });
      const answers = [
        await ask(bureau.credentials.serviceAccountId),
        await ask(crypto.randomUUID()),
        await ask(`' or 1=1--`),
      ];
      for (const answer of answers) expectRefused(answer, 400, badToken);
      expect(new Set(answers.map(({ body }) => json({ ...body, receipt: '' }))).size).toBe(1);
      expectIssued(await ask(bureau.account.id));
    }
  });
  it('A43 one federation twice, in parallel too: one 201', async () => {
    const create = (name: string): Promise<Answer> =>
      bureau.admin('POST', '/service-accounts', {
        name,
        owningTeam: 'default',
        useCase: 'custom-api-integration',
        federations: [
          {
            issuer: bureau.issuer.issuer,
            jwksUri: bureau.issuer.jwksUri,
            subject: 'repo:acme/twice:x',
            audience: registered.audience,
          },
        ],
      });
    const statuses = (
      await Promise.all(Array.from({ length: 10 }, (_unused, index) => create(`twice-${index}`)))
    ).map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(9);
  });
  it.each([
    ['scope not held', { scope: 'root' }, 200, undefined],
    ['scope with a tab', { scope: 'a\tb' }, 400, 'invalid_scope'],
    [
      '10,000 scopes',
      {
        scope: Array.from({ length: 10_000 }, (_unused, index) => `s${index}`)
          .join(' ')
          .slice(0, 50_000),
      },
      400,
      'invalid_scope',
    ],
    ['unknown audience', { audience: 'https://x.example' }, 400, 'invalid_target'],
    ['actor_token', { actor_token: 'x', actor_token_type: urn.jwt }, 400, 'invalid_request'],
    ['requested_token_type', { requested_token_type: 'urn:x' }, 400, 'invalid_request'],
    ['client_assertion_type alone', { client_assertion_type: urn.assertionType }, 400, 'invalid_request'],
    ['client_secret', { client_secret: 'x' }, 400, 'invalid_client'],
  ])('A44 A45 %s', async (_title, more: Record<string, string>, status, error) => {
    const answer = await bureau.token({ ...doors[0]?.form(craft()), ...more });
    expect([answer.status, answer.body.error]).toEqual([status, error]);
    if (status === 200) expect(answer.body.scope).toBe('');
  });
});

it('every refusal of this file has one activity of its own, and nothing was a fault', async () => {
  const seen = new Set<string>();
  let cursor = '';
  do {
    const { body } = await bureau.admin('GET', `/activities?outcome=refused&limit=200${cursor}`);
    for (const { id, reason } of body.items) {
      expect(reason).not.toMatch(/internal_fault|strangers_summed_up/);
      seen.add(id);
    }
    cursor = body.nextCursor === null ? '' : `&cursor=${encodeURIComponent(body.nextCursor)}`;
  } while (cursor !== '');
  expect(seen.size).toBeGreaterThan(600);
  expect(canary.hits()).toBe(0);
});
