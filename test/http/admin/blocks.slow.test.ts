// Kill switches as the admin API has them: what can be asked for, what is kept, and who stays able to undo it.
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AdminReply,
  type AdminServer,
  buildAccount,
  type Json,
  pathsOf,
  startAdminServer,
} from '../../support/admin-server.ts';
import {
  sampleAccount,
  sampleAccountKey,
  sampleFederation,
  sampleTrustedIssuer,
} from '../../support/stored-samples.ts';

const issuer = 'https://issuer.example';
const path = '/api/v1/blocks';
let server: AdminServer;
beforeEach(async () => {
  server = await startAdminServer();
});
afterEach(() => server.close());

const block = (target: Json, members: Json = {}, query = ''): Promise<AdminReply> =>
  server.request('POST', `${path}${query}`, { body: { target, reason: 'taken over', ...members } });
const remove = (id: unknown, query = '', ifMatch = '*'): Promise<AdminReply> =>
  server.request('DELETE', `${path}/${String(id)}${query}`, { ifMatch });
const codeOf = ({ status, body }: AdminReply): readonly unknown[] => [status, body['code']];
const activitiesOf = async (query = ''): Promise<readonly Json[]> =>
  (await server.request('GET', `/api/v1/activities${query}`)).body['items'] as readonly Json[];

/** An account with a federation on a registered issuer. */
const register = async (tenant = 'default') => {
  const trusted = sampleTrustedIssuer({ tenant, issuer });
  await server.storage.trustedIssuers.insert(trusted);
  const federation = sampleFederation({ issuer });
  const account = sampleAccount({ tenant, name: 'deploy', federations: [federation] });
  await server.storage.serviceAccounts.insert(account);
  return { trusted, account, federation };
};

describe('a block', () => {
  it('is created, read, listed and removed; each target as it was sent', async () => {
    const { trusted, account, federation } = await register();
    const targets: readonly [string, Json, string][] = [
      ['account', { account: account.id }, 'deploy'],
      ['federation', { federation: federation.id }, 'a federation of deploy'],
      ['trusted-issuer', { trustedIssuer: trusted.id }, issuer],
      ['subject', { issuer, subject: 'repo:acme/app' }, `repo:acme/app of ${issuer}`],
      ['key', { issuer, keyId: 'k1' }, `key k1 of ${issuer}`],
    ];
    for (const [kind, target, name] of targets) {
      const created = await block(target);
      expect(created.status).toBe(201);
      const { id } = created.body;
      expect(created.headers['location']).toBe(`${path}/${String(id)}`);
      expect(created.headers['etag']).toBe('"1"');
      expect(created.body).toEqual({
        id,
        kind,
        target,
        name,
        reason: 'taken over',
        createdBy: { id: server.accountOf('administrator~default').id, name: 'administrator' },
        createdAt: expect.stringMatching(/Z$/),
      });
      const read = await server.request('GET', `${path}/${String(id)}`, { as: 'viewer' });
      expect([read.status, read.headers['etag'], read.body]).toEqual([200, '"1"', created.body]);
    }
    const kinds = async (query = ''): Promise<unknown> =>
      ((await server.request('GET', `${path}${query}`)).body['items'] as readonly Json[]).map(
        (item) => item['kind'],
      );
    expect(await kinds()).toEqual(targets.map(([kind]) => kind));
    expect(await kinds('?kind=key')).toEqual(['key']);
    expect(await kinds('?q=ACME')).toEqual(['subject']);
    expect(await kinds('?limit=2')).toEqual(['account', 'federation']);
    expect(codeOf(await server.request('GET', `${path}?kind=team`))).toEqual([422, 'invalid']);
    expect(server.changedTenants).toEqual(targets.map(() => 'default'));
  });

  it('A43 of a target that is blocked already is refused, also of two at once; once removed it can be blocked again', async () => {
    const { trusted } = await register();
    const replies = await Promise.all([1, 2, 3].map(() => block({ trustedIssuer: trusted.id })));
    expect(replies.map(({ status }) => String(status)).toSorted()).toEqual(['201', '409', '409']);
    expect(codeOf(await block({ trustedIssuer: trusted.id }))).toEqual([409, 'already_exists']);
    const made = replies.find(({ status }) => status === 201)?.body['id'];
    expect((await remove(made)).status).toBe(204);
    expect((await block({ trustedIssuer: trusted.id })).status).toBe(201);
  });

  it('A72 is removed only by who says which version, and once', async () => {
    await register();
    const { id } = (await block({ issuer, keyId: 'k1' })).body;
    expect((await server.request('DELETE', `${path}/${String(id)}`)).status).toBe(428);
    expect((await remove(id, '', '"7"')).status).toBe(412);
    expect((await remove(id)).status).toBe(204);
    expect(codeOf(await remove(id))).toEqual([404, 'not_found']);
  });

  it('A115 leaves who, what and why in the trail, found by account, issuer and subject, and so does its undoing', async () => {
    const { account } = await register();
    const created = await block({ issuer, subject: 'repo:acme/app' });
    await block({ account: account.id }, { reason: 'compromised; ticket 7' });
    await remove(created.body['id'], '?reason=all%20clear');
    const actor = { id: server.accountOf('administrator~default').id, name: 'administrator' };
    const removed = {
      kind: 'subject',
      why: 'all clear',
      blockedFor: 'taken over',
      block: created.body['id'],
    };
    expect(await activitiesOf(`?issuer=${issuer}&subject=repo:acme/app`)).toMatchObject([
      { type: 'block.delete', outcome: 'changed', reason: 'deleted', actor, details: removed },
      { type: 'block.create', outcome: 'changed', reason: 'created', actor, details: { why: 'taken over' } },
    ]);
    expect(await activitiesOf(`?account=${account.id}`)).toMatchObject([
      {
        type: 'block.create',
        account: { id: account.id, name: 'deploy' },
        details: { kind: 'account', why: 'compromised; ticket 7' },
      },
    ]);
  });

  it('changes nothing of its target', async () => {
    const { trusted, account } = await register();
    const ids = [
      (await block({ account: account.id })).body['id'],
      (await block({ trustedIssuer: trusted.id })).body['id'],
    ];
    expect(await server.storage.serviceAccounts.find('default', account.id)).toEqual(account);
    expect(await server.storage.trustedIssuers.find('default', trusted.id)).toEqual(trusted);
    for (const id of ids) await remove(id);
    expect(await server.storage.serviceAccounts.find('default', account.id)).toEqual(account);
    expect(await server.storage.trustedIssuers.find('default', trusted.id)).toEqual(trusted);
  });

  it('of a disabled account is a second lock: without the block it is disabled still', async () => {
    const { account } = await register();
    await server.storage.serviceAccounts.update({ ...account, status: 'disabled', version: 2 });
    const { id } = (await block({ account: account.id })).body;
    expect((await remove(id)).status).toBe(204);
    expect((await server.storage.serviceAccounts.find('default', account.id))?.status).toBe('disabled');
  });
});

describe('what cannot be blocked', () => {
  it.each<[string, Json, string]>([
    ['an account that is not there', { account: randomUUID() }, '/target/account'],
    ['a federation that is not there', { federation: randomUUID() }, '/target/federation'],
    ['a trusted issuer that is not there', { trustedIssuer: randomUUID() }, '/target/trustedIssuer'],
    ['a subject of an issuer nobody trusts', { issuer: 'https://x.example', subject: 'a' }, '/target/issuer'],
    ['an issuer in another spelling', { issuer: `${issuer}/`, subject: 'a' }, '/target/issuer'],
    ['a key of an issuer nobody trusts', { issuer: 'https://x.example', keyId: 'a' }, '/target/issuer'],
    ['an issuer alone', { issuer }, '/target'],
    ['nothing', {}, '/target'],
    ['two things', { issuer, subject: 'a', keyId: 'b' }, '/target'],
    ['an account and more', { account: 'a', federation: 'b' }, '/target'],
    ['something of another type', { account: 7 }, '/target'],
    ['an empty subject', { issuer, subject: '' }, '/target'],
  ])('%s: 422 that says where', async (_case, target, where) => {
    await register();
    const reply = await block(target);
    expect(codeOf(reply)).toEqual([422, 'invalid']);
    expect(pathsOf(reply).every((at) => at.startsWith(where))).toBe(true);
    // The control.
    expect((await block({ issuer, subject: 'a' })).status).toBe(201);
  });

  it('A107 what belongs to another tenant', async () => {
    const { account, trusted, federation } = await register('acme');
    for (const target of [
      { account: account.id },
      { trustedIssuer: trusted.id },
      { federation: federation.id },
      { issuer, keyId: 'k' },
    ])
      expect((await block(target)).status).toBe(422);
    const theirs = await server.request('POST', '/t/acme/api/v1/blocks', {
      as: 'administrator~acme',
      body: { target: { account: account.id }, reason: 'x' },
    });
    expect(theirs.status).toBe(201);
    expect((await server.request('GET', `${path}/${String(theirs.body['id'])}`)).status).toBe(404);
    expect((await remove(theirs.body['id'])).status).toBe(404);
    expect((await server.request('GET', path)).body['items']).toEqual([]);
  });

  it.each([
    ['no reason', { reason: undefined }],
    ['an empty one', { reason: '' }],
    ['one of spaces', { reason: ' \t' }],
    ['one that is too long', { reason: 'x'.repeat(513) }],
    ['a member that is not known', { until: '2027-01-01' }],
  ])('A108 %s: 422', async (_case, members) => {
    await register();
    expect(codeOf(await block({ issuer, keyId: 'k' }, members))).toEqual([422, 'invalid']);
  });

  it.each([
    ['of another trust domain', 'spiffe://other.org/a'],
    ['the trust domain itself', 'spiffe://example.org'],
    ['a text that is no SPIFFE ID', 'repo:acme/app'],
    ['upper case, which no SPIFFE ID has there', 'spiffe://Example.org/a'],
  ])('SV-17 under a trust domain a subject %s', async (_case, subject) => {
    const domain = 'spiffe://example.org';
    await server.storage.trustedIssuers.insert(sampleTrustedIssuer({ tenant: 'default', issuer: domain }));
    const reply = await block({ issuer: domain, subject });
    expect([reply.status, pathsOf(reply)]).toEqual([422, ['/target/subject']]);
    expect((await block({ issuer: domain, subject: `${domain}/a` })).status).toBe(201);
  });
});

describe('the last administrator', () => {
  const administrator = () => server.accountOf('administrator~default');
  const addSecond = async (
    withKey: boolean,
    federations: readonly { issuer: string; subject: string }[] = [],
  ) => {
    const account = {
      ...buildAccount('default', 'administrator', server.clock.now()),
      name: 'second',
      federations: federations.map((each) => sampleFederation(each)),
    };
    await server.storage.serviceAccounts.insert(account);
    if (withKey) await server.storage.accountKeys.insert(sampleAccountKey(account, { expiresAt: null }));
    return account;
  };
  const last = [409, 'last_administrator'];

  it('is not blocked, not even with force', async () => {
    expect(codeOf(await block({ account: administrator().id }))).toEqual(last);
    expect(codeOf(await block({ account: administrator().id }, {}, '?force=true'))).toEqual(last);
    // The control: beside another one who can sign in it is, and is out at once.
    await addSecond(true);
    expect((await block({ account: administrator().id })).status).toBe(201);
    expect((await server.request('GET', '/api/v1/teams')).status).toBe(401);
  });

  it('who could sign in is blocked beside one who cannot only with force', async () => {
    await addSecond(false);
    expect(codeOf(await block({ account: administrator().id }))).toEqual(last);
    expect((await block({ account: administrator().id }, {}, '?force=true')).status).toBe(201);
  });

  it('does not count while it is blocked: then the other one stays', async () => {
    const second = await addSecond(true);
    const { id } = (await block({ account: second.id })).body;
    const own = `/api/v1/service-accounts/${administrator().id}`;
    const disable = () => server.request('PATCH', own, { body: { status: 'disabled' }, ifMatch: '*' });
    expect(codeOf(await disable())).toEqual(last);
    expect(codeOf(await server.request('DELETE', own, { ifMatch: '*' }))).toEqual(last);
    // Who is blocked may go.
    expect((await remove(id)).status).toBe(204);
    expect((await disable()).status).toBe(200);
  });

  it('that is blocked is deleted like any other account', async () => {
    const second = await addSecond(true);
    await block({ account: second.id });
    const gone = await server.request('DELETE', `/api/v1/service-accounts/${second.id}`, { ifMatch: '*' });
    expect(gone.status).toBe(204);
  });

  it.each(['federation', 'trustedIssuer', 'subject'] as const)(
    'keeps its only way in: a block of the %s needs force, for a hostile issuer has to be stopped all the same',
    async (kind) => {
      const { trusted } = await register();
      const second = await addSecond(false, [{ issuer, subject: 'repo:acme/admin' }]);
      const target = {
        federation: { federation: second.federations[0]?.id },
        trustedIssuer: { trustedIssuer: trusted.id },
        subject: { issuer, subject: 'repo:acme/admin' },
      }[kind];
      // The control: while another one has a key it is a switch like any other.
      const { status, body } = await block(target);
      expect(status).toBe(201);
      await remove(body['id']);
      const [key] = await server.storage.accountKeys.listOf('default', administrator().id);
      await server.storage.accountKeys.remove('default', key?.id ?? '', 1);
      expect(codeOf(await block(target))).toEqual(last);
      expect((await block(target, {}, '?force=true')).status).toBe(201);
    },
  );

  it('a blocked federation is no way in when the last key is taken away', async () => {
    await register();
    const second = await addSecond(false, [{ issuer, subject: 'repo:acme/admin' }]);
    const { id } = (await block({ federation: second.federations[0]?.id })).body;
    const [key] = await server.storage.accountKeys.listOf('default', administrator().id);
    const removeKey = () =>
      server.request('DELETE', `/api/v1/service-accounts/${administrator().id}/keys/${key?.id ?? ''}`, {
        ifMatch: '*',
      });
    expect(codeOf(await removeKey())).toEqual(last);
    await remove(id);
    expect((await removeKey()).status).toBe(204);
  });

  it.each([
    ['the federation of another account', 'federation', 'repo:acme/*', 409],
    ['another account', 'account', 'repo:acme/*', 409],
    ['a federation whose tokens are others', 'federation', 'repo:other/*', 201],
    ['an account whose tokens are others', 'account', 'repo:other/*', 201],
  ] as const)(
    'keeps its only way in: a block of %s bars the tokens it covers, those of the administrator too (%s, %s)',
    async (_title, kind, subjectPattern, expected) => {
      const trusted = sampleTrustedIssuer({ tenant: 'default', issuer });
      await server.storage.trustedIssuers.insert(trusted);
      const wide = sampleFederation({ issuer, subject: null, subjectPattern });
      const other = sampleAccount({ tenant: 'default', name: 'deploy', federations: [wide] });
      await server.storage.serviceAccounts.insert(other);
      await addSecond(false, [{ issuer, subject: 'repo:acme/admin' }]);
      const [key] = await server.storage.accountKeys.listOf('default', administrator().id);
      await server.storage.accountKeys.remove('default', key?.id ?? '', 1);
      const target = kind === 'account' ? { account: other.id } : { federation: wide.id };
      expect((await block(target)).status).toBe(expected);
      // What may have to be stopped all the same is stopped.
      if (expected === 409) expect((await block(target, {}, '?force=true')).status).toBe(201);
    },
  );

  it('A66 of two who block each other at once one stays', async () => {
    const second = await addSecond(true);
    const replies = await Promise.all([administrator().id, second.id].map((account) => block({ account })));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
  });
});
