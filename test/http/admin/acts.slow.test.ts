import { StoreUnavailable } from '../../../src/ports/storage.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AdminServer,
  goodAccount,
  goodFederation,
  pathsOf,
  startAdminServer,
} from '../../support/admin-server.ts';
import { countAdministrators } from '../../support/count-administrators.ts';

let server: AdminServer;
beforeEach(async () => {
  server = await startAdminServer();
});
afterEach(() => server.close());

const post = (path: string, body: unknown) => server.request('POST', `/api/v1${path}`, { body });
const patch = (path: string, body: unknown) => server.request('PATCH', path, { body, ifMatch: '*' });
const remove = (path: string) => server.request('DELETE', path, { ifMatch: '*' });
const get = (path: string) => server.request('GET', `/api/v1${path}`);
const namesIn = async (path: string) =>
  ((await get(path)).body['items'] as readonly { name: string }[]).map(({ name }) => name);

describe('the last administrator', () => {
  it.each([
    ['disabled', { status: 'disabled' }],
    ['demoted', { role: 'viewer' }],
    ['stripped of the role', { role: null }],
  ])('is not %s', async (_what, body) => {
    const path = `/api/v1/service-accounts/${server.accountOf('administrator~default').id}`;
    const refused = await patch(path, body);
    expect([refused.status, refused.body['code']]).toEqual([409, 'last_administrator']);
    await post('/service-accounts', goodAccount('second', { role: 'administrator' }));
    expect((await patch(path, body)).status).toBe(200);
  });

  it('is not deleted, not even by two who delete each other at once', async () => {
    const own = `/api/v1/service-accounts/${server.accountOf('administrator~default').id}`;
    expect((await remove(own)).body['code']).toBe('last_administrator');
    const second =
      (await post('/service-accounts', goodAccount('second', { role: 'administrator' }))).headers[
        'location'
      ] ?? '';
    const replies = await Promise.all([remove(own), remove(second)]);
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 409]);
    expect(await countAdministrators(server.storage, 'default')).toBe(1);
  });

  it('a disabled administrator does not count', async () => {
    await post('/service-accounts', goodAccount('asleep', { role: 'administrator', status: 'disabled' }));
    const path = `/api/v1/service-accounts/${server.accountOf('administrator~default').id}`;
    expect((await patch(path, { status: 'disabled' })).status).toBe(409);
  });
});

describe('service accounts', () => {
  it('are listed by team, use case, status and text, together', async () => {
    await post('/teams', { name: 'payments' });
    await post(
      '/service-accounts',
      goodAccount('a', { owningTeam: 'payments', description: 'Nightly Report' }),
    );
    await post('/service-accounts', goodAccount('b', { useCase: 'cert-manager-issuer' }));
    await post('/service-accounts', goodAccount('c', { status: 'disabled', owningTeam: 'payments' }));
    expect(await namesIn('/service-accounts?team=payments')).toEqual(['a', 'c']);
    expect(await namesIn('/service-accounts?useCase=cert-manager-issuer')).toEqual(['b']);
    expect(await namesIn('/service-accounts?status=disabled')).toEqual(['c']);
    expect(await namesIn('/service-accounts?q=nightly%20rep')).toEqual(['a']);
    expect(await namesIn('/service-accounts?team=payments&status=enabled')).toEqual(['a']);
  });

  it('show the audiences their tokens get', async () => {
    const plain = await post('/service-accounts', goodAccount('plain'));
    expect(plain.body['audiences']).toEqual([server.baseIssuer]);
    const named = await post(
      '/service-accounts',
      goodAccount('named', { audiences: ['https://api.example.com', 'b'] }),
    );
    expect(named.body['audiences']).toEqual(['https://api.example.com', 'b']);
    const viewer = await post('/service-accounts', goodAccount('seeing', { role: 'viewer' }));
    expect(viewer.body['audiences']).toEqual([`${server.baseIssuer}/api/v1`]);
    expect((await get(`/service-accounts/${server.accountOf('viewer~default').id}`)).body['role']).toBe(
      'viewer',
    );
  });

  it('can be disabled although the rules have become stricter since they were registered', async () => {
    const old = {
      ...server.accountOf('none~default'),
      version: 2,
      federations: [
        {
          id: 'f',
          ...goodFederation,
          issuer: server.baseIssuer,
          subjectPattern: null,
          conditions: [],
          cel: null,
          allowAdditionalAudiences: false,
        },
      ],
    };
    expect(await server.storage.serviceAccounts.update(old)).toBe(true);
    const path = `/api/v1/service-accounts/${old.id}`;
    expect((await patch(path, { description: 'x' })).status).toBe(422);
    expect((await patch(path, { status: 'disabled' })).body['status']).toBe('disabled');
    expect((await patch(path, { status: 'enabled' })).status).toBe(422);
  });

  it('give up what was deleted', async () => {
    const created = await post('/service-accounts', goodAccount('gone'));
    expect((await remove(created.headers['location'] ?? '')).status).toBe(204);
    expect((await server.request('GET', created.headers['location'] ?? '')).status).toBe(404);
    expect((await post('/service-accounts', goodAccount('gone'))).status).toBe(201);
  });

  it('keep the id of a federation that stays, and make one for a new one', async () => {
    const created = await post('/service-accounts', goodAccount('kept'));
    const [before] = created.body['federations'] as readonly { id: string; subject: string }[];
    const { id: _id, ...without } = before ?? { id: '' };
    const added = { ...goodFederation, subject: 'repo:acme/added:ref' };
    const changed = await patch(created.headers['location'] ?? '', {
      federations: [{ ...without, cel: 'true' }, added],
    });
    const after = changed.body['federations'] as readonly {
      id: string;
      subject: string;
      cel: string | null;
    }[];
    expect(after.find(({ cel }) => cel === 'true')?.id).toBe(before?.id);
    expect(after.find(({ subject }) => subject === added.subject)?.id).not.toBe(before?.id);
  });
});

describe('trusted issuers', () => {
  const create = async (members: object = {}) =>
    (await post('/trusted-issuers', { issuer: 'https://issuer.example.org', ...members })).headers[
      'location'
    ] ?? '';

  it('are not deleted while a federation names them', async () => {
    const account = await post('/service-accounts', goodAccount('user'));
    const [issuer] = (await get('/trusted-issuers')).body['items'] as readonly { id: string }[];
    const path = `/api/v1/trusted-issuers/${issuer?.id ?? ''}`;
    const refused = await remove(path);
    expect([refused.status, refused.body['code']]).toEqual([409, 'in_use']);
    expect(refused.body['detail']).toContain('"user"');
    await remove(account.headers['location'] ?? '');
    expect((await remove(path)).status).toBe(204);
    expect(server.forgottenIssuers).toEqual([issuer?.id]);
  });

  it('A56 change: their keys follow the new source, and an edit alone forgets nothing', async () => {
    const path = await create();
    const changed = await patch(path, {
      jwksUri: 'https://keys.example.org/jwks',
      replay: 'single-use',
      staleIfErrorSeconds: 0,
    });
    expect(changed.body).toMatchObject({
      jwksUri: 'https://keys.example.org/jwks',
      replay: 'single-use',
      staleIfErrorSeconds: 0,
    });
    expect(server.forgottenIssuers).toEqual([]);
    const back = await patch(path, { jwksUri: null, replay: null, staleIfErrorSeconds: null });
    expect(back.body).toMatchObject({ jwksUri: null, replay: 'reusable', staleIfErrorSeconds: 3600 });
  });

  it('JF-08 stale keys serve a day at most', async () => {
    const path = await create();
    expect((await patch(path, { staleIfErrorSeconds: 86_400 })).status).toBe(200);
    expect(pathsOf(await patch(path, { staleIfErrorSeconds: 86_401 }))).toEqual(['/staleIfErrorSeconds']);
    expect((await patch(path, { issuer: 'https://other.example.org' })).status).toBe(422);
    expect((await patch(path, { algorithms: [] })).status).toBe(422);
    expect((await patch(path, { algorithms: ['HS256'] })).status).toBe(422);
    expect((await patch(path, { algorithms: ['none'] })).status).toBe(422);
    expect((await patch(path, { algorithms: ['ES256', 'ES256'] })).body['algorithms']).toEqual(['ES256']);
  });

  it('a live refresh says what was fetched, or why not', async () => {
    const path = await create({ jwksUri: 'https://issuer.example.org/jwks' });
    const good = await server.request('POST', `${path}/refresh`);
    expect(good.status).toBe(200);
    expect(good.body).toMatchObject({
      ok: true,
      source: 'jwks-uri',
      jwksUri: 'https://issuer.example.org/jwks',
      keys: [{ kid: 'k1' }],
      lastError: null,
    });
    server.keyHealth.lastError = 'The host answered 404.';
    const bad = await server.request('POST', `${path}/refresh`);
    expect(bad.status).toBe(200);
    expect(bad.body).toMatchObject({ ok: false, keys: [], lastError: 'The host answered 404.' });
    expect((await server.request('GET', path)).body['keyHealth']).toMatchObject({ ok: false });
    expect((await server.request('POST', `${path}/refresh`, { body: {} })).status).toBe(422);
  });

  it('say what is known of their platform', async () => {
    const github = await post('/trusted-issuers', { issuer: 'https://token.actions.githubusercontent.com' });
    expect(github.body).toMatchObject({
      jwksUri: 'https://token.actions.githubusercontent.com/.well-known/jwks',
      platform: {
        name: 'github-actions',
        shared: true,
        recommendedConditions: [{ claim: 'repository_owner_id' }, { claim: 'repository_id' }],
      },
    });
    expect(
      (await post('/trusted-issuers', { issuer: 'https://unknown.example.org' })).body['platform'],
    ).toBeNull();
  });
});

describe('teams and use cases', () => {
  it('are not deleted while an account needs them', async () => {
    await post('/teams', { name: 'payments' });
    await post('/use-cases', { name: 'reader', scopes: ['read'] });
    const account = await post(
      '/service-accounts',
      goodAccount('a', { owningTeam: 'payments', useCase: 'reader', scopes: ['read'] }),
    );
    for (const path of ['/api/v1/teams/payments', '/api/v1/use-cases/reader'])
      expect((await remove(path)).body['code']).toBe('in_use');
    await remove(account.headers['location'] ?? '');
    for (const path of ['/api/v1/teams/payments', '/api/v1/use-cases/reader'])
      expect((await remove(path)).status).toBe(204);
  });

  it('a use case is not narrowed below what its accounts hold', async () => {
    await post('/use-cases', { name: 'reader', scopes: ['read', 'list', 'extra'] });
    await post('/service-accounts', goodAccount('a', { useCase: 'reader', scopes: ['read', 'list'] }));
    const refused = await patch('/api/v1/use-cases/reader', { scopes: ['read'] });
    expect([refused.status, refused.body['code']]).toEqual([409, 'in_use']);
    expect(refused.body['detail']).toContain('list');
    expect((await patch('/api/v1/use-cases/reader', { scopes: ['read', 'list'] })).status).toBe(200);
    expect((await patch('/api/v1/use-cases/reader', { scopes: ['*'] })).status).toBe(200);
    expect((await patch('/api/v1/use-cases/reader', { scopes: ['*', 'x'] })).status).toBe(422);
  });

  it.each(['', ' ', 'a b', '../x', 'a/b', '-a', 'a-', 'ä', 'a'.repeat(65), '%61'])(
    'a name that is a key is not %j',
    async (name) => {
      expect((await post('/teams', { name })).status).toBe(422);
      expect((await post('/use-cases', { name })).status).toBe(422);
    },
  );
});

describe('tenants', () => {
  it('are made with the credentials of their first administrator, shown once', async () => {
    const made = await post('/tenants', { name: 'beta', description: 'Beta' });
    expect(made.status).toBe(201);
    expect(made.headers['cache-control']).toBe('no-store');
    expect(made.body).toMatchObject({
      name: 'beta',
      status: 'enabled',
      issuer: `${server.baseIssuer}/t/beta`,
      credentials: { tenant: 'beta', issuer: `${server.baseIssuer}/t/beta` },
    });
    for (const path of ['/tenants', '/tenants/beta', '/activities'])
      expect((await get(path)).text).not.toContain('PRIVATE KEY');
    const activities = await get('/activities?type=tenant.create');
    expect(activities.body['items']).toMatchObject([{ outcome: 'changed', details: { tenant: 'beta' } }]);
  });

  it('in parallel one of many with a name wins', async () => {
    const replies = await Promise.all(Array.from({ length: 5 }, () => post('/tenants', { name: 'race' })));
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409]);
  });

  it.each([
    '',
    'A',
    'a_b',
    '-a',
    'a.b',
    'api',
    'token',
    'spiffe',
    't',
    'well-known',
    'constructor',
    'a'.repeat(64),
  ])('are not called %j', async (name) => {
    const reply = await post('/tenants', { name });
    expect(reply.status).toBe(422);
    expect(pathsOf(reply)).toEqual(['/name']);
  });

  it('are disabled and enabled, but for the default one', async () => {
    expect((await patch('/api/v1/tenants/acme', { status: 'disabled' })).body['status']).toBe('disabled');
    expect(server.changedTenants).toContain('acme');
    expect((await server.storage.revisions.all()).get('acme')).toBeGreaterThan(0);
    expect((await patch('/api/v1/tenants/acme', { status: 'enabled' })).body['status']).toBe('enabled');
    const refused = await patch('/api/v1/tenants/default', { status: 'disabled' });
    expect([refused.status, refused.body['code']]).toEqual([409, 'default_tenant']);
    expect((await patch('/api/v1/tenants/nobody', { status: 'disabled' })).status).toBe(404);
    expect((await server.request('DELETE', '/api/v1/tenants/acme', { ifMatch: '*' })).status).toBe(405);
  });
});

describe('settings', () => {
  it('are changed one by one, and null gives the default back', async () => {
    const first = await get('/settings');
    expect(first.body).toEqual({
      accessTokenAlgorithm: 'ES256',
      assertionAudiences: [],
      federatedClientAssertion: true,
      strictScopes: false,
      activityRetentionDays: 90,
      trustDomain: null,
    });
    const changed = await patch('/api/v1/settings', {
      assertionAudiences: ['api.venafi.cloud/v1/oauth/token/serviceaccount'],
      activityRetentionDays: 30,
    });
    expect(changed.body).toMatchObject({ activityRetentionDays: 30, strictScopes: false });
    expect(
      (await patch('/api/v1/settings', { activityRetentionDays: null })).body['activityRetentionDays'],
    ).toBe(90);
    expect(
      (await server.request('GET', '/t/acme/api/v1/settings', { as: 'viewer~acme' })).body[
        'assertionAudiences'
      ],
    ).toEqual([]);
  });

  it.each([
    { activityRetentionDays: 0 },
    { activityRetentionDays: 3651 },
    { accessTokenAlgorithm: 'HS256' },
    { assertionAudiences: ['a b'] },
    { assertionAudiences: ['*'] },
    { assertionAudiences: [''] },
    { assertionAudiences: Array.from({ length: 21 }, (_, index) => `a${index}`) },
  ])('refuse %j', async (body) => {
    expect((await patch('/api/v1/settings', body)).status).toBe(422);
  });
});

describe('activities', () => {
  it('are narrowed by each filter, newest first, and one is found by its receipt', async () => {
    await post('/teams', { name: 'one' });
    server.clock.advance(60_000);
    await post('/teams', { name: 'two' });
    const all = (await get('/activities')).body['items'] as readonly {
      id: string;
      time: string;
      details: { team: string };
    }[];
    expect(all.map(({ details }) => details.team)).toEqual(['two', 'one']);
    const [newest] = all;
    const count = async (query: string) =>
      ((await get(`/activities?${query}`)).body['items'] as unknown[]).length;
    expect(await count(`from=${encodeURIComponent(newest?.time ?? '')}`)).toBe(1);
    expect(await count(`to=${encodeURIComponent(newest?.time ?? '')}`)).toBe(1);
    expect(await count('type=team.create&outcome=changed&reason=created')).toBe(2);
    expect(await count('type=team.delete')).toBe(0);
    expect(await count('outcome=issued')).toBe(0);
    expect(await count(`receipt=${newest?.id ?? ''}`)).toBe(1);
    expect(await count(`receipt=${newest?.id ?? ''}&type=team.delete`)).toBe(0);
    expect(await count('receipt=nothing')).toBe(0);
    expect((await get(`/activities/${newest?.id ?? ''}`)).body).toEqual({
      ...newest,
      explanation: null,
      candidates: [],
    });
    expect((await get('/activities?from=yesterday')).status).toBe(422);
    expect((await get('/activities?outcome=lost')).status).toBe(422);
  });
});

describe('faults', () => {
  it('B10 contract §7 a store that does not answer is 503 with Retry-After, and says nothing of the inside', async () => {
    const refused = () => Promise.reject(new StoreUnavailable('no answer from 10.0.0.5:5432'));
    const down = await startAdminServer({
      spoil: (storage) => ({ ...storage, transaction: refused, teams: { ...storage.teams, list: refused } }),
    });
    for (const [method, body] of [
      ['GET', undefined],
      ['POST', { name: 'x' }],
    ] as const) {
      const reply = await down.request(method, '/api/v1/teams', body === undefined ? {} : { body });
      expect([reply.status, reply.body['code']]).toEqual([503, 'temporarily_unavailable']);
      expect(reply.headers['retry-after']).toBe('5');
      expect(reply.text).not.toContain('10.0.0.5');
    }
    await down.close();
  });

  it('A97 any other fault is 500 with constant text', async () => {
    const broken = await startAdminServer({
      spoil: (storage) => ({
        ...storage,
        teams: { ...storage.teams, list: () => Promise.reject(new Error('secret detail')) },
      }),
    });
    const reply = await broken.request('GET', '/api/v1/teams');
    expect([reply.status, reply.body['code']]).toEqual([500, 'internal_fault']);
    expect(reply.text).not.toContain('secret');
    await broken.close();
  });
});
