import { createPrivateKey, createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AdminReply,
  type AdminServer,
  goodAccount,
  goodFederation,
  type Json,
  messagesOf,
  pathsOf,
  startAdminServer,
} from '../../support/admin-server.ts';
import { makeEcKeyPair, makeEd25519KeyPair, makeRsaKeyPair, type TestKeyPair } from '../../support/jws.ts';
import { type StoragePlace, storageEngines } from '../../support/storage-engines.ts';
import { certify } from '../../support/tls.ts';

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.close());

const accountsPath = '/api/v1/service-accounts';
let made = 0;
/** A new account without a key, and the path of its keys. */
const openAccount = async (on: AdminServer = server): Promise<{ id: string; path: string; keys: string }> => {
  made += 1;
  const { body } = await on.request('POST', accountsPath, { body: goodAccount(`account-${made}`) });
  const path = `${accountsPath}/${String(body['id'])}`;
  return { id: body['id'] as string, path, keys: `${path}/keys` };
};
const post = (path: string, body: unknown, as = 'administrator') =>
  server.request('POST', path, { body, as });
const get = (path: string, as = 'viewer') => server.request('GET', path, { as });
const patch = (path: string, body: unknown, ifMatch = '*') =>
  server.request('PATCH', path, { body, ifMatch });
const remove = (path: string, ifMatch = '*') => server.request('DELETE', path, { ifMatch });
const itemsOf = (reply: AdminReply): readonly Json[] => reply.body['items'] as readonly Json[];
const later = (milliseconds: number): string => new Date(server.clock.now() + milliseconds).toISOString();
const codeOf = ({ status, body }: AdminReply): readonly unknown[] => [status, body['code']];

const spki = ({ publicKey }: TestKeyPair): string => publicKey.export({ type: 'spki', format: 'pem' });
const ec = (): TestKeyPair => makeEcKeyPair('P-256');
const privateMaterial = /PRIVATE KEY|privateKey|"d":|credentials/;

const members = [
  'algorithm',
  'createdAt',
  'expiresAt',
  'id',
  'kid',
  'lastUsedAt',
  'publicKey',
  'status',
  'thumbprint',
];

describe('a key pair made here', () => {
  it.each([
    ['ES256', { kty: 'EC', crv: 'P-256' }],
    ['RS256', { kty: 'RSA', e: 'AQAB' }],
    ['Ed25519', { kty: 'OKP', crv: 'Ed25519' }],
  ])('contract §5 %s: the credentials once, and nothing private on the key', async (generate, kind) => {
    const { id, keys } = await openAccount();
    const reply = await post(keys, { generate });
    expect(reply.status).toBe(201);
    expect(reply.headers).toMatchObject({
      'cache-control': 'no-store',
      etag: '"1"',
      location: `${keys}/${String(reply.body['id'])}`,
    });
    const { credentials, ...key } = reply.body as { credentials: Record<string, string> } & Json;
    expect(Object.keys(key).toSorted()).toEqual(members);
    expect(key).toMatchObject({
      algorithm: generate,
      publicKey: kind,
      status: 'enabled',
      expiresAt: null,
      lastUsedAt: null,
      createdAt: later(0),
    });
    expect(key['kid']).toBe(key['thumbprint']);
    expect(key).toEqual((await get(reply.headers['location'] ?? '')).body);
    expect(JSON.stringify(key)).not.toMatch(privateMaterial);

    expect(credentials).toEqual({
      serviceAccountId: id,
      clientId: id,
      privateKey: expect.stringMatching(/^-----BEGIN PRIVATE KEY-----\n/),
      keyId: key['kid'],
      algorithm: generate,
      tenant: 'default',
      issuer: 'https://sts.example.com',
      discoveryURI: 'https://sts.example.com/.well-known/openid-configuration',
      tokenEndpoint: 'https://sts.example.com/token',
    });
    const publicHalf = createPublicKey(createPrivateKey(credentials['privateKey'] ?? ''));
    expect(publicHalf.export({ format: 'jwk' })).toEqual(key['publicKey']);
  });

  it('contract §5 of another tenant: its own issuer and endpoints', async () => {
    const created = await post(
      '/t/acme/api/v1/service-accounts',
      goodAccount('theirs', { key: { generate: 'ES256' } }),
      'administrator~acme',
    );
    expect(created.body['credentials']).toMatchObject({
      tenant: 'acme',
      issuer: 'https://sts.example.com/t/acme',
      discoveryURI: 'https://sts.example.com/t/acme/.well-known/openid-configuration',
      tokenEndpoint: 'https://sts.example.com/t/acme/token',
    });
    const added = await post(
      `${created.headers['location'] ?? ''}/keys`,
      { generate: 'ES256' },
      'administrator~acme',
    );
    expect(added.headers['location']).toMatch(/^\/t\/acme\/api\/v1\/service-accounts\/[^/]+\/keys\/[^/]+$/);
    expect(added.body['credentials']).toMatchObject({ tenant: 'acme' });
  });

  it('may end by itself', async () => {
    const { keys } = await openAccount();
    const expiresAt = later(1000);
    expect((await post(keys, { generate: 'ES256', expiresAt })).body).toMatchObject({ expiresAt });
    expect((await post(keys, { generate: 'ES256', expiresAt: null })).body).toMatchObject({
      expiresAt: null,
    });
  });
});

describe('a public key that is sent', () => {
  const rsa = makeRsaKeyPair();
  const p384 = makeEcKeyPair('P-384');
  const end = '2031-02-03T04:05:06.000Z';
  const certificate = certify(p384.publicKey, { notAfter: new Date(end) });
  const table: readonly (readonly [string, Json, Json])[] = [
    ['SPKI', { publicKey: spki(ec()) }, { algorithm: 'ES256', expiresAt: null }],
    [
      'PKCS#1',
      { publicKey: rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }) },
      { algorithm: 'RS256', publicKey: rsa.jwk },
    ],
    [
      'a certificate',
      { publicKey: certificate },
      { algorithm: 'ES384', publicKey: p384.jwk, expiresAt: end },
    ],
    [
      'a certificate, to end sooner',
      { publicKey: certificate, expiresAt: '2030-01-01T00:00:00Z' },
      { expiresAt: '2030-01-01T00:00:00.000Z' },
    ],
    ['a certificate, not to end', { publicKey: certificate, expiresAt: null }, { expiresAt: null }],
    [
      'a certificate that ended, not to end',
      { publicKey: certify(p384.publicKey, { notAfter: new Date(1e12) }), expiresAt: null },
      { expiresAt: null },
    ],
    ['a JWK', { publicKey: rsa.jwk }, { algorithm: 'RS256', publicKey: rsa.jwk }],
    [
      'a JWK that names itself',
      { publicKey: { ...rsa.jwk, kid: 'mine' } },
      { kid: 'mine', publicKey: rsa.jwk },
    ],
    [
      'a kid of its own before that of the JWK',
      { publicKey: { ...rsa.jwk, kid: 'mine' }, kid: 'other' },
      { kid: 'other' },
    ],
    [
      'CA-17 a JWK whose alg is PS256',
      { publicKey: { ...rsa.jwk, alg: 'PS256' } },
      { algorithm: 'PS256', publicKey: rsa.jwk },
    ],
    ['CA-17 an algorithm', { publicKey: spki(rsa), algorithm: 'PS512' }, { algorithm: 'PS512' }],
    ['AD-09 EdDSA', { publicKey: { ...makeEd25519KeyPair().jwk, alg: 'EdDSA' } }, { algorithm: 'Ed25519' }],
    [
      'AD-09 EdDSA, asked for',
      { publicKey: spki(makeEd25519KeyPair()), algorithm: 'EdDSA' },
      { algorithm: 'Ed25519' },
    ],
    ['P-521', { publicKey: spki(makeEcKeyPair('P-521')) }, { algorithm: 'ES512' }],
    [
      'AD-08 members that make no key, dropped',
      { publicKey: { ...rsa.jwk, use: 'sig', key_ops: ['verify'], x5c: ['MIIB'], 'x-note': 'mine' } },
      { publicKey: rsa.jwk },
    ],
    [
      'a time with more digits',
      { publicKey: spki(ec()), expiresAt: '2030-01-01T00:00:00.123456Z' },
      { expiresAt: '2030-01-01T00:00:00.123Z' },
    ],
  ];
  it.each(['2031-02-03T05:05:06+01:00', '2031-02-02T20:05:06-08:00', '2031-02-03T04:05:06Z'])(
    'RFC 3339 §5.6 a time with the offset of its place: %s',
    async (expiresAt) => {
      const { keys } = await openAccount();
      const reply = await post(keys, { publicKey: spki(ec()), expiresAt });
      expect([reply.status, reply.body['expiresAt']]).toEqual([201, end]);
    },
  );

  it.each(table)('%s', async (_what, body, expected) => {
    const { keys } = await openAccount();
    const reply = await post(keys, body);
    expect(reply.status).toBe(201);
    expect(Object.keys(reply.body).toSorted()).toEqual(members);
    expect(reply.body).toMatchObject(expected);
    if ('publicKey' in expected) expect(reply.body['publicKey']).toEqual(expected['publicKey']);
    expect(itemsOf(await get(keys))).toEqual([reply.body]);
    // The same as the first key of a new account; there the answer is the account.
    made += 1;
    const first = await post(accountsPath, goodAccount(`account-${made}`, { key: body }));
    expect(first.status).toBe(201);
    expect(first.body).not.toHaveProperty('credentials');
    expect(itemsOf(await get(`${first.headers['location'] ?? ''}/keys`))).toMatchObject([expected]);
  });
});

describe('AD-04 AD-09 what is not accepted', () => {
  const pair = ec();
  const { jwk } = pair;
  const { d } = pair.privateKey.export({ format: 'jwk' });
  const shape = /^Give generate \(ES256, RS256 or Ed25519\), or publicKey \(PEM or JWK\)\.$/;
  const table: readonly (readonly [string, unknown, readonly string[], RegExp])[] = [
    ['nothing', {}, [''], shape],
    ['both', { generate: 'ES256', publicKey: spki(pair) }, [''], shape],
    ['neither, with a name', { kid: 'x' }, ['/publicKey'], /PEM as a text, or a JWK/],
    ['another kind of pair', { generate: 'HS256' }, ['/generate'], /ES256/],
    ['a pair of RSA-4096', { generate: 'RS256', modulusLength: 4096 }, ['/modulusLength'], /no such member/],
    ['a pair with a name', { generate: 'ES256', kid: 'x' }, ['/kid'], /no such member/],
    ['a pair with an algorithm', { generate: 'ES256', algorithm: 'ES256' }, ['/algorithm'], /no such member/],
    [
      'A108 further members',
      { publicKey: jwk, id: 'x', lastUsedAt: null },
      ['/id', '/lastUsedAt'],
      /no such member/,
    ],
    ['A108 a status', { publicKey: jwk, status: 'disabled' }, ['/status'], /no such member/],
    ['a number', { publicKey: 5 }, ['/publicKey'], /PEM as a text, or a JWK/],
    ['a list', { publicKey: [jwk] }, ['/publicKey'], /PEM as a text, or a JWK/],
    ['null', { publicKey: null }, ['/publicKey'], /PEM as a text, or a JWK/],
    ['an empty text', { publicKey: '' }, ['/publicKey'], /./],
    ['too long a text', { publicKey: 'x'.repeat(16_385) }, ['/publicKey'], /16384/],
    ['an empty JWK', { publicKey: {} }, ['/publicKey'], /kty absent/],
    ['a JWK Set', { publicKey: { keys: [jwk] } }, ['/publicKey'], /kty absent/],
    ['words', { publicKey: 'my key' }, ['/publicKey'], /neither PEM nor a JWK/],
    ['AD-08 a private JWK', { publicKey: { ...jwk, d } }, ['/publicKey'], /private key material/],
    [
      'AD-08 a private JWK whose d is null',
      { publicKey: { ...jwk, d: null } },
      ['/publicKey'],
      /private key material/,
    ],
    ['AD-08 a secret', { publicKey: { kty: 'oct', k: 'AAAA' } }, ['/publicKey'], /private key material/],
    [
      'AD-08 a private key in PEM',
      { publicKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) },
      ['/publicKey'],
      /This is a private key/,
    ],
    ['AD-09 RSA with 1024 bits', { publicKey: spki(makeRsaKeyPair(1024)) }, ['/publicKey'], /1024 bits/],
    ['AD-09 RSA with e = 3', { publicKey: makeRsaKeyPair(2048, 3).jwk }, ['/publicKey'], /exponent/],
    ['AD-09 secp256k1', { publicKey: makeEcKeyPair('secp256k1').jwk }, ['/publicKey'], /secp256k1/],
    [
      'AD-09 X25519',
      { publicKey: { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) } },
      ['/publicKey'],
      /X25519/,
    ],
    [
      'AD-09 a point off its curve',
      { publicKey: { ...jwk, y: jwk['x'] } },
      ['/publicKey'],
      /not on the curve/,
    ],
    ['A14 a key for encryption', { publicKey: { ...jwk, use: 'enc' } }, ['/publicKey'], /not sig/],
    [
      'A14 operations without verify',
      { publicKey: { ...jwk, key_ops: ['encrypt'] } },
      ['/publicKey'],
      /verify/,
    ],
    ['CA-17 an alg of another kind', { publicKey: { ...jwk, alg: 'RS256' } }, ['/publicKey'], /alg/i],
    [
      'CA-17 an algorithm of another kind',
      { publicKey: jwk, algorithm: 'RS256' },
      ['/algorithm'],
      /EC on P-256/,
    ],
    [
      'CA-17 another algorithm than alg',
      { publicKey: { ...jwk, alg: 'ES256' }, algorithm: 'ES384' },
      ['/algorithm'],
      /whose alg is ES256/,
    ],
    ['CA-16 an HMAC', { publicKey: jwk, algorithm: 'HS256' }, ['/algorithm'], /./],
    ['CA-16 none', { publicKey: jwk, algorithm: 'none' }, ['/algorithm'], /./],
    ['an empty kid', { publicKey: jwk, kid: '' }, ['/kid'], /./],
    ['a kid of 257 bytes', { publicKey: jwk, kid: `${'é'.repeat(128)}x` }, ['/kid'], /1 to 256 bytes/],
    ['a kid with a newline', { publicKey: jwk, kid: 'a\nb' }, ['/kid'], /control characters/],
    ['a kid that is a number', { publicKey: jwk, kid: 5 }, ['/kid'], /./],
    ['a kid of the JWK that is a number', { publicKey: { ...jwk, kid: 5 } }, ['/publicKey'], /kid 5/],
    ['an end that is over', { publicKey: jwk, expiresAt: '2020-01-01T00:00:00Z' }, ['/expiresAt'], /over/],
    [
      'an end that is over, of a pair',
      { generate: 'ES256', expiresAt: '2020-01-01T00:00:00Z' },
      ['/expiresAt'],
      /over/,
    ],
    [
      'a certificate that ended',
      { publicKey: certify(pair.publicKey, { notAfter: new Date(1e12) }) },
      ['/expiresAt'],
      /over/,
    ],
    [
      'an end that is no time',
      { publicKey: jwk, expiresAt: 'tomorrow' },
      ['/expiresAt'],
      /2027-01-31T12:00:00Z/,
    ],
    ['the 30th of February', { publicKey: jwk, expiresAt: '2031-02-30T00:00:00Z' }, ['/expiresAt'], /./],
    ['an end in seconds', { publicKey: jwk, expiresAt: 1_900_000_000 }, ['/expiresAt'], /./],
    ['an end without a zone', { generate: 'ES256', expiresAt: '2031-02-03T04:05:06' }, ['/expiresAt'], /./],
    [
      'several problems at once',
      { publicKey: jwk, algorithm: 'RS256', kid: 'a\tb', expiresAt: '2020-01-01T00:00:00Z' },
      ['/algorithm', '/kid', '/expiresAt'],
      /./,
    ],
  ];

  it.each(table)('%s', async (_what, body, paths, sentence) => {
    const { keys } = await openAccount();
    const reply = await post(keys, body);
    expect(codeOf(reply)).toEqual([422, 'invalid']);
    expect(pathsOf(reply)).toEqual(paths);
    expect(messagesOf(reply)).toMatch(sentence);
    expect(itemsOf(await get(keys))).toEqual([]);
    if (typeof d === 'string') expect(reply.text).not.toContain(d.slice(0, 12));

    // The same below /key of a new account, and no account is left behind.
    made += 1;
    const first = await post(accountsPath, goodAccount(`account-${made}`, { key: body }));
    expect(codeOf(first)).toEqual([422, 'invalid']);
    expect(pathsOf(first)).toEqual(paths.map((path) => `/key${path}`));
    expect(itemsOf(await get(`${accountsPath}?q=account-${made}`))).toEqual([]);
  });

  it('A35 members of a prototype make no key', async () => {
    const { keys } = await openAccount();
    const inherited = `{"publicKey":{"__proto__":${JSON.stringify(jwk)}}}`;
    expect(pathsOf(await post(keys, inherited))).toEqual(['/publicKey']);
    const beside = JSON.stringify({ publicKey: jwk }).replace(
      '"publicKey":{',
      '"publicKey":{"__proto__":{"d":"x"},',
    );
    const reply = await post(keys, beside);
    expect([reply.status, reply.body['publicKey']]).toEqual([201, jwk]);
  });

  it('a body that is no object', async () => {
    const { keys } = await openAccount();
    for (const body of ['[]', '"x"', 'null', '5']) expect((await post(keys, body)).status).toBe(422);
    expect((await post(keys, '{')).status).toBe(400);
    expect((await post(keys, undefined)).status).toBe(422);
  });

  it('control: the same key without a defect is', async () => {
    const { keys } = await openAccount();
    expect((await post(keys, { publicKey: jwk })).status).toBe(201);
  });
});

describe('what there is already', () => {
  it('AD-09 the same key again, in any spelling, and another one under its kid', async () => {
    const { keys } = await openAccount();
    const pair = makeRsaKeyPair();
    expect((await post(keys, { publicKey: pair.jwk, kid: 'one' })).status).toBe(201);
    const padded = Buffer.concat([Buffer.alloc(1), Buffer.from(pair.jwk['n'] ?? '', 'base64url')]);
    for (const body of [
      { publicKey: pair.jwk, kid: 'one' },
      { publicKey: pair.jwk },
      { publicKey: spki(pair), kid: 'two', algorithm: 'PS256' },
      { publicKey: certify(pair.publicKey), expiresAt: null },
      { publicKey: { ...pair.jwk, n: padded.toString('base64url') }, kid: 'three' },
      { publicKey: spki(ec()), kid: 'one' },
    ])
      expect(codeOf(await post(keys, body))).toEqual([409, 'already_exists']);
    expect(itemsOf(await get(keys))).toHaveLength(1);
    const other = await openAccount();
    expect((await post(other.keys, { publicKey: pair.jwk, kid: 'one' })).status).toBe(201);
  });

  it('AD-09 a key that was deleted may come again', async () => {
    const { keys } = await openAccount();
    const body = { publicKey: spki(ec()) };
    const first = await post(keys, body);
    expect((await remove(first.headers['location'] ?? '')).status).toBe(204);
    const second = await post(keys, body);
    expect(second.status).toBe(201);
    expect(second.body['id']).not.toBe(first.body['id']);
  });

  it('A64 a sixth key is refused, until one of the five is gone', async () => {
    const { keys } = await openAccount();
    for (let index = 0; index < 5; index += 1)
      expect((await post(keys, { publicKey: spki(ec()) })).status).toBe(201);
    for (const body of [{ publicKey: spki(ec()) }, { generate: 'ES256' }]) {
      const reply = await post(keys, body);
      expect(codeOf(reply)).toEqual([409, 'too_many_keys']);
      expect(reply.text).not.toMatch(privateMaterial);
    }
    // A disabled one still counts: nobody hoards keys for later.
    const [first] = itemsOf(await get(keys));
    await patch(`${keys}/${String(first?.['id'])}`, { status: 'disabled' });
    expect((await post(keys, { generate: 'ES256' })).status).toBe(409);
    await remove(`${keys}/${String(first?.['id'])}`);
    expect((await post(keys, { generate: 'ES256' })).status).toBe(201);
    expect(itemsOf(await get(keys))).toHaveLength(5);
  });
});

describe('reading', () => {
  it('AD-07 lists oldest first, page by page', async () => {
    const { keys } = await openAccount();
    const wanted: unknown[] = [];
    for (let index = 0; index < 5; index += 1)
      wanted.push((await post(keys, { publicKey: spki(ec()), kid: `k${index}` })).body);
    expect((await get(keys)).body).toEqual({ items: wanted, nextCursor: null });
    for (const limit of [1, 2, 3, 4, 5]) {
      const seen: Json[] = [];
      let cursor: string | null = null;
      let pages = 0;
      do {
        const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page = await get(`${keys}?limit=${limit}${query}`);
        pages += 1;
        expect(itemsOf(page).length).toBeLessThanOrEqual(limit);
        seen.push(...itemsOf(page));
        cursor = page.body['nextCursor'] as string | null;
      } while (cursor !== null);
      expect([seen, pages]).toEqual([wanted, Math.ceil(5 / limit)]);
    }
  });

  it('AD-07 a cursor of nobody, or of another account, is refused', async () => {
    const [one, other] = [await openAccount(), await openAccount()];
    for (const { keys } of [one, other])
      for (let index = 0; index < 2; index += 1) await post(keys, { publicKey: spki(ec()) });
    const cursor = String((await get(`${one.keys}?limit=1`)).body['nextCursor']);
    expect((await get(`${one.keys}?limit=1&cursor=${cursor}`)).status).toBe(200);
    for (const [path, bad] of [
      [other.keys, cursor],
      [one.keys, 'zz'],
    ] as const)
      expect(codeOf(await get(`${path}?cursor=${bad}`))).toEqual([400, 'invalid_cursor']);
    for (const query of ['limit=0', 'limit=x', 'unknown=1', 'cursor='])
      expect([400, 422]).toContain((await get(`${one.keys}?${query}`)).status);
  });

  it.each(['plain', 'a/b c', 'ä€🔑', '%2F', '?x=1#y', '__proto__', 'K'.repeat(80)])(
    'a key is found by its id and by its kid %j',
    async (kid) => {
      const { keys } = await openAccount();
      const { body } = await post(keys, { publicKey: spki(ec()), kid });
      expect(body['kid']).toBe(kid);
      const named = `${keys}/${encodeURIComponent(kid)}`;
      for (const path of [`${keys}/${String(body['id'])}`, named]) {
        const reply = await get(path);
        expect([reply.status, reply.body, reply.headers['etag']]).toEqual([200, body, '"1"']);
      }
      expect((await patch(named, { status: 'disabled' }, '"1"')).body['status']).toBe('disabled');
      expect((await remove(named, '"2"')).status).toBe(204);
      expect((await get(`${keys}/${String(body['id'])}`)).status).toBe(404);
    },
  );

  it.each(['.', '..'])(
    'a kid %j, which no URL carries, is found by its id alone, and its path is none',
    async (kid) => {
      const { path, keys } = await openAccount();
      const { body } = await post(keys, { publicKey: spki(ec()), kid });
      for (const named of [`${keys}/${kid}`, `${keys}/${kid.replaceAll('.', '%2E')}`])
        expect((await remove(named)).status).toBe(404);
      expect((await get(path)).status).toBe(200);
      expect((await get(`${keys}/${String(body['id'])}`)).body).toEqual(body);
    },
  );

  it('A29 a kid in other case is another one', async () => {
    const { keys } = await openAccount();
    await post(keys, { publicKey: spki(ec()), kid: 'Key' });
    expect([(await get(`${keys}/Key`)).status, (await get(`${keys}/key`)).status]).toEqual([200, 404]);
  });

  it('an id is never overshadowed by a kid that looks like it', async () => {
    const { keys } = await openAccount();
    const first = await post(keys, { publicKey: spki(ec()) });
    const impostor = await post(keys, { publicKey: spki(ec()), kid: first.body['id'] });
    expect(impostor.status).toBe(201);
    expect((await get(`${keys}/${String(first.body['id'])}`)).body).toEqual(first.body);
    expect((await get(`${keys}/${String(impostor.body['id'])}`)).body).toEqual(impostor.body);
  });

  it('A107 an account or key that is not there, or is of another tenant or account, is 404 alike', async () => {
    const [mine, neighbour] = [await openAccount(), await openAccount()];
    const key = String((await post(mine.keys, { publicKey: spki(ec()), kid: 'my-kid' })).body['id']);
    const acme = '/t/acme/api/v1/service-accounts';
    const nobody = '00000000-0000-4000-8000-000000000000';
    const bodiless = (reply: AdminReply) => ({ ...reply.body, instance: null });
    const unknownAccount = await get(`${accountsPath}/${nobody}/keys`);
    expect(unknownAccount.status).toBe(404);
    for (const [method, rest] of [
      ['GET', ''],
      ['POST', ''],
      ['GET', `/${key}`],
      ['PATCH', `/${key}`],
      ['DELETE', `/${key}`],
      ['GET', '/my-kid'],
      ['DELETE', '/my-kid'],
    ] as const) {
      const body =
        method === 'POST' ? { body: { generate: 'ES256' } } : method === 'PATCH' ? { body: {} } : {};
      for (const ifMatch of [{}, { ifMatch: '*' }]) {
        const theirs = await server.request(method, `${acme}/${mine.id}/keys${rest}`, {
          as: 'administrator~acme',
          ...body,
          ...ifMatch,
        });
        expect([method, rest, theirs.status]).toEqual([method, rest, 404]);
        expect(bodiless(theirs)).toEqual(bodiless(unknownAccount));
        if (rest === '') continue;
        const [neighbours, unknown] = [
          await server.request(method, `${neighbour.keys}${rest}`, { ...body, ...ifMatch }),
          await server.request(method, `${mine.keys}/${nobody}`, { ...body, ...ifMatch }),
        ];
        expect([neighbours.status, unknown.status]).toEqual([404, 404]);
        expect(bodiless(neighbours)).toEqual(bodiless(unknown));
      }
    }
    expect(itemsOf(await get(mine.keys))).toHaveLength(1);
    expect(itemsOf(await get(neighbour.keys))).toEqual([]);
  });
});

describe('changing', () => {
  const openKey = async (): Promise<{ keys: string; key: string; body: Json }> => {
    const { keys } = await openAccount();
    const { headers, body } = await post(keys, { publicKey: spki(ec()) });
    return { keys, key: headers['location'] ?? '', body };
  };

  it('status and end, one by one and together; null takes the end away; the rest stays', async () => {
    const { key, body } = await openKey();
    const expiresAt = later(60_000);
    for (const [change, expected] of [
      [{ status: 'disabled' }, { status: 'disabled', expiresAt: null }],
      [{ expiresAt }, { status: 'disabled', expiresAt }],
      [
        { status: 'enabled', expiresAt: null },
        { status: 'enabled', expiresAt: null },
      ],
      [{}, { status: 'enabled', expiresAt: null }],
    ] as const) {
      const reply = await patch(key, change);
      expect([reply.status, reply.body]).toEqual([200, { ...body, ...expected }]);
      expect((await get(key)).body).toEqual(reply.body);
    }
  });

  it('a key that ended may be enabled, disabled and prolonged', async () => {
    const { key } = await openKey();
    const expiresAt = later(1000);
    await patch(key, { expiresAt });
    server.clock.advance(2000);
    expect((await patch(key, { status: 'disabled' })).body).toMatchObject({ status: 'disabled', expiresAt });
    expect(pathsOf(await patch(key, { expiresAt }))).toEqual(['/expiresAt']);
    expect((await patch(key, { status: 'enabled', expiresAt: later(5) })).status).toBe(200);
  });

  it.each([
    ['the kid', { kid: 'x' }, ['/kid']],
    ['the algorithm', { algorithm: 'ES384' }, ['/algorithm']],
    ['the key', { publicKey: spki(ec()) }, ['/publicKey']],
    [
      'A108 what the server says',
      { lastUsedAt: null, id: 'x', createdAt: null, version: 5 },
      ['/lastUsedAt', '/id', '/createdAt', '/version'],
    ],
    ['an unknown status', { status: 'revoked' }, ['/status']],
    ['no status', { status: null }, ['/status']],
    ['an end that is over', { expiresAt: '2020-01-01T00:00:00Z' }, ['/expiresAt']],
    ['an end in milliseconds', { expiresAt: 1.9e12 }, ['/expiresAt']],
  ])('AD-04 not %s', async (_what, change, paths) => {
    const { key, body } = await openKey();
    const reply = await patch(key, change);
    expect([reply.status, pathsOf(reply)]).toEqual([422, paths]);
    expect((await get(key)).body).toEqual(body);
  });

  it.each([
    [undefined, 428],
    ['"2"', 412],
    ['W/"1"', 412],
    ['1', 412],
    ['"5", "1"', 200],
    ['"1"', 200],
    ['*', 200],
  ])('A72 AD-06 If-Match: %s is %i', async (ifMatch, status) => {
    for (const method of ['PATCH', 'DELETE']) {
      const { key, body } = await openKey();
      const reply = await server.request(method, key, {
        ...(method === 'PATCH' ? { body: { status: 'disabled' } } : {}),
        ...(ifMatch === undefined ? {} : { ifMatch }),
      });
      expect([method, reply.status]).toEqual([method, method === 'DELETE' && status === 200 ? 204 : status]);
      if (status !== 200) expect((await get(key)).body).toEqual(body);
    }
  });

  it('A72 each change has an ETag of its own, and the stale one is refused', async () => {
    const { key } = await openKey();
    const first = await patch(key, { status: 'disabled' }, '"1"');
    expect(first.headers['etag']).toBe('"2"');
    expect((await get(key)).headers['etag']).toBe('"2"');
    expect(codeOf(await patch(key, { status: 'enabled' }, '"1"'))).toEqual([412, 'version_stale']);
    expect(codeOf(await remove(key, '"1"'))).toEqual([412, 'version_stale']);
    const deleted = await remove(key, '"2"');
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    expect((await remove(key, '"2"')).status).toBe(404);
  });

  it('a query or body that does not belong is refused', async () => {
    const { key } = await openKey();
    for (const query of ['force=yes', 'force=1', 'force=', 'other=1'])
      expect((await server.request('DELETE', `${key}?${query}`, { ifMatch: '*' })).status).toBe(422);
    expect((await server.request('DELETE', key, { ifMatch: '*', body: {} })).status).toBe(422);
    expect((await server.request('PUT', key, { body: {} })).headers['allow']).toBe(
      'GET, HEAD, PATCH, DELETE',
    );
    expect((await remove(`${key}?force=false`)).status).toBe(204);
  });
});

describe('a first key with the account', () => {
  it('contract §5 the answer is the account and, once, its credentials', async () => {
    const created = await post(accountsPath, {
      name: 'nightly-report',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      role: 'viewer',
      key: { generate: 'RS256' },
    });
    expect(created.status).toBe(201);
    expect(created.headers['cache-control']).toBe('no-store');
    const { credentials, ...account } = created.body as { credentials: Json } & Json;
    expect(credentials).toMatchObject({ serviceAccountId: account['id'], algorithm: 'RS256' });
    const path = created.headers['location'] ?? '';
    expect((await get(path)).body).toEqual(account);
    expect(itemsOf(await get(`${path}/keys`))).toMatchObject([
      { kid: credentials['keyId'], algorithm: 'RS256' },
    ]);
    for (const read of [path, `${path}/keys`, accountsPath, '/api/v1/activities'])
      expect((await get(read)).text).not.toMatch(privateMaterial);
  });

  it.each<[string, Json]>([
    ['a name that is taken', { name: 'administrator' }],
    ['a team that is not there', { owningTeam: 'nobody' }],
    ['a scope that is none', { scopes: ['a b'] }],
    ['a federation that is taken', { federations: [{ ...goodFederation, subject: 'repo:acme/taken' }] }],
    ['a federation that is bad', { federations: [{ ...goodFederation, subject: '' }] }],
  ])('a create that fails for %s leaves nothing behind and tells no secret', async (_what, changes) => {
    if ('federations' in changes)
      await post(
        accountsPath,
        goodAccount(`taken-${made}`, { federations: [{ ...goodFederation, subject: 'repo:acme/taken' }] }),
      );
    const before = itemsOf(await get(`${accountsPath}?limit=200`));
    const issuers = itemsOf(await get('/api/v1/trusted-issuers'));
    const activities = itemsOf(await get('/api/v1/activities?limit=200')).length;
    const reply = await post(
      accountsPath,
      goodAccount('fails', {
        key: { generate: 'ES256' },
        federations: [{ ...goodFederation, issuer: 'https://left-behind.example.org' }],
        ...changes,
      }),
    );
    expect([409, 422]).toContain(reply.status);
    expect(reply.text).not.toMatch(privateMaterial);
    expect(itemsOf(await get(`${accountsPath}?limit=200`))).toEqual(before);
    expect(itemsOf(await get('/api/v1/trusted-issuers'))).toEqual(issuers);
    expect(itemsOf(await get('/api/v1/activities?limit=200'))).toHaveLength(activities);
  });

  it('AD-13 a key, or an account with one, whose activity cannot be written is not kept', async () => {
    let broken = false;
    const spoiled = await startAdminServer({
      spoil: (storage) => ({
        ...storage,
        transaction: (work) =>
          storage.transaction((stores) =>
            work({
              ...stores,
              activities: {
                ...stores.activities,
                append: (batch) =>
                  broken ? Promise.reject(new Error('disk full')) : stores.activities.append(batch),
              },
            }),
          ),
      }),
    });
    const account = await openAccount(spoiled);
    const kept = await spoiled.request('POST', account.keys, { body: { generate: 'ES256' } });
    broken = true;
    const refused = [
      await spoiled.request('POST', account.keys, { body: { generate: 'ES256' } }),
      await spoiled.request('POST', accountsPath, {
        body: goodAccount('lost', { key: { generate: 'ES256' } }),
      }),
      await spoiled.request('PATCH', kept.headers['location'] ?? '', {
        ifMatch: '*',
        body: { status: 'disabled' },
      }),
      await spoiled.request('DELETE', kept.headers['location'] ?? '', { ifMatch: '*' }),
    ];
    for (const reply of refused) {
      expect(reply.status).toBe(500);
      expect(reply.text).not.toMatch(privateMaterial);
    }
    expect(await spoiled.storage.accountKeys.listOf('default', account.id)).toMatchObject([
      { id: kept.body['id'], status: 'enabled', version: 1 },
    ]);
    const { items } = await spoiled.storage.serviceAccounts.list(
      'default',
      { q: 'lost' },
      { limit: 5, cursor: null },
    );
    expect(items).toEqual([]);
    await spoiled.close();
  });
});

describe('AD-13 activities', () => {
  interface Seen {
    readonly type: string;
    readonly reason: string;
    readonly outcome: string;
    readonly account: { readonly id: string; readonly name: string };
    readonly actor: { readonly id: string; readonly name: string };
    readonly details: Json;
  }
  const activitiesOf = async (id: string, type = ''): Promise<readonly Seen[]> =>
    itemsOf(await get(`/api/v1/activities?account=${id}`, 'auditor'))
      .map((item) => item as unknown as Seen)
      .filter((item) => item.type.startsWith(type))
      .toReversed();

  it('AD-13 each act on a key has one, with who, whose, which and what, and nothing of the key itself', async () => {
    const { id, path, keys } = await openAccount();
    const expiresAt = later(90_000);
    const one = await post(keys, { publicKey: spki(ec()), kid: 'one', expiresAt });
    server.clock.advance(1);
    const two = await post(keys, { generate: 'ES256' });
    server.clock.advance(1);
    await patch(`${keys}/one`, { status: 'disabled' });
    server.clock.advance(1);
    await patch(`${keys}/one`, { expiresAt: null, status: 'enabled' });
    server.clock.advance(1);
    await remove(`${keys}/one`);
    const described = ({ body }: AdminReply, changes: Json = {}) => ({
      keyId: body['id'],
      kid: body['kid'],
      thumbprint: body['thumbprint'],
      algorithm: 'ES256',
      expiresAt: body['expiresAt'],
      ...changes,
    });
    const seen = await activitiesOf(id, 'account-key');
    expect(seen.map(({ type, outcome, reason, details }) => [type, outcome, reason, details])).toEqual([
      ['account-key.create', 'changed', 'created', described(one, { generated: false })],
      ['account-key.create', 'changed', 'created', described(two, { generated: true })],
      [
        'account-key.change',
        'changed',
        'changed',
        described(one, { members: ['status'], status: 'disabled' }),
      ],
      [
        'account-key.change',
        'changed',
        'changed',
        described(one, { members: ['status', 'expiresAt'], status: 'enabled', expiresAt: null }),
      ],
      ['account-key.delete', 'changed', 'deleted', described(one, { expiresAt: null })],
    ]);
    const name = (await get(path)).body['name'];
    const administrator = server.accountOf('administrator~default');
    for (const { account, actor } of seen) {
      expect(account).toEqual({ id, name });
      expect(actor).toEqual({ id: administrator.id, name: administrator.name });
    }
    const text = JSON.stringify(seen);
    expect(text).not.toMatch(privateMaterial);
    for (const { body } of [one, two]) expect(text).not.toContain((body['publicKey'] as Json)['x']);
  });

  it('AD-13 what was refused leaves none', async () => {
    const { id, keys } = await openAccount();
    const before = await activitiesOf(id);
    await post(keys, { publicKey: 'x' });
    await post(keys, { generate: 'ES256' }, 'viewer');
    await patch(`${keys}/nothing`, { status: 'disabled' });
    expect(await activitiesOf(id)).toEqual(before);
  });

  it('contract §5 account and actor keep the names they had then', async () => {
    const other = await startAdminServer();
    const deputy = other.accountOf('administrator~default');
    const { body } = await other.request('POST', accountsPath, { body: goodAccount('old-name') });
    const path = `${accountsPath}/${String(body['id'])}`;
    await other.request('POST', `${path}/keys`, { body: { generate: 'ES256' } });
    for (const [target, name] of [
      [path, 'new-name'],
      [`${accountsPath}/${deputy.id}`, 'new-administrator'],
    ] as const)
      expect((await other.request('PATCH', target, { ifMatch: '*', body: { name } })).body['name']).toBe(
        name,
      );
    other.clock.advance(1000);
    await other.request('POST', `${path}/keys`, { body: { generate: 'ES256' } });
    await other.request('DELETE', path, { ifMatch: '*' });
    const list = await other.request(
      'GET',
      `/api/v1/activities?account=${String(body['id'])}&type=account-key.create`,
    );
    expect(
      itemsOf(list).map(({ account, actor }) => [(account as Json)['name'], (actor as Json)['name']]),
    ).toEqual([
      ['new-name', 'new-administrator'],
      ['old-name', 'administrator'],
    ]);
    await other.close();
  });
});

describe('A63 the limit of pairs a minute', () => {
  let limited: AdminServer;
  beforeEach(async () => {
    limited = await startAdminServer({ keysPerMinute: 3 });
  });

  it('A63 counts both routes, each tenant for itself, and only what makes a pair', async () => {
    const { keys } = await openAccount(limited);
    const ask = (path: string, body: unknown, as = 'administrator') =>
      limited.request('POST', path, { body, as });
    // None of these makes a pair.
    await ask(keys, { publicKey: spki(ec()) });
    await ask(keys, { generate: 'ES256', expiresAt: '2020-01-01T00:00:00Z' });
    await ask(keys, { generate: 'HS256' });
    await ask(keys, { generate: 'ES256' }, 'viewer');
    await ask(`${accountsPath}/nobody/keys`, { generate: 'ES256' });

    expect((await ask(keys, { generate: 'ES256' })).status).toBe(201);
    expect((await ask(accountsPath, goodAccount('with-key', { key: { generate: 'ES256' } }))).status).toBe(
      201,
    );
    expect((await ask(keys, { generate: 'Ed25519' })).status).toBe(201);
    for (const refused of [
      await ask(keys, { generate: 'ES256' }),
      await ask(accountsPath, goodAccount('refused', { key: { generate: 'ES256' } })),
    ]) {
      expect(codeOf(refused)).toEqual([429, 'rate_limited']);
      expect(refused.headers['retry-after']).toMatch(/^([1-9]|[1-5]\d|60)$/);
      expect(refused.headers['content-type']).toBe('application/problem+json');
    }
    const theirs = await ask(
      '/t/acme/api/v1/service-accounts',
      goodAccount('theirs', { key: { generate: 'ES256' } }),
      'administrator~acme',
    );
    expect(theirs.status).toBe(201);
    expect((await ask(keys, { publicKey: spki(ec()) })).status).toBe(201);

    const wait = Number(
      (await ask(accountsPath, goodAccount('waits', { key: { generate: 'ES256' } }))).headers['retry-after'],
    );
    limited.clock.advance(wait * 1000);
    expect((await ask(accountsPath, goodAccount('waited', { key: { generate: 'ES256' } }))).status).toBe(201);
    await limited.close();
  });
});

describe.each(storageEngines)('keys at once on $engine', ({ createPlace }) => {
  let place: StoragePlace;
  let node: AdminServer;
  beforeAll(async () => {
    place = await createPlace();
    node = await startAdminServer({ databaseUrl: place.url });
  });
  afterAll(async () => {
    await node.close();
    await place.remove();
  });
  const statusesOf = (replies: readonly AdminReply[]) =>
    replies.map(({ status }) => status).toSorted((a, b) => a - b);

  it.each([
    ['generated', () => ({ generate: 'ES256' })],
    ['sent', () => ({ publicKey: spki(ec()) })],
  ])('A64 of eight that are %s exactly five are kept', async (_how, body) => {
    const { id, keys } = await openAccount(node);
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => node.request('POST', keys, { body: body() })),
    );
    expect(statusesOf(replies)).toEqual([201, 201, 201, 201, 201, 409, 409, 409]);
    for (const reply of replies.filter(({ status }) => status === 409)) {
      expect(reply.body['code']).toBe('too_many_keys');
      expect(reply.text).not.toMatch(privateMaterial);
    }
    expect(await node.storage.accountKeys.listOf('default', id)).toHaveLength(5);
  });

  it('AD-09 of five equal ones one is kept', async () => {
    const { id, keys } = await openAccount(node);
    const publicKey = spki(ec());
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => node.request('POST', keys, { body: { publicKey } })),
    );
    expect(statusesOf(replies)).toEqual([201, 409, 409, 409, 409]);
    expect(await node.storage.accountKeys.listOf('default', id)).toHaveLength(1);
  });

  it('A72 of ten changes with one ETag one wins, and a delete beside a change', async () => {
    const { keys } = await openAccount(node);
    const key =
      (await node.request('POST', keys, { body: { publicKey: spki(ec()) } })).headers['location'] ?? '';
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_unused, index) =>
        node.request('PATCH', key, {
          ifMatch: '"1"',
          body: { status: index % 2 === 0 ? 'disabled' : 'enabled' },
        }),
      ),
    );
    expect(statusesOf(replies)).toEqual([200, ...Array.from({ length: 9 }, () => 412)]);
    const mixed = await Promise.all([
      node.request('DELETE', key, { ifMatch: '"2"' }),
      node.request('PATCH', key, { ifMatch: '"2"', body: { status: 'enabled' } }),
    ]);
    expect([
      [204, 404],
      [200, 412],
    ]).toContainEqual(statusesOf(mixed));
  });

  it('a key that is added while its account is deleted goes with it', async () => {
    const { id, path, keys } = await openAccount(node);
    const replies = await Promise.all([
      node.request('POST', keys, { body: { publicKey: spki(ec()) } }),
      node.request('DELETE', path, { ifMatch: '*' }),
    ]);
    expect(replies.map(({ status }) => status)[1]).toBe(204);
    expect([201, 404]).toContain(replies[0].status);
    expect(await node.storage.accountKeys.listOf('default', id)).toEqual([]);
  });
});
