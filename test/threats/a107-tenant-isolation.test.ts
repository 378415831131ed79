import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleKey } from '../support/example-keys.ts';
import {
  type AdminReply,
  type AdminServer,
  goodAccount,
  goodFederation,
  startAdminServer,
} from '../support/admin-server.ts';

let server: AdminServer;
const foreign: { account: string; issuer: string; activity: string; attempts: string } = {
  account: '',
  issuer: '',
  activity: '',
  attempts: 'their-attempts',
};

/** Everything here belongs to acme; the caller is an administrator of default. */
beforeAll(async () => {
  server = await startAdminServer();
  const acme = { as: 'administrator~acme' };
  const account = await server.request('POST', '/t/acme/api/v1/service-accounts', {
    ...acme,
    body: goodAccount('theirs', { key: { publicKey: exampleKey, kid: 'their-kid' } }),
  });
  foreign.account = account.body['id'] as string;
  await server.request('POST', '/t/acme/api/v1/teams', { ...acme, body: { name: 'their-team' } });
  await server.request('POST', '/t/acme/api/v1/use-cases', {
    ...acme,
    body: { name: 'their-use-case', scopes: ['a'] },
  });
  foreign.issuer = firstId(await server.request('GET', '/t/acme/api/v1/trusted-issuers', acme));
  await server.storage.inbox.add([
    {
      tenant: 'acme',
      id: foreign.attempts,
      issuer: goodFederation.issuer,
      subject: 'theirs',
      audience: 'x',
      verified: true,
      count: 1,
      firstSeenAt: 1,
      lastSeenAt: 1,
      reason: 'subject_not_registered',
      door: null,
      receipt: 'r',
      claims: null,
    },
  ]);
  foreign.activity = firstId(await server.request('GET', '/t/acme/api/v1/activities', acme));
});
afterAll(() => server.close());

const firstId = (reply: AdminReply): string =>
  (reply.body['items'] as readonly { id: string }[])[0]?.id ?? '';

/** An answer without what names the request itself. */
const anonymous = (reply: AdminReply): object => ({ status: reply.status, ...reply.body, instance: null });

const foreignPaths: readonly (readonly [string, string, () => string])[] = [
  ['GET', '/service-accounts/{id}', () => foreign.account],
  ['PATCH', '/service-accounts/{id}', () => foreign.account],
  ['DELETE', '/service-accounts/{id}', () => foreign.account],
  ['GET', '/service-accounts/{id}/keys', () => foreign.account],
  ['GET', '/service-accounts/{id}/keys/their-kid', () => foreign.account],
  ['PATCH', '/service-accounts/{id}/keys/their-kid', () => foreign.account],
  ['DELETE', '/service-accounts/{id}/keys/their-kid', () => foreign.account],
  ['GET', '/trusted-issuers/{id}', () => foreign.issuer],
  ['PATCH', '/trusted-issuers/{id}', () => foreign.issuer],
  ['DELETE', '/trusted-issuers/{id}', () => foreign.issuer],
  ['POST', '/trusted-issuers/{id}/refresh', () => foreign.issuer],
  ['GET', '/activities/{id}', () => foreign.activity],
  ['GET', '/inbox/{id}', () => foreign.attempts],
  ['DELETE', '/inbox/{id}', () => foreign.attempts],
  ['POST', '/inbox/{id}/propose', () => foreign.attempts],
  ['GET', '/teams/{id}', () => 'their-team'],
  ['PATCH', '/teams/{id}', () => 'their-team'],
  ['DELETE', '/teams/{id}', () => 'their-team'],
  ['GET', '/use-cases/{id}', () => 'their-use-case'],
  ['PATCH', '/use-cases/{id}', () => 'their-use-case'],
  ['DELETE', '/use-cases/{id}', () => 'their-use-case'],
];

describe('A107 tenant isolation', () => {
  it.each(foreignPaths)(
    'A107 %s %s with an id of another tenant is 404, the same as an unknown one',
    async (method, path, id) => {
      const body = method === 'PATCH' ? { body: {} } : {};
      for (const ifMatch of [{ ifMatch: '*' }, {}]) {
        const of = (value: string) =>
          server.request(method, `/api/v1${path.replace('{id}', value)}`, { ...body, ...ifMatch });
        const theirs = await of(id());
        const unknown = await of('00000000-0000-4000-8000-000000000000');
        expect(theirs.status).toBe(404);
        expect(anonymous(theirs)).toEqual(anonymous(unknown));
      }
      const own =
        method === 'GET'
          ? await server.request('GET', `/t/acme/api/v1${path.replace('{id}', id())}`, { as: 'viewer~acme' })
          : null;
      expect(own?.status ?? 200).toBe(200);
    },
  );

  it('A107 names of another tenant in a body do not exist', async () => {
    const team = await server.request('POST', '/api/v1/service-accounts', {
      body: goodAccount('a', { owningTeam: 'their-team' }),
    });
    expect(team.status).toBe(422);
    const useCase = await server.request('POST', '/api/v1/service-accounts', {
      body: goodAccount('a', { useCase: 'their-use-case' }),
    });
    expect(useCase.status).toBe(422);
  });

  it('A107 filters and cursors find nothing of another tenant', async () => {
    for (const query of [`team=their-team`, `useCase=their-use-case`, 'q=theirs']) {
      const reply = await server.request('GET', `/api/v1/service-accounts?${query}`);
      expect(reply.body).toEqual({ items: [], nextCursor: null });
    }
    for (const query of [`receipt=${foreign.activity}`, `account=${foreign.account}`]) {
      const reply = await server.request('GET', `/api/v1/activities?${query}`);
      expect(reply.body).toEqual({ items: [], nextCursor: null });
      const own = await server.request('GET', `/t/acme/api/v1/activities?${query}`, { as: 'auditor~acme' });
      expect((own.body['items'] as unknown[]).length).toBe(1);
    }
    const page = await server.request('GET', '/t/acme/api/v1/service-accounts?limit=2', {
      as: 'viewer~acme',
    });
    const cursor = page.body['nextCursor'] as string;
    const replayed = await server.request(
      'GET',
      `/api/v1/service-accounts?cursor=${encodeURIComponent(cursor)}`,
    );
    expect([200, 400]).toContain(replayed.status);
    expect(replayed.text).not.toContain(foreign.account);
  });

  it('A107 a federation taken in one tenant is free in another', async () => {
    const body = goodAccount('ours', {
      federations: [{ ...goodFederation, subject: 'repo:acme/theirs:environment:production' }],
    });
    expect((await server.request('POST', '/api/v1/service-accounts', { body })).status).toBe(201);
  });
});
