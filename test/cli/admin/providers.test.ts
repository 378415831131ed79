import { describe, expect, it } from 'vitest';
import { accountItem, createAdminWorld, problem, versioned, words } from './fake-admin-api.ts';

const provider = {
  id: '7d0a3c0e-6f0e-4b43-9d0c-8d6b0d4a8b11',
  name: 'payments-svid',
  description: '',
  resourceSet: 'default',
  serviceAccounts: [accountItem().id],
  subject: { type: 'dynamic', value: 'spiffe://example.com/ns/${namespace}' },
  audience: 'my-service.example.com',
  lifetimeMinutes: 15,
  algorithm: 'RS256',
  claims: [{ name: 'environment', type: 'literal', value: 'production' }],
  createdAt: '2026-11-22T00:00:00.000Z',
  updatedAt: '2026-11-22T00:00:00.000Z',
};
const path = `/credential-providers/${provider.id}`;
const trial = {
  ok: true,
  checks: [{ check: 'svid.sub', expected: 'a SPIFFE ID', presented: 'spiffe://example.com/ns/a', ok: true }],
  header: { alg: 'RS256', typ: 'JWT', kid: 'k' },
  claims: { sub: 'spiffe://example.com/ns/a' },
};

const world = (
  more: Parameters<typeof createAdminWorld>[0] = {},
  files: Readonly<Record<string, string>> = {},
) =>
  createAdminWorld(
    {
      [`GET ${path}`]: versioned(provider, 3),
      'GET /credential-providers': { body: { items: [provider], nextCursor: null } },
      [`GET /service-accounts/${accountItem().id}`]: versioned(accountItem(), 1),
      'GET /service-accounts': { body: { items: [accountItem()], nextCursor: null } },
      [`PATCH ${path}`]: ({ body }) => versioned({ ...provider, ...body }, 4),
      [`DELETE ${path}`]: { status: 204 },
      'POST /credential-providers': ({ body }) => ({ status: 201, body: { ...provider, ...body } }),
      [`POST ${path}/verify`]: { body: trial },
      ...more,
    },
    { files },
  );

describe('bureau providers (contract §6)', () => {
  it('list shows them, get takes id or name', async () => {
    const here = world();
    expect(await here.bureau('providers', 'list')).toBe(0);
    expect(here.out()).toMatch(/ID +NAME +SUBJECT +AUDIENCE/);
    expect(here.out()).toContain('payments-svid');
    const named = world();
    expect(await named.bureau('providers', 'get', 'payments-svid')).toBe(0);
    expect(named.out()).toMatch(/^Subject +spiffe:\/\/example\.com\/ns\/\$\{namespace\}$/m);
    expect(named.out()).toMatch(/^Claims +environment = "production"$/m);
    expect(await named.bureau('providers', 'get', provider.id, '--json')).toBe(0);
  });

  it('create sends what the options say: accounts by their ids, variables as dynamic', async () => {
    const here = world();
    const code = await here.bureau(
      ...words(
        `providers create payments-svid --account ${accountItem().name} --audience my-service.example.com`,
      ),
      ...words('--subject spiffe://example.com/ns/${namespace} --lifetime 5 --algorithm ES256'),
      ...words('--claim environment=production --claim cluster=${os.environment.CLUSTER_NAME} --claim a=b=c'),
    );
    expect([code, here.err()]).toEqual([0, '']);
    expect(here.requests.at(-1)?.body).toEqual({
      name: 'payments-svid',
      serviceAccounts: [accountItem().id],
      audience: 'my-service.example.com',
      subject: { type: 'dynamic', value: 'spiffe://example.com/ns/${namespace}' },
      lifetimeMinutes: 5,
      algorithm: 'ES256',
      claims: [
        { name: 'environment', type: 'literal', value: 'production' },
        { name: 'cluster', type: 'dynamic', value: '${os.environment.CLUSTER_NAME}' },
        { name: 'a', type: 'literal', value: 'b=c' },
      ],
    });
  });

  it('create takes a file, and says where the server refuses it', async () => {
    const errors = [{ path: '/subject/value', message: 'At position 21: There is no variable "nope".' }];
    const here = world(
      { 'POST /credential-providers': problem(422, 'invalid', 'x', { errors }) },
      {
        'p.yaml': 'name: p\nsubject: { type: dynamic, value: "spiffe://example.com/${nope}" }\naudience: a\n',
      },
    );
    expect(await here.bureau('providers', 'create', '-f', 'p.yaml')).toBe(1);
    expect(here.err()).toMatch(/\/subject\/value: At position 21/);
  });

  it('update changes what is said and no more, of the version that was read', async () => {
    const here = world();
    expect(
      await here.bureau(...words('providers update payments-svid --lifetime 5 --no-claim --no-account')),
    ).toBe(0);
    expect(here.requests.at(-1)).toMatchObject({
      method: 'PATCH',
      ifMatch: '"3"',
      body: { lifetimeMinutes: 5, claims: [], serviceAccounts: [] },
    });
    const bound = world();
    expect(await bound.bureau('providers', 'update', 'payments-svid', '--account', accountItem().name)).toBe(
      0,
    );
    expect(bound.requests.at(-1)?.body).toEqual({ serviceAccounts: [accountItem().id] });
    const subject = world();
    expect(
      await subject.bureau(...words('providers update payments-svid --subject spiffe://example.com/a')),
    ).toBe(0);
    expect(subject.requests.at(-1)?.body).toEqual({
      subject: { type: 'literal', value: 'spiffe://example.com/a' },
    });
  });

  it('delete deletes; there is nothing to enable or disable', async () => {
    const here = world();
    expect(await here.bureau('providers', 'delete', 'payments-svid')).toBe(0);
    expect(here.requests.at(-1)).toMatchObject({ method: 'DELETE', ifMatch: '"3"' });
    expect(await here.bureau('providers', 'disable', 'payments-svid')).toBe(2);
  });

  it('verify shows each point and what would be issued: exit 0', async () => {
    const here = world({}, { 'token.jwt': 'a.b.c\n' });
    expect(await here.bureau(...words('providers verify payments-svid --token-file token.jwt'))).toBe(0);
    expect(here.requests.at(-1)?.body).toEqual({ token: 'a.b.c' });
    expect(here.out()).toMatch(/^Result +good$/m);
    expect(here.out()).toMatch(/^ok {4}svid\.sub$/m);
    expect(here.out()).toMatch(/^ {2}sub +"spiffe:\/\/example\.com\/ns\/a"$/m);
  });
  it('verify with claims, and in the name of an account; --json is what the API answered', async () => {
    const here = world({}, { 'claims.yaml': 'namespace: prod\n' });
    const line = `providers verify ${provider.id} --claims claims.yaml --account ${accountItem().name} --json`;
    expect(await here.bureau(...words(line))).toBe(0);
    expect(here.requests.at(-1)?.body).toEqual({
      claims: { namespace: 'prod' },
      serviceAccount: accountItem().id,
    });
    expect(JSON.parse(here.out())).toEqual(trial);
  });
  it('verify: exit 1 where a point is not good, with the fault on stdout', async () => {
    const bad = {
      ok: false,
      header: null,
      claims: null,
      checks: [{ ...trial.checks[0], ok: false, hint: 'Use another.' }],
    };
    const here = world({ [`POST ${path}/verify`]: { body: bad } });
    expect(await here.bureau('providers', 'verify', 'payments-svid')).toBe(1);
    expect(here.out()).toMatch(/^FAIL {2}svid\.sub$/m);
    expect(here.out()).toMatch(/^ {2}hint +Use another\.$/m);
    expect(here.err()).toMatch(/would not issue/);
  });

  it.each([
    [['create', 'p', '--claim', 'novalue'], /NAME=VALUE/],
    [['create', 'p', '--algorithm', 'Ed25519'], /RS256|ES256/],
    [['verify', 'payments-svid', '--token-file', 'a', '--claims', 'b'], /exclude each other/],
    [['update', 'payments-svid'], /nothing to change/],
  ])('%j: exit 2', async (args, line) => {
    const here = world();
    expect(await here.bureau('providers', ...args)).toBe(2);
    expect(here.err()).toMatch(line);
    expect(here.requests.every(({ method }) => method === 'GET')).toBe(true);
  });
});
