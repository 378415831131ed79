import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBearerToken } from '../../src/http/admin/authenticate.ts';
import {
  type AdminServer,
  goodAccount,
  goodFederation,
  pathsOf,
  startAdminServer,
} from '../support/admin-server.ts';
import { exampleKey } from '../support/example-keys.ts';

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.close());

const create = async (name: string, members: object = {}) => {
  const reply = await server.request('POST', '/api/v1/service-accounts', {
    body: goodAccount(name, { ...members }),
  });
  return { reply, path: reply.headers['location'] ?? '' };
};

describe('AT-15 how failures are answered', () => {
  it.each([
    ['no credentials', null, {}, 401, 'authentication_required', /^Bearer resource_metadata=/],
    [
      'credentials of another scheme',
      null,
      { authorization: 'Basic YTpi' },
      401,
      'authentication_required',
      /^Bearer resource_metadata=/,
    ],
    ['a bad token', 'unknown', {}, 401, 'invalid_token', /^Bearer error="invalid_token", resource_metadata=/],
    ['a role too weak', 'auditor', {}, 403, 'forbidden', /^Bearer error="insufficient_scope", /],
    [
      'malformed use',
      null,
      { authorization: 'Bearer a b' },
      400,
      'malformed_request',
      /^Bearer error="invalid_request", /,
    ],
    [
      'a token that is none',
      null,
      { authorization: 'Bearer' },
      400,
      'malformed_request',
      /^Bearer error="invalid_request", /,
    ],
    [
      'characters that no token has',
      null,
      { authorization: 'Bearer a"b' },
      400,
      'malformed_request',
      /invalid_request/,
    ],
  ] as const)('AT-15 %s', async (_what, as, headers, status, code, challenge) => {
    const reply = await server.request('GET', '/api/v1/teams', {
      as: as === 'unknown' ? 'unknown.token' : as,
      headers,
    });
    expect(reply.status).toBe(status);
    expect(reply.body['code']).toBe(code);
    expect(reply.headers['www-authenticate']).toMatch(challenge);
    if (code === 'authentication_required') expect(reply.headers['www-authenticate']).not.toContain('error');
  });

  it('AT-15 positive control', async () => {
    const reply = await server.request('GET', '/api/v1/teams', { as: 'viewer' });
    expect(reply.status).toBe(200);
    expect(reply.headers['www-authenticate']).toBeUndefined();
  });
});

describe('AT-16 the token is in one Authorization header', () => {
  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('AT-16 the scheme %s', async (scheme) => {
    const headers = { authorization: `${scheme} viewer~default` };
    expect((await server.request('GET', '/api/v1/teams', { as: null, headers })).status).toBe(200);
  });

  it.each(['/api/v1/teams?access_token=viewer~default', '/api/v1/teams?limit=1&access_token=x'])(
    'AT-16 never in the query: %s',
    async (path) => {
      for (const as of [null, 'viewer']) {
        const reply = await server.request('GET', path, { as });
        expect(reply.status).toBe(400);
        expect(reply.headers['www-authenticate']).toContain('invalid_request');
        expect(reply.text).not.toContain('viewer~default');
      }
    },
  );

  it('AT-16 never in a form', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const reply = await server.request('POST', '/api/v1/teams', {
      as: null,
      headers,
      body: 'access_token=administrator~default',
    });
    expect(reply.status).toBe(401);
  });

  it('AT-16 two headers are refused; one is read', () => {
    const token = ['Authorization', 'Bearer abc'];
    expect(readBearerToken([...token, 'authorization', 'Bearer def'], '/x')).toMatchObject({
      how: 'malformed',
    });
    expect(readBearerToken(['Host', 'Authorization', ...token], '/x')).toEqual({
      how: 'bearer',
      token: 'abc',
    });
  });
});

describe('AD-01 protected by our own access tokens', () => {
  it('AD-01 a token that is not for this API is 401, a role that is too weak 403, a good one 200', async () => {
    expect((await server.request('GET', '/api/v1/settings', { as: 'business-api-token' })).status).toBe(401);
    expect((await server.request('GET', '/api/v1/settings', { as: 'none' })).status).toBe(403);
    expect((await server.request('GET', '/api/v1/settings', { as: 'viewer' })).status).toBe(200);
  });
});

describe('AD-02 protected resource metadata', () => {
  it.each([
    ['/.well-known/oauth-protected-resource/api/v1', 'https://sts.example.com', '/api/v1/teams'],
    [
      '/.well-known/oauth-protected-resource/t/acme/api/v1',
      'https://sts.example.com/t/acme',
      '/t/acme/api/v1/teams',
    ],
  ])('AD-02 %s names the resource, and challenges lead there', async (path, issuer, route) => {
    const reply = await server.request('GET', path, { as: null });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({
      resource: `${issuer}/api/v1`,
      authorization_servers: [issuer],
      bearer_methods_supported: ['header'],
    });
    const challenge = (await server.request('GET', route, { as: null })).headers['www-authenticate'];
    expect(challenge).toBe(`Bearer resource_metadata="https://sts.example.com${path}"`);
  });

  it('AD-02 an unknown tenant has none', async () => {
    expect(
      (await server.request('GET', '/.well-known/oauth-protected-resource/t/nobody/api/v1', { as: null }))
        .status,
    ).toBe(404);
  });
});

describe('AD-03 problem details', () => {
  it.each([
    ['GET', '/api/v1/teams', { as: null }, 401],
    ['POST', '/api/v1/teams', { as: 'viewer', body: {} }, 403],
    ['GET', '/api/v1/nothing', {}, 404],
    ['GET', '/t/nobody/api/v1/teams', {}, 404],
    ['PUT', '/api/v1/teams', {}, 405],
    ['DELETE', '/api/v1/activities', {}, 405],
    ['POST', '/api/v1/teams', { body: '{' }, 400],
    ['POST', '/api/v1/teams', { body: '{"name":"\\x"}' }, 400],
    ['GET', '/api/v1/teams?cursor=zz', {}, 400],
    ['POST', '/api/v1/teams', { body: 'huge' }, 413],
    ['POST', '/api/v1/teams', { body: '{}', headers: { 'content-type': 'text/plain' } }, 415],
    [
      'POST',
      '/api/v1/teams',
      { body: '{}', headers: { 'content-type': 'application/json; charset=latin1' } },
      415,
    ],
    ['POST', '/api/v1/teams', { body: '{}', headers: { 'content-type': 'application/jsonx' } }, 415],
    [
      'POST',
      '/api/v1/teams',
      { body: '{}', headers: { 'content-type': 'application/merge-patch+json' } },
      415,
    ],
    ['POST', '/api/v1/teams', { body: {} }, 422],
    ['PATCH', '/api/v1/settings', { body: {} }, 428],
    ['PATCH', '/api/v1/settings', { body: {}, ifMatch: '"77"' }, 412],
    ['DELETE', '/api/v1/teams/default', { ifMatch: '*' }, 409],
  ] as const)('AD-03 AD-04 A97 %s %s %j', async (method, path, options, status) => {
    const huge =
      'body' in options && options.body === 'huge' ? { body: `{"name":"${'a'.repeat(70_000)}"}` } : {};
    const reply = await server.request(method, path, { ...options, ...huge });
    expect(reply.status).toBe(status);
    expect(reply.headers['content-type']).toBe('application/problem+json');
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
    expect(reply.body).toMatchObject({ type: 'about:blank', status, instance: path.split('?')[0] });
    for (const member of ['title', 'detail', 'code'])
      expect(reply.body[member]).toEqual(expect.stringMatching(/./));
    expect(reply.text).not.toMatch(/FST_|stack|SQL|node_modules|kysely/i);
  });

  it('AD-03 405 says which methods there are', async () => {
    expect((await server.request('PUT', '/api/v1/teams')).headers['allow']).toBe('GET, HEAD, POST');
    expect(
      (await server.request('POST', '/t/acme/api/v1/teams/default', { as: 'viewer~acme' })).headers['allow'],
    ).toBe('GET, HEAD, PATCH, DELETE');
    expect((await server.request('OPTIONS', '/api/v1/settings')).headers['allow']).toBe('GET, HEAD, PATCH');
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'application/json;charset="UTF-8"'])(
    'AD-03 positive control: a body of %s',
    async (type) => {
      const reply = await server.request('POST', '/api/v1/teams', {
        body: { name: `t${type.length}` },
        headers: { 'content-type': type },
      });
      expect(reply.status).toBe(201);
    },
  );

  it('AD-03 bytes that are not UTF-8 are no JSON', async () => {
    const reply = await server.app.inject({
      method: 'POST',
      url: '/api/v1/teams',
      headers: { authorization: 'Bearer administrator~default', 'content-type': 'application/json' },
      payload: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    });
    expect(reply.statusCode).toBe(400);
  });
});

describe('AD-04 422 names the members', () => {
  it('AD-04 by JSON pointer, with a sentence, and nothing of the inside', async () => {
    const reply = await server.request('POST', '/api/v1/service-accounts', {
      body: goodAccount('x', {
        scopes: ['ok', 5],
        'a/b~c': 1,
        federations: [{ ...goodFederation, subject: '*' }],
      }),
    });
    expect(reply.status).toBe(422);
    expect(pathsOf(reply)).toEqual(['/scopes/1', '/a~1b~0c']);
    for (const { message } of reply.body['errors'] as readonly { message: string }[])
      expect(message).toMatch(/^[A-Z].*\.$/);
  });
});

describe('AD-05 identifiers', () => {
  it('AD-05 A104 are opaque lower-case UUIDs, and one of another tenant is 404', async () => {
    const { reply } = await create('identified');
    expect(reply.body['id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    expect(reply.body['clientId']).toBe(reply.body['id']);
    const elsewhere = await server.request(
      'GET',
      `/t/acme/api/v1/service-accounts/${String(reply.body['id'])}`,
      { as: 'viewer~acme' },
    );
    expect(elsewhere.status).toBe(404);
  });
});

describe('AD-06 A72 no update is lost', () => {
  it('A72 of two writers with one ETag the second gets 412, and its change is not there', async () => {
    const { path, reply } = await create('contended');
    const etag = reply.headers['etag'] ?? '';
    const first = await server.request('PATCH', path, { ifMatch: etag, body: { description: 'first' } });
    const second = await server.request('PATCH', path, { ifMatch: etag, body: { description: 'second' } });
    expect([first.status, second.status]).toEqual([200, 412]);
    const now = await server.request('GET', path);
    expect(now.body['description']).toBe('first');
    expect(now.headers['etag']).toBe(first.headers['etag']);
    expect(first.headers['etag']).not.toBe(etag);
  });

  it('A72 in parallel one of many wins', async () => {
    const { path } = await create('contended-by-many');
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        server.request('PATCH', path, { ifMatch: '"1"', body: { description: `${index}` } }),
      ),
    );
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array.from({ length: 9 }, () => 412),
    ]);
  });

  it.each([
    [undefined, 428],
    ['"2"', 412],
    ['W/"1"', 412],
    ['1', 412],
    ['', 412],
    ['"x"', 412],
    ['"01"', 412],
    ['"5", "1"', 200],
    ['"1"', 200],
    ['*', 200],
  ])('AD-06 If-Match: %s is %i', async (ifMatch, status) => {
    const { path } = await create(`match-${Buffer.from(ifMatch ?? 'none').toString('hex')}-${status}`);
    const options = ifMatch === undefined ? {} : { ifMatch };
    expect((await server.request('PATCH', path, { body: { description: 'x' }, ...options })).status).toBe(
      status,
    );
    if (status !== 200) expect((await server.request('DELETE', path, options)).status).toBe(status);
  });

  it.each([
    '/api/v1/teams/default',
    '/api/v1/use-cases/custom-api-integration',
    '/api/v1/settings',
    '/api/v1/tenants/acme',
  ])('AD-06 %s has an ETag and wants it back', async (path) => {
    const read = await server.request('GET', path);
    expect(read.headers['etag']).toMatch(/^"[0-9]+"$/);
    expect((await server.request('PATCH', path, { body: {} })).status).toBe(428);
    expect(
      (await server.request('PATCH', path, { body: {}, ifMatch: read.headers['etag'] ?? '' })).status,
    ).toBe(200);
    expect(
      (await server.request('PATCH', path, { body: {}, ifMatch: read.headers['etag'] ?? '' })).status,
    ).toBe(412);
  });
});

describe('AD-07 REST habits', () => {
  it('AD-07 create: 201, and Location leads to what was answered', async () => {
    for (const [path, body] of [
      ['/service-accounts', goodAccount('located')],
      ['/trusted-issuers', { issuer: 'https://located.example.org' }],
      ['/teams', { name: 'located' }],
      ['/use-cases', { name: 'located', scopes: ['a', 'b'] }],
    ] as const) {
      const created = await server.request('POST', `/api/v1${path}`, { body });
      expect(created.status).toBe(201);
      const read = await server.request('GET', created.headers['location'] ?? '');
      expect(read.body).toMatchObject(created.body);
      expect(read.headers['etag']).toBe(created.headers['etag']);
    }
  });

  it('AD-07 Location stays below the tenant of the request', async () => {
    const created = await server.request('POST', '/t/acme/api/v1/teams', {
      as: 'administrator~acme',
      body: { name: 'below' },
    });
    expect(created.headers['location']).toBe('/t/acme/api/v1/teams/below');
  });

  it('AD-07 PATCH is a merge patch: absent stays, null goes, arrays are replaced', async () => {
    const { path } = await create('merged', {
      description: 'd',
      scopes: ['a', 'b'],
      audiences: ['x', 'y'],
      role: 'viewer',
    });
    const headers = { 'content-type': 'application/merge-patch+json' };
    const one = await server.request('PATCH', path, { ifMatch: '*', headers, body: { scopes: ['c'] } });
    expect(one.body).toMatchObject({
      description: 'd',
      scopes: ['c'],
      audiences: ['x', 'y'],
      role: 'viewer',
    });
    const two = await server.request('PATCH', path, {
      ifMatch: '*',
      headers,
      body: { description: null, audiences: null, role: null },
    });
    expect(two.body).toMatchObject({
      description: '',
      scopes: ['c'],
      audiences: [server.baseIssuer],
      role: null,
    });
    expect(
      (await server.request('PATCH', path, { ifMatch: '*', headers, body: { name: null } })).status,
    ).toBe(422);
    expect((two.body['federations'] as unknown[]).length).toBe(1);
  });

  it('AD-07 lists go page by page without loss or repeat, and cursors are opaque', async () => {
    const wanted = Array.from({ length: 7 }, (_, index) => `page-${index}`);
    for (const name of wanted)
      await server.request('POST', '/t/acme/api/v1/teams', { as: 'administrator~acme', body: { name } });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await server.request('GET', `/t/acme/api/v1/teams?limit=3${query}`, { as: 'viewer~acme' });
      const items = page.body['items'] as readonly { name: string }[];
      expect(items.length).toBeLessThanOrEqual(3);
      seen.push(...items.map(({ name }) => name));
      cursor = page.body['nextCursor'] as string | null;
    } while (cursor !== null);
    expect(seen).toEqual(expect.arrayContaining(wanted));
    expect(new Set(seen).size).toBe(seen.length);
    const broken = await server.request('GET', '/t/acme/api/v1/teams?cursor=bm90IG91cnM', {
      as: 'viewer~acme',
    });
    expect([broken.status, broken.body['code']]).toEqual([400, 'invalid_cursor']);
  });

  it.each([
    ['/teams', { name: 'default' }],
    ['/use-cases', { name: 'custom-api-integration' }],
    ['/tenants', { name: 'acme' }],
    ['/tenants', { name: 'default' }],
    [
      '/service-accounts',
      { name: 'administrator', owningTeam: 'default', useCase: 'custom-api-integration' },
    ],
  ])('AD-07 a duplicate is 409: %s %j', async (path, body) => {
    const reply = await server.request('POST', `/api/v1${path}`, { body });
    expect([reply.status, reply.body['code']]).toEqual([409, 'already_exists']);
  });
});

const jwkOf = (
  type: 'rsa' | 'ec' | 'ed25519' | 'x25519',
  options: object,
  half: 'publicKey' | 'privateKey' = 'publicKey',
) => generateKeyPairSync(type as 'ec', options as { namedCurve: string })[half].export({ format: 'jwk' });

describe('AD-08 AD-09 JF-19 pinned keys', () => {
  const pin = (issuer: string, keys: readonly object[]) =>
    server.request('POST', '/api/v1/trusted-issuers', { body: { issuer, jwks: { keys } } });

  it('AD-09 takes each valid kind and keeps its public members alone', async () => {
    const keys = [
      jwkOf('rsa', { modulusLength: 2048 }),
      jwkOf('ec', { namedCurve: 'P-256' }),
      jwkOf('ec', { namedCurve: 'P-384' }),
      jwkOf('ec', { namedCurve: 'P-521' }),
      jwkOf('ed25519', {}),
    ].map((key, index) => ({ ...key, kid: `k${index}`, key_ops: ['verify'], 'x-note': 'mine' }));
    const reply = await pin('https://pinned.example.org', keys);
    expect(reply.status).toBe(201);
    const kept = (reply.body['jwks'] as { keys: readonly object[] }).keys;
    expect(
      kept.map((key) => Object.keys(key).filter((name) => name.startsWith('x-') || name === 'key_ops')),
    ).toEqual(keys.map(() => []));
    expect(kept).toHaveLength(5);
  });

  it.each([
    ['a private EC key', jwkOf('ec', { namedCurve: 'P-256' }, 'privateKey')],
    ['a private RSA key', jwkOf('rsa', { modulusLength: 2048 }, 'privateKey')],
    ['a private Ed25519 key', jwkOf('ed25519', {}, 'privateKey')],
    ['a secret', { kty: 'oct', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA' }],
    ['a secret beside a public key', { ...exampleKey, d: 'AAAA' }],
  ])('AD-08 refuses %s without repeating it', async (_what, key) => {
    const reply = await pin('https://private.example.org', [{ ...key }]);
    expect(reply.status).toBe(422);
    expect(pathsOf(reply)).toEqual(['/jwks/keys/0']);
    expect(reply.text).toContain('private or secret');
    for (const name of ['d', 'k', 'p']) {
      const secret = (key as Record<string, unknown>)[name];
      if (typeof secret === 'string' && secret.length > 8) expect(reply.text).not.toContain(secret);
    }
  });

  it.each([
    ['a short RSA key', [jwkOf('rsa', { modulusLength: 1024 })]],
    ['secp256k1', [jwkOf('ec', { namedCurve: 'secp256k1' })]],
    ['X25519', [jwkOf('x25519', {})]],
    ['a point that is not on its curve', [{ ...exampleKey, y: exampleKey['x'] }]],
    ['an unknown kind', [{ kty: 'AKP', pub: 'AAAA' }]],
    ['no kind', [{ n: 'AAAA' }]],
    ['one kid twice', [exampleKey, { ...jwkOf('ec', { namedCurve: 'P-256' }), kid: 'example' }]],
    ['an empty set', []],
    ['nested members', [{ ...exampleKey, x5c: { deep: { deeper: 1 } } }]],
  ])('AD-09 refuses %s', async (_what, keys) => {
    const reply = await pin('https://weak.example.org', keys);
    expect(reply.status).toBe(422);
    expect(pathsOf(reply)[0]).toMatch(/^\/jwks\/keys/);
    expect(
      await server.storage.trustedIssuers.findByIssuer('default', 'https://weak.example.org'),
    ).toBeNull();
  });

  it('JF-19 pinned keys and a JWKS URI exclude each other', async () => {
    const body = {
      issuer: 'https://both.example.org',
      jwksUri: 'https://both.example.org/jwks',
      jwks: { keys: [exampleKey] },
    };
    const reply = await server.request('POST', '/api/v1/trusted-issuers', { body });
    expect(pathsOf(reply)).toEqual(['/jwks']);
  });
});

describe('AD-10 AD-11 AD-12', () => {
  it('are held in test/http/admin/registration.test.ts; here the good registration they share', async () => {
    const reply = await server.request('POST', '/api/v1/service-accounts', {
      body: goodAccount('good', {
        federations: [
          {
            issuer: 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0',
            subject: '99999999-2222-3333-4444-555555555555',
            audience: 'https://sts.example.com',
            conditions: [{ claim: 'tid', equals: '11111111-2222-3333-4444-555555555555' }],
            cel: "claims.ver == '2.0'",
          },
        ],
      }),
    });
    expect(reply.status).toBe(201);
  });
});

describe('AD-13 every change has its activity, in one transaction', () => {
  it('AD-13 says who changed what, without values', async () => {
    const { path, reply } = await create('audited');
    await server.request('PATCH', path, {
      ifMatch: '*',
      body: { description: 'a secret perhaps', scopes: ['x'] },
    });
    await server.request('DELETE', path, { ifMatch: '*' });
    const list = await server.request('GET', `/api/v1/activities?account=${String(reply.body['id'])}`, {
      as: 'auditor',
    });
    const items = list.body['items'] as readonly {
      type: string;
      outcome: string;
      reason: string;
      actor: object;
      details: { members?: string[] };
    }[];
    expect(items.map(({ type, outcome, reason }) => [type, outcome, reason].join(' ')).toSorted()).toEqual([
      'service-account.change changed changed',
      'service-account.create changed created',
      'service-account.delete changed deleted',
    ]);
    const administrator = server.accountOf('administrator~default');
    for (const { actor } of items) expect(actor).toEqual({ id: administrator.id, name: administrator.name });
    expect(items.find(({ type }) => type === 'service-account.change')?.details.members).toEqual([
      'description',
      'scopes',
    ]);
    expect(list.text).not.toContain('a secret perhaps');
  });

  it('AD-13 a change whose activity cannot be written is rolled back', async () => {
    const spoiled = await startAdminServer({
      spoil: (storage) => ({
        ...storage,
        transaction: (work) =>
          storage.transaction((stores) =>
            work({
              ...stores,
              activities: {
                ...stores.activities,
                append: () => Promise.reject(new Error('disk full: /secret/path')),
              },
            }),
          ),
      }),
    });
    const reply = await spoiled.request('POST', '/api/v1/teams', { body: { name: 'lost' } });
    expect(reply.status).toBe(500);
    expect(reply.text).not.toContain('secret');
    expect(await spoiled.storage.teams.find('default', 'lost')).toBeNull();
    expect(spoiled.changedTenants).toEqual([]);
    await spoiled.close();
  });

  it('AD-13 the node and every other node are told', async () => {
    const before = (await server.storage.revisions.all()).get('default') ?? 0;
    const told = server.changedTenants.length;
    await create('told');
    expect((await server.storage.revisions.all()).get('default')).toBe(before + 1);
    expect(server.changedTenants.slice(told)).toEqual(['default']);
    await create('told');
    expect((await server.storage.revisions.all()).get('default')).toBe(before + 1);
    expect(server.changedTenants.slice(told)).toEqual(['default']);
  });
});
