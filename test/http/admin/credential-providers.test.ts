import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AdminReply,
  type AdminServer,
  type Json,
  messagesOf,
  pathsOf,
  startAdminServer,
} from '../../support/admin-server.ts';
import { contractExample } from '../../support/svid-samples.ts';

const path = '/api/v1/credential-providers';
let server: AdminServer;
let account: string;
beforeAll(async () => {
  server = await startAdminServer();
  account = server.accountOf('none~default').id;
});
afterAll(() => server.close());

let made = 0;
const body = (members: Json = {}): Json => {
  made += 1;
  return { ...contractExample, name: `provider-${made}`, serviceAccounts: [account], ...members };
};
const create = (members: Json = {}, as = 'administrator'): Promise<AdminReply> =>
  server.request('POST', as.endsWith('acme') ? `/t/acme${path}` : path, { body: body(members), as });
const activities = async (type: string): Promise<readonly Json[]> =>
  ((await server.request('GET', `/api/v1/activities?type=${type}&limit=200`)).body['items'] ??
    []) as readonly Json[];

describe('the life of a credential provider', () => {
  it('AD-01 is created as contract §5 writes it: 201, Location, ETag, the resource', async () => {
    const sent = body();
    const reply = await server.request('POST', path, { body: sent });
    expect([reply.status, reply.headers['etag']]).toEqual([201, '"1"']);
    expect(reply.headers['location']).toBe(`${path}/${String(reply.body['id'])}`);
    expect(reply.body).toMatchObject(sent);
    const got = await server.request('GET', reply.headers['location'] ?? '');
    expect([got.status, got.headers['etag'], got.body]).toEqual([200, '"1"', reply.body]);
  });

  it('has defaults: 15 min, RS256, no accounts, no claims', async () => {
    const { subject, audience } = contractExample;
    const reply = await server.request('POST', path, { body: { name: 'least', subject, audience } });
    expect(reply.body).toMatchObject({
      description: '',
      resourceSet: 'default',
      serviceAccounts: [],
      lifetimeMinutes: 15,
      algorithm: 'RS256',
      claims: [],
    });
  });

  it('A72 is changed by the version that was read, listed, and deleted', async () => {
    const { id } = (await create()).body;
    const at = `${path}/${String(id)}`;
    expect((await server.request('PATCH', at, { body: { lifetimeMinutes: 5 } })).status).toBe(428);
    const changed = await server.request('PATCH', at, { body: { lifetimeMinutes: 5 }, ifMatch: '"1"' });
    expect([changed.status, changed.headers['etag']]).toEqual([200, '"2"']);
    expect(changed.body).toMatchObject({ lifetimeMinutes: 5, audience: contractExample.audience });
    expect((await server.request('PATCH', at, { body: { lifetimeMinutes: 6 }, ifMatch: '"1"' })).status).toBe(
      412,
    );
    const removed = await server.request('PATCH', at, {
      body: { lifetimeMinutes: null, claims: null, serviceAccounts: null, algorithm: null },
      ifMatch: '*',
    });
    expect(removed.body).toMatchObject({
      lifetimeMinutes: 15,
      claims: [],
      serviceAccounts: [],
      algorithm: 'RS256',
    });
    const list = await server.request('GET', `${path}?limit=200`);
    expect((list.body['items'] as readonly Json[]).map((item) => item['id'])).toContain(id);
    expect((await server.request('DELETE', at, { ifMatch: '"2"' })).status).toBe(412);
    expect((await server.request('DELETE', at, { ifMatch: '"3"' })).status).toBe(204);
    expect((await server.request('GET', at)).status).toBe(404);
  });

  it('AD-13 A43 each change is one activity with names and no more, and this node reads again', async () => {
    const before = server.changedTenants.length;
    const { id, name } = (await create()).body;
    await server.request('PATCH', `${path}/${String(id)}`, {
      body: { audience: 'other.example' },
      ifMatch: '*',
    });
    await server.request('DELETE', `${path}/${String(id)}`, { ifMatch: '*' });
    expect(server.changedTenants.length - before).toBe(3);
    for (const [type, more] of [
      ['credential-provider.create', { audience: contractExample.audience }],
      ['credential-provider.change', { audience: 'other.example', members: ['audience'] }],
      ['credential-provider.delete', { audience: 'other.example' }],
    ] as const) {
      const found = (await activities(type)).find((each) => (each['details'] as Json)['provider'] === id);
      expect(found).toMatchObject({
        outcome: 'changed',
        actor: { name: 'administrator' },
        details: { name, ...more },
      });
    }
  });

  it('A43 has a name of its own', async () => {
    const { name } = (await create()).body;
    const again = await create({ name });
    expect([again.status, again.body['code']]).toEqual([409, 'already_exists']);
  });

  it('A107 is seen in its own tenant only', async () => {
    const { id } = (await create()).body;
    for (const [method, more] of [
      ['GET', {}],
      ['PATCH', { body: { lifetimeMinutes: 5 }, ifMatch: '*' }],
      ['DELETE', { ifMatch: '*' }],
    ] as const) {
      const reply = await server.request(method, `/t/acme${path}/${String(id)}`, {
        as: 'administrator~acme',
        ...more,
      });
      expect([method, reply.status]).toEqual([method, 404]);
    }
    const verify = await server.request('POST', `/t/acme${path}/${String(id)}/verify`, {
      as: 'administrator~acme',
      body: { claims: {} },
    });
    expect(verify.status).toBe(404);
    const foreign = await create({ serviceAccounts: [server.accountOf('none~acme').id] });
    expect([foreign.status, pathsOf(foreign)]).toEqual([422, ['/serviceAccounts/0']]);
  });
});

describe('what cannot be saved: 422 with place and hint', () => {
  const subject = (value: string) => ({ subject: { type: 'dynamic', value } });
  it.each<readonly [string, Json, string, RegExp]>([
    [
      'A77 an unknown variable',
      subject('spiffe://example.com/${nope}'),
      '/subject/value',
      /^At position 21: .*namespace/,
    ],
    [
      'A77 an unclosed brace',
      subject('spiffe://example.com/${namespace'),
      '/subject/value',
      /^At position 21: .*Close it with }/,
    ],
    [
      'A81 another trust domain',
      subject('spiffe://other.example/a'),
      '/subject/value',
      /^At position 9: .*example\.com/,
    ],
    [
      'A81 the trust domain in upper case',
      subject('spiffe://EXAMPLE.com/a'),
      '/subject/value',
      /^At position 9: .*lower-case/,
    ],
    [
      'SV-03 a bad SPIFFE ID',
      subject('spiffe://example.com/a//b'),
      '/subject/value',
      /^At position 23: .*empty segment/,
    ],
    [
      'A76 a reserved claim',
      { claims: [{ name: 'sub', type: 'literal', value: 'x' }] },
      '/claims/0/name',
      /Choose another/,
    ],
    [
      'A76 a reserved claim in another case',
      { claims: [{ name: 'Client_ID', type: 'literal', value: 'x' }] },
      '/claims/0/name',
      /Choose another/,
    ],
    ['SV-13 a life of 0 min', { lifetimeMinutes: 0 }, '/lifetimeMinutes', /1 to 60/],
    ['SV-13 a life of 61 min', { lifetimeMinutes: 61 }, '/lifetimeMinutes', /1 to 60/],
    ['SV-13 a life of 1.5 min', { lifetimeMinutes: 1.5 }, '/lifetimeMinutes', /whole number/],
    ['SV-13 a life in words', { lifetimeMinutes: '15' }, '/lifetimeMinutes', /number/],
    ['an unknown account', { serviceAccounts: ['nobody'] }, '/serviceAccounts/0', /no such service account/],
    ['SV-07 Ed25519', { algorithm: 'Ed25519' }, '/algorithm', /RS256/],
    ['SV-07 none', { algorithm: 'none' }, '/algorithm', /RS256/],
    ['SV-12 two audiences', { audience: ['a', 'b'] }, '/audience', /string/],
    [
      'a claim that is a list',
      { claims: [{ name: 'x', type: 'literal', value: ['a'] }] },
      '/claims/0',
      /name, type/,
    ],
    ['A108 an unknown member', { issuer: 'https://evil.example' }, '/issuer', /no such member/],
    ["A108 an id of one's own", { id: 'x' }, '/id', /no such member/],
    ['A118 U+0000 in the name', { name: 'a\u0000' }, '/name', /U\+0000/],
  ])('%s', async (_title, members, where, hint) => {
    const reply = await create(members);
    expect([reply.status, reply.body['code'], pathsOf(reply)]).toEqual([422, 'invalid', [where]]);
    expect(messagesOf(reply)).toMatch(hint);
    expect((await create()).status).toBe(201);
  });

  it('the same of a change, which leaves everything as it was', async () => {
    const { id } = (await create()).body;
    const at = `${path}/${String(id)}`;
    for (const members of [
      { lifetimeMinutes: 61 },
      subject('spiffe://example.com/${nope}'),
      { serviceAccounts: ['nobody'] },
    ])
      expect((await server.request('PATCH', at, { body: members, ifMatch: '*' })).status).toBe(422);
    expect((await server.request('GET', at)).headers['etag']).toBe('"1"');
  });

  it('A76 a name whose letter is written as an escape is that name', async () => {
    const sent = JSON.stringify(body({ claims: [{ name: 'su@', type: 'literal', value: 'x' }] })).replace(
      'su@',
      'su\\u0062',
    );
    const reply = await server.request('POST', path, {
      body: sent,
      headers: { 'content-type': 'application/json' },
    });
    expect([reply.status, pathsOf(reply)]).toEqual([422, ['/claims/0/name']]);
  });

  it('A83 a body that is too large is 413', async () => {
    const reply = await create({ description: 'a'.repeat(80_000) });
    expect([reply.status, reply.body['code']]).toEqual([413, 'body_too_large']);
  });
});

describe('A81 the trust domain of a tenant', () => {
  const settings = (tenant: string) =>
    server.request('GET', `${tenant === 'acme' ? '/t/acme' : ''}/api/v1/settings`, {
      as: `administrator~${tenant}`,
    });
  const inAcme = (trustDomain: string, name = 'p') =>
    server.request('POST', `/t/acme${path}`, {
      as: 'administrator~acme',
      body: { name, subject: { type: 'literal', value: `spiffe://${trustDomain}/a` }, audience: 'x' },
    });
  const setDomain = (trustDomain: string | null) =>
    server.request('PATCH', '/t/acme/api/v1/settings', {
      as: 'administrator~acme',
      ifMatch: '*',
      body: { trustDomain },
    });
  beforeEach(async () => void (await create()));

  it('A81 is chosen by its first provider, is one of the settings, and never shared or left while it is used', async () => {
    expect((await settings('default')).body['trustDomain']).toBe('example.com');
    expect((await settings('acme')).body['trustDomain']).toBeNull();

    const taken = await inAcme('example.com');
    expect([taken.status, taken.body['code']]).toEqual([409, 'already_exists']);
    expect((await settings('acme')).body['trustDomain']).toBeNull();
    expect((await setDomain('example.com')).status).toBe(409);
    expect((await setDomain('ACME.example')).status).toBe(422);
    expect(
      (await server.request('GET', `/t/acme${path}`, { as: 'administrator~acme' })).body['items'],
    ).toEqual([]);

    const first = await inAcme('acme.example');
    expect(first.status).toBe(201);
    expect((await settings('acme')).body['trustDomain']).toBe('acme.example');
    const second = await inAcme('other.example', 'q');
    expect([second.status, pathsOf(second)]).toEqual([422, ['/subject/value']]);

    const moved = await setDomain('other.example');
    expect([moved.status, moved.body['code']]).toEqual([409, 'in_use']);
    expect((await setDomain(null)).status).toBe(409);
    const id = String(first.body['id']);
    await server.request('DELETE', `/t/acme${path}/${id}`, { as: 'administrator~acme', ifMatch: '*' });
    expect((await setDomain('other.example')).body['trustDomain']).toBe('other.example');
    expect((await inAcme('acme.example', 'r')).status).toBe(422);
    expect((await inAcme('other.example', 'r')).status).toBe(201);
  });
});

describe('A81 a trust domain that somebody else is trusted for', () => {
  const register = (trustDomain: string) =>
    server.request('POST', '/t/acme/api/v1/trusted-issuers', {
      as: 'administrator~acme',
      body: {
        issuer: `spiffe://${trustDomain}`,
        bundleEndpointUrl: 'https://bundle.example.org/',
        bundleEndpointProfile: 'https_web',
      },
    });
  const setDomain = (trustDomain: string | null) =>
    server.request('PATCH', '/t/acme/api/v1/settings', {
      as: 'administrator~acme',
      ifMatch: '*',
      body: { trustDomain },
    });
  const provide = (trustDomain: string, name: string) =>
    server.request('POST', `/t/acme${path}`, {
      as: 'administrator~acme',
      body: { name, subject: { type: 'literal', value: `spiffe://${trustDomain}/a` }, audience: 'x' },
    });
  beforeEach(async () => {
    const at = `/t/acme${path}`;
    const { items } = (await server.request('GET', at, { as: 'administrator~acme' })).body as {
      items: readonly { id: string }[];
    };
    for (const { id } of items)
      await server.request('DELETE', `${at}/${id}`, { as: 'administrator~acme', ifMatch: '*' });
    expect((await setDomain(null)).status).toBe(200);
  });

  it('A81 is never chosen by a first provider, nor set, and the issuer stays as it was', async () => {
    const { body: issuer } = await register('trusted.example');
    const chosen = await provide('trusted.example', 'taken');
    expect([chosen.status, pathsOf(chosen)]).toEqual([422, ['/subject/value']]);
    expect(messagesOf(chosen)).toContain(`as the trusted issuer ${String(issuer['id'])}`);
    const set = await setDomain('trusted.example');
    expect([set.status, pathsOf(set)]).toEqual([422, ['/trustDomain']]);
    const settings = await server.request('GET', '/t/acme/api/v1/settings', { as: 'administrator~acme' });
    expect(settings.body['trustDomain']).toBeNull();

    expect((await setDomain('own.example')).status).toBe(200);
    expect((await provide('own.example', 'own')).status).toBe(201);
    expect((await register('own.example')).status).toBe(422);
  });

  it('A81 can be taken once nobody is trusted for it any more', async () => {
    const { body: issuer } = await register('former.example');
    expect((await setDomain('former.example')).status).toBe(422);
    const gone = await server.request('DELETE', `/t/acme/api/v1/trusted-issuers/${String(issuer['id'])}`, {
      as: 'administrator~acme',
      ifMatch: '*',
    });
    expect(gone.status).toBe(204);
    expect((await provide('former.example', 'former')).status).toBe(201);
  });
});

describe('A81 a trust domain that cannot be noted', () => {
  it('A81 A72 keeps the provider away too, where the tenant was changed at the same time', async () => {
    let taken = true;
    const spoiled = await startAdminServer({
      spoil: (storage) => ({
        ...storage,
        transaction: (work) =>
          storage.transaction((stores) =>
            work({
              ...stores,
              tenants: {
                ...stores.tenants,
                update: (tenant) => (taken ? Promise.resolve(false) : stores.tenants.update(tenant)),
              },
            }),
          ),
      }),
    });
    const sent = { body: { ...body(), serviceAccounts: [] } };
    const refused = await spoiled.request('POST', path, sent);
    expect([refused.status, refused.body['code']]).toEqual([412, 'version_stale']);
    expect((await spoiled.request('GET', path)).body['items']).toEqual([]);
    taken = false;
    expect((await spoiled.request('POST', path, sent)).status).toBe(201);
    await spoiled.close();
  });
});

describe('an account that is deleted', () => {
  it('A73 is bound no longer; the provider has another version, and the activity names it', async () => {
    const gone = (
      await server.request('POST', '/api/v1/service-accounts', {
        body: { name: 'gone', owningTeam: 'default', useCase: 'custom-api-integration' },
      })
    ).body['id'] as string;
    const provider = await create({ serviceAccounts: [account, gone] });
    const at = provider.headers['location'] ?? '';
    expect(
      (await server.request('DELETE', `/api/v1/service-accounts/${gone}`, { ifMatch: '*' })).status,
    ).toBe(204);
    const after = await server.request('GET', at);
    expect([after.headers['etag'], after.body['serviceAccounts']]).toEqual(['"2"', [account]]);
    expect((await server.request('PATCH', at, { body: { lifetimeMinutes: 5 }, ifMatch: '"1"' })).status).toBe(
      412,
    );
    const [deleted] = (await activities('service-account.delete')).filter(
      (each) => (each['account'] as Json)['id'] === gone,
    );
    expect(deleted?.['details']).toMatchObject({ credentialProviders: [provider.body['name']] });
  });
});

describe('verify, where it cannot get far', () => {
  const verify = async (members: Json, sample: unknown) => {
    const { id } = (await create(members)).body;
    return server.request('POST', `${path}/${String(id)}/verify`, { body: sample });
  };
  const failuresOf = (reply: AdminReply) =>
    (reply.body['checks'] as readonly Json[])
      .filter((each) => each['ok'] === false)
      .map((each) => each['check']);

  it.each<readonly [string, unknown, string]>([
    ['both a token and claims', { token: 'a.b.c', claims: {} }, '/claims'],
    ['an account that does not exist', { claims: {}, serviceAccount: 'nobody' }, '/serviceAccount'],
    ['an unknown member', { claims: {}, subject: 'x' }, '/subject'],
    ['claims that are a list', { claims: [] }, '/claims'],
    ['a token that is too long', { token: 'a'.repeat(16_385) }, '/token'],
  ])('422 for %s', async (_title, sample, where) => {
    const reply = await verify({}, sample);
    expect([reply.status, pathsOf(reply)]).toEqual([422, [where]]);
  });
  it('422 without a body, 404 for a provider that is not there', async () => {
    expect((await verify({}, undefined)).status).toBe(422);
    expect((await server.request('POST', `${path}/nothing/verify`, { body: { claims: {} } })).status).toBe(
      404,
    );
  });

  const claims = { namespace: 'prod', sub: 'system:serviceaccount:prod:api' };
  it.each<readonly [string, Json, Json, string]>([
    ['no account is bound', { serviceAccounts: [] }, { claims }, 'account'],
    ['a claim is missing', {}, { claims: { namespace: 'prod' } }, 'svid.subject'],
    ['a value does not fit the path', {}, { claims: { ...claims, namespace: '../admin' } }, 'svid.subject'],
    ['there are no claims', {}, {}, 'svid.subject'],
    ['the token is none', {}, { token: 'garbage' }, 'token.form'],
    ['the tenant has no key to sign with', {}, { claims }, 'svid.signing-key'],
  ])('says the exact fault where %s, and nothing of a result', async (_title, members, sample, check) => {
    const reply = await verify(members, sample);
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ ok: false, header: null, claims: null });
    expect(failuresOf(reply)).toEqual([check]);
  });
  it('an account that is not bound is one fault, and one that is disabled another', async () => {
    const other = server.accountOf('viewer~default').id;
    expect(failuresOf(await verify({}, { claims, serviceAccount: other }))).toEqual([
      'request.credential_provider',
    ]);
    await server.request('PATCH', `/api/v1/service-accounts/${other}`, {
      body: { status: 'disabled' },
      ifMatch: '*',
    });
    const disabled = await verify({ serviceAccounts: [other] }, { claims });
    expect(failuresOf(disabled)).toEqual(['account.status']);
  });
});
