import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AdminServer,
  goodAccount,
  goodFederation,
  pathsOf,
  startAdminServer,
} from '../support/admin-server.ts';
import { exampleKey } from '../support/example-keys.ts';

let server: AdminServer;
let accountPath: string;
beforeAll(async () => {
  server = await startAdminServer();
  accountPath =
    (await server.request('POST', '/api/v1/service-accounts', { body: goodAccount('target') })).headers[
      'location'
    ] ?? '';
});
afterAll(() => server.close());

const unknownMembers = [
  'id',
  'clientId',
  'tenant',
  'tenantId',
  'createdAt',
  'updatedAt',
  'version',
  'disabled',
  'isAdmin',
  'constructor',
  '__proto__',
  'toString',
];

/** `members` with one more; written as text because `__proto__` is special in a literal. */
const withMember = (members: object, name: string): string =>
  `${JSON.stringify(members).slice(0, -1)}${Object.keys(members).length === 0 ? '' : ','}"${name}":"x"}`;

const bodies = [
  ['POST', '/service-accounts', () => goodAccount('new')],
  ['PATCH', '/service-accounts', () => ({ description: 'x' })],
  ['POST', '{keys}', () => ({ generate: 'ES256' })],
  ['POST', '{keys}', () => ({ publicKey: exampleKey, kid: 'one' })],
  ['PATCH', '{keys}/one', () => ({ status: 'enabled' })],
  ['POST', '/trusted-issuers', () => ({ issuer: 'https://other.example.org' })],
  ['POST', '/teams', () => ({ name: 'new' })],
  ['PATCH', '/teams/default', () => ({ description: 'x' })],
  ['POST', '/use-cases', () => ({ name: 'new' })],
  ['PATCH', '/use-cases/custom-api-integration', () => ({ description: 'x' })],
  ['PATCH', '/settings', () => ({ strictScopes: false })],
  ['POST', '/tenants', () => ({ name: 'brand-new' })],
  ['PATCH', '/tenants/acme', () => ({ description: 'x' })],
] as const;

describe('A108 mass assignment', () => {
  it.each(bodies)('A108 %s %s refuses every unknown member by name', async (method, path, good) => {
    const target = path.startsWith('{keys}')
      ? path.replace('{keys}', `${accountPath}/keys`)
      : method === 'PATCH' && path === '/service-accounts'
        ? accountPath
        : `/api/v1${path}`;
    for (const name of unknownMembers) {
      const reply = await server.request(method, target, { ifMatch: '*', body: withMember(good(), name) });
      expect([name, reply.status, pathsOf(reply)]).toEqual([name, 422, [`/${name}`]]);
    }
    const control = await server.request(method, target, { ifMatch: '*', body: good() });
    expect([200, 201]).toContain(control.status);
  });

  it.each(['id', 'kid', 'lastUsedAt', 'status', '__proto__', 'constructor'])(
    'A108 the first key of an account refuses %s',
    async (name) => {
      const key = withMember({ generate: 'ES256' }, name);
      const body = JSON.stringify(goodAccount('first-key', { key: {} })).replace('"key":{}', `"key":${key}`);
      const reply = await server.request('POST', '/api/v1/service-accounts', { body });
      expect([reply.status, pathsOf(reply)]).toEqual([422, [`/key/${name}`]]);
    },
  );

  it.each(['id', 'tenant', 'secret', '__proto__', 'constructor'])(
    'A108 a federation refuses %s',
    async (name) => {
      const federation = withMember({ ...goodFederation, subject: `x:y:${name}` }, name);
      const body = JSON.stringify(goodAccount('f', { federations: [] })).replace(
        '"federations":[]',
        `"federations":[${federation}]`,
      );
      const reply = await server.request('POST', '/api/v1/service-accounts', { body });
      expect(reply.status).toBe(422);
      expect(pathsOf(reply)).toEqual([`/federations/0/${name}`]);
    },
  );

  it('A108 a federation id is repeated, never chosen', async () => {
    const current = (await server.request('GET', accountPath)).body['federations'] as readonly {
      id: string;
    }[];
    const chosen = await server.request('PATCH', accountPath, {
      ifMatch: '*',
      body: { federations: [{ ...goodFederation, id: 'mine' }] },
    });
    expect(chosen.status).toBe(422);
    expect(pathsOf(chosen)).toEqual(['/federations/0/id']);
    const repeated = await server.request('PATCH', accountPath, {
      ifMatch: '*',
      body: { federations: current },
    });
    expect(repeated.status).toBe(200);
    expect(repeated.body['federations']).toEqual(current);
  });

  it.each([
    ['name', 5],
    ['name', null],
    ['name', ['a']],
    ['description', true],
    ['scopes', 'certificates:read'],
    ['scopes', [1]],
    ['audiences', {}],
    ['role', 'superuser'],
    ['role', true],
    ['status', 1],
    ['status', 'ENABLED'],
    ['capToSubjectExpiry', 'true'],
    ['capToSubjectExpiry', 1],
    ['federations', {}],
    ['federations', [null]],
    ['federations', [[]]],
  ])('A108 nothing is coerced: %s = %j', async (name, value) => {
    const created = await server.request('POST', '/api/v1/service-accounts', {
      body: goodAccount('t', { [name]: value }),
    });
    expect(created.status).toBe(422);
    expect(pathsOf(created).every((path) => path.startsWith(`/${name}`))).toBe(true);
  });

  it.each([
    ['/settings', { activityRetentionDays: '30' }],
    ['/settings', { activityRetentionDays: 1.5 }],
    ['/settings', { strictScopes: 'false' }],
    ['/settings', { strictScopes: 0 }],
    ['/tenants/acme', { status: 0 }],
  ])('A108 nothing is coerced: PATCH %s %j', async (path, body) => {
    expect((await server.request('PATCH', `/api/v1${path}`, { ifMatch: '*', body })).status).toBe(422);
  });

  it.each([['[]'], ['null'], ['"x"'], ['5'], ['true'], ['']])(
    'A108 a body that is no object: %s',
    async (body) => {
      expect([400, 422]).toContain((await server.request('POST', '/api/v1/teams', { body })).status);
    },
  );

  it('A118 U+0000 and half surrogate pairs are refused in every text', async () => {
    for (const bad of ['a\\u0000b', 'a\\ud800', '\\udc00b']) {
      for (const member of ['name', 'description', 'owningTeam', 'useCase']) {
        const { [member]: _replaced, ...others } = goodAccount('s') as Record<string, unknown>;
        const body = JSON.stringify(others).replace(/}$/, `,"${member}":"${bad}"}`);
        const reply = await server.request('POST', '/api/v1/service-accounts', { body });
        expect([member, bad, reply.status]).toEqual([member, bad, 422]);
      }
    }
    const fine = await server.request('POST', '/api/v1/service-accounts', {
      body: goodAccount('smile', { description: '😀 é' }),
    });
    expect(fine.body['description']).toBe('😀 é');
  });

  it('A33 A108 a member named twice is refused, at any depth: two readers could disagree about it', async () => {
    const once = JSON.stringify(goodAccount('twice'));
    for (const body of [
      once.replace(/}$/, ',"name":"other"}'),
      once.replace(/}$/, ',"na\\u006de":"other"}'),
      once.replace('"subject":', '"subject":"repo:acme/other","subject":'),
    ]) {
      const reply = await server.request('POST', '/api/v1/service-accounts', { body });
      expect([reply.status, reply.body['code']]).toEqual([400, 'malformed_json']);
    }
    expect((await server.request('POST', '/api/v1/service-accounts', { body: once })).status).toBe(201);
  });

  it('A108 a query takes no unknown and no repeated member', async () => {
    for (const query of [
      'unknown=1',
      'limit=1&limit=2',
      '__proto__=1',
      'limit=5x',
      'limit=0',
      'limit=201',
      'limit=',
      'limit=-1',
      'status=gone',
    ]) {
      const { status } = await server.request('GET', `/api/v1/service-accounts?${query}`);
      expect([query, status]).toEqual([query, 422]);
    }
    expect((await server.request('GET', '/api/v1/service-accounts?limit=200')).status).toBe(200);
  });
});
