import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AdminReply,
  type AdminServer,
  goodAccount,
  type Json,
  startAdminServer,
} from '../../support/admin-server.ts';

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.close());

const codesOf = (body: Json): readonly unknown[] =>
  ((body['warnings'] ?? []) as readonly Json[]).map(({ code, path }) => `${String(code)} ${String(path)}`);

const create = async (name: string, federation: Json, tenant = 'default'): Promise<AdminReply> => {
  const base = tenant === 'default' ? '/api/v1' : `/t/${tenant}/api/v1`;
  const made = await server.request('POST', `${base}/service-accounts`, {
    as: `administrator~${tenant}`,
    body: goodAccount(name, { federations: [{ audience: server.baseIssuer, ...federation }] }),
  });
  expect([made.status, made.text]).toEqual([201, expect.any(String)]);
  return made;
};
const patch = (id: unknown, body: Json): Promise<AdminReply> =>
  server.request('PATCH', `/api/v1/service-accounts/${String(id)}`, { body, ifMatch: '*' });
const get = async (id: unknown): Promise<Json> =>
  (await server.request('GET', `/api/v1/service-accounts/${String(id)}`)).body;

describe('§3 lint on save', () => {
  const github = { issuer: 'https://token.actions.githubusercontent.com' };
  const recycled = 'recycled_name /federations/0/subject';

  it('never stops a save; the warnings are answered, stored, listed, and found anew at each save', async () => {
    const subject = 'repo:acme/lint:environment:production';
    const made = await create('lint-stored', { ...github, subject });
    expect(codesOf(made.body)).toEqual([recycled]);
    expect(codesOf(await get(made.body['id']))).toEqual([recycled]);
    const list = await server.request('GET', '/api/v1/service-accounts?q=lint-stored');
    expect(codesOf((list.body['items'] as readonly Json[])[0] ?? {})).toEqual([recycled]);

    // A change of something else leaves the finding; one of the federation mends it.
    expect(codesOf((await patch(made.body['id'], { description: 'x' })).body)).toEqual([recycled]);
    expect(codesOf((await patch(made.body['id'], { status: 'disabled' })).body)).toEqual([recycled]);
    const conditions = [{ claim: 'repository_owner_id', equals: '1' }];
    const mended = await patch(made.body['id'], {
      federations: [{ ...github, subject, audience: server.baseIssuer, conditions }],
    });
    expect([mended.status, codesOf(mended.body)]).toEqual([200, []]);
    expect(codesOf(await get(made.body['id']))).toEqual([]);
  });

  it('an account without federations, and one saved before there was lint, have none', async () => {
    const made = await server.request('POST', '/api/v1/service-accounts', {
      body: goodAccount('lint-none', { federations: [] }),
    });
    expect(made.body['warnings']).toEqual([]);
    // The accounts the server started with came without.
    const [old] = (await server.storage.serviceAccounts.list('default', {}, { limit: 1, cursor: null }))
      .items;
    expect(old).not.toHaveProperty('warnings');
    expect((await get(old?.id))['warnings']).toEqual([]);
  });

  it('an overlap names the other account, of this tenant alone', async () => {
    const issuer = 'https://overlap.example.org';
    const wide = { issuer, subjectPattern: 'team:acme:*' };
    await create('wide-acme', wide, 'acme');
    expect(codesOf((await create('narrow', { issuer, subject: 'team:acme:api' })).body)).toEqual([]);
    const made = await create('wide', wide);
    expect(codesOf(made.body)).toEqual(['overlap /federations/0/subjectPattern']);
    expect(made.text).toContain('\\"narrow\\" (team:acme:api)');
    expect(made.text).not.toContain('wide-acme');
    // Its own federations are no rivals when it is saved again.
    await server.request('PATCH', '/api/v1/service-accounts/x', { body: {}, ifMatch: '*' });
    expect(codesOf((await patch(made.body['id'], { description: 'again' })).body)).toEqual([
      'overlap /federations/0/subjectPattern',
    ]);
  });

  it('a trusted issuer says what is known against it', async () => {
    const body = { issuer: 'https://gitlab.com', jwksUri: 'https://mirror.example.com/keys' };
    const made = await server.request('POST', '/api/v1/trusted-issuers', { body });
    expect(made.status).toBe(201);
    expect(codesOf(made.body)).toEqual(['lifetime_near_limit /issuer', 'keys_from_elsewhere /jwksUri']);
    const good = await server.request('POST', '/api/v1/trusted-issuers', {
      body: { issuer: 'https://nobody.example.org' },
    });
    expect(good.body['warnings']).toEqual([]);
  });
});
