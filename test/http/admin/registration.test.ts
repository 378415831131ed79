import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AdminServer,
  goodAccount,
  goodFederation,
  messagesOf,
  pathsOf,
  startAdminServer,
} from '../../support/admin-server.ts';
import { exampleKey } from '../../support/example-keys.ts';

let server: AdminServer;
let serial = 0;
beforeAll(async () => {
  server = await startAdminServer({
    outboundAllow: '127.0.0.1:9000',
    aliasIssuers: ['https://alias.example.com'],
  });
});
afterAll(() => server.close());

/** Registers an account with one federation, whose subject is new unless it is said. */
const register = (federation: object) => {
  serial += 1;
  const subject =
    'subjectPattern' in federation || 'subject' in federation
      ? {}
      : { subject: `repo:acme/app-${serial}:ref` };
  const { subject: _subject, ...good } = goodFederation;
  return server.request('POST', '/api/v1/service-accounts', {
    body: goodAccount(`account-${serial}`, { federations: [{ ...good, ...subject, ...federation }] }),
  });
};

describe('A28 AD-10 issuer look-alikes at registration', () => {
  it.each([
    'https://issuer.example.org:443',
    'https://Issuer.example.org',
    'https://issuer.example.org@evil.example',
    'https://issuer.example.org/../x',
    'https://issuer.example.org//',
    'https://issuer.example.org/%2f',
    'https://issuer.example.org?x',
    'https://issuer.example.org#x',
    'https://issuer.ex\u0430mple.org',
    'https://issuer\uff0eexample.org',
    'http://issuer.example.org',
    'issuer.example.org',
    '',
    ['https://issuer.example.org'],
    null,
    5,
  ])('A28 %j', async (issuer) => {
    const account = await register({ issuer });
    expect(account.status).toBe(422);
    expect(pathsOf(account)).toEqual(['/federations/0/issuer']);
    const trusted = await server.request('POST', '/api/v1/trusted-issuers', { body: { issuer } });
    expect(trusted.status).toBe(422);
    expect(pathsOf(trusted)).toEqual(['/issuer']);
  });

  it.each([
    'https://sts.example.com',
    'https://sts.example.com/',
    'https://sts.example.com/t/acme',
    'https://alias.example.com/spiffe',
  ])('ST-29 AD-10 our own issuer %s', async (issuer) => {
    const reply = await register({ issuer });
    expect(reply.status).toBe(422);
    expect(messagesOf(reply)).toContain('issuer of this server');
    expect((await server.request('POST', '/api/v1/trusted-issuers', { body: { issuer } })).status).toBe(422);
  });

  it('A28 positive control: two issuers that differ in a trailing slash are two', async () => {
    for (const issuer of ['https://slash.example.org', 'https://slash.example.org/']) {
      const reply = await register({ issuer });
      expect(reply.status).toBe(201);
      expect((reply.body['federations'] as readonly { issuer: string }[])[0]?.issuer).toBe(issuer);
    }
  });
});

describe('AD-12 subjects and audiences at registration', () => {
  it.each([
    [{ subject: undefined }, '/federations/0/subject'],
    [{ subject: null }, '/federations/0/subject'],
    [{ subject: '' }, '/federations/0/subject'],
    [{ subject: '*' }, '/federations/0/subject'],
    [{ subject: 'repo:*' }, '/federations/0/subject'],
    [{ subjectPattern: '*' }, '/federations/0/subjectPattern'],
    [{ subjectPattern: 'repo:*' }, '/federations/0/subjectPattern'],
    [{ subjectPattern: 'repo:acme*' }, '/federations/0/subjectPattern'],
    [{ subject: 'a', subjectPattern: 'repo:acme/*' }, '/federations/0/subjectPattern'],
    [{ audience: undefined }, '/federations/0/audience'],
    [{ audience: '' }, '/federations/0/audience'],
    [{ audience: 'sts.amazonaws.com' }, '/federations/0/audience'],
    [{ audience: 'api://AzureADTokenExchange' }, '/federations/0/audience'],
    [{ audience: 'https://kubernetes.default.svc' }, '/federations/0/audience'],
    [{ audience: 'sigstore' }, '/federations/0/audience'],
    [{ audience: '//iam.googleapis.com/projects/1' }, '/federations/0/audience'],
    [{ audience: 'https://github.com/acme' }, '/federations/0/audience'],
    [{ conditions: [{ claim: 'a' }] }, '/federations/0/conditions/0'],
    [{ conditions: [{ claim: 'a', equals: '1', matches: '2' }] }, '/federations/0/conditions/0'],
    [{ cel: 'claims.' }, '/federations/0/cel'],
  ])('A31 ST-16 ST-20 ST-21 %j', async (federation, path) => {
    const reply = await register(federation);
    expect(reply.status).toBe(422);
    expect(pathsOf(reply)).toEqual([path]);
    expect(messagesOf(reply)).not.toBe('');
  });

  it('every problem is said at once', async () => {
    const reply = await server.request('POST', '/api/v1/service-accounts', {
      body: goodAccount(' x', {
        owningTeam: 'nobody',
        useCase: 'cert-manager-issuer',
        scopes: ['certificates:read', 'certificates:write', 'a b'],
        audiences: ['a b', 'x', 'x'],
        federations: [{ issuer: 'http://x', audience: 'sigstore' }],
      }),
    });
    expect(reply.status).toBe(422);
    expect(pathsOf(reply)).toEqual([
      '/name',
      '/owningTeam',
      '/scopes/2',
      '/audiences/0',
      '/audiences/2',
      '/federations/0/issuer',
      '/federations/0/subject',
      '/federations/0/audience',
    ]);
  });

  it('scopes are bounded by the use case', async () => {
    const body = (scopes: string[]) => goodAccount('bounded', { useCase: 'cert-manager-issuer', scopes });
    const refused = await server.request('POST', '/api/v1/service-accounts', {
      body: body(['certificates:write']),
    });
    expect(pathsOf(refused)).toEqual(['/scopes/0']);
    expect(messagesOf(refused)).toContain('certificates:read');
    expect((await server.request('POST', '/api/v1/service-accounts', { body: body(['*']) })).status).toBe(
      422,
    );
    expect(
      (await server.request('POST', '/api/v1/service-accounts', { body: body(['certificates:read']) }))
        .status,
    ).toBe(201);
  });
});

describe('A43 ST-33 two federations never match the same token', () => {
  it('A43 the same federation twice is 409, also in another account', async () => {
    const federation = { subject: 'repo:acme/twice:ref' };
    expect((await register(federation)).status).toBe(201);
    const again = await register(federation);
    expect(again.status).toBe(409);
    expect(again.body['code']).toBe('federation_exists');
  });

  it('A43 in parallel: one 201, the others 409, and nothing of them is left', async () => {
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => register({ subject: 'repo:acme/parallel:ref' })),
    );
    const statuses = replies.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([201, ...Array.from({ length: 11 }, () => 409)]);
    const holders = await server.storage.serviceAccounts.findByIssuer('default', goodFederation.issuer, 100);
    expect(
      holders.filter(({ federations }) => federations[0]?.subject === 'repo:acme/parallel:ref'),
    ).toHaveLength(1);
  });

  it('A43 twice in one body is 422 at the second', async () => {
    const federations = [goodFederation, goodFederation].map((one) => ({
      ...one,
      subject: 'repo:acme/body:ref',
    }));
    const reply = await server.request('POST', '/api/v1/service-accounts', {
      body: goodAccount('twice', { federations }),
    });
    expect(pathsOf(reply)).toEqual(['/federations/1']);
  });

  it('A43 a change that would take a federation of another account is 409', async () => {
    await register({ subject: 'repo:acme/first:ref' });
    const second = await register({ subject: 'repo:acme/second:ref' });
    const path = second.headers['location'] ?? '';
    const taken = await server.request('PATCH', path, {
      ifMatch: '*',
      body: { federations: [{ ...goodFederation, subject: 'repo:acme/first:ref' }] },
    });
    expect(taken.status).toBe(409);
    expect((await server.request('GET', path)).headers['etag']).toBe('"1"');
  });

  it('ST-33 positive control: another audience is another federation', async () => {
    await register({ subject: 'repo:acme/aud:ref' });
    expect(
      (await register({ subject: 'repo:acme/aud:ref', audience: 'https://other.example.com' })).status,
    ).toBe(201);
  });
});

describe('A46 AD-11 no inward address can be registered', () => {
  const inward = [
    'https://127.0.0.1/jwks',
    'https://0/jwks',
    'https://127.1/jwks',
    'https://2130706433/jwks',
    'https://0x7f000001/jwks',
    'https://0177.0.0.1/jwks',
    'https://[::1]/jwks',
    'https://[::ffff:127.0.0.1]/jwks',
    'https://[::ffff:10.0.0.1]/jwks',
    'https://[64:ff9b::7f00:1]/jwks',
    'https://169.254.169.254/latest/meta-data',
    'https://10.0.0.1/jwks',
    'https://192.168.1.1/jwks',
    'https://100.64.0.1/jwks',
    'https://localhost/jwks',
    'https://localhost./jwks',
    'https://user:secret@issuer.example.org/jwks',
    'https://issuer.example.org:22/jwks',
    'http://issuer.example.org/jwks',
    'http://127.0.0.1:9001/jwks',
    'file:///etc/passwd',
    'data:application/json,{}',
    'gopher://issuer.example.org/',
    'jwks',
    ' ',
  ];
  it.each(inward)('A46 jwksUri %j', async (jwksUri) => {
    const account = await register({ issuer: 'https://a46.example.org', jwksUri });
    expect(account.status).toBe(422);
    expect(pathsOf(account)).toEqual(['/federations/0/jwksUri']);
    const trusted = await server.request('POST', '/api/v1/trusted-issuers', {
      body: { issuer: 'https://a46.example.org', jwksUri },
    });
    expect(trusted.status).toBe(422);
    expect(pathsOf(trusted)).toEqual(['/jwksUri']);
    expect(await server.storage.trustedIssuers.findByIssuer('default', 'https://a46.example.org')).toBeNull();
  });

  it.each(['https://127.0.0.1', 'https://10.0.0.1:6443', 'https://169.254.169.254', 'https://[::1]'])(
    'A46 an issuer %s is not discovered, but may be pinned',
    async (issuer) => {
      const reply = await server.request('POST', '/api/v1/trusted-issuers', { body: { issuer } });
      expect(reply.status).toBe(422);
      expect(pathsOf(reply)).toEqual(['/issuer']);
      const pinned = await server.request('POST', '/api/v1/trusted-issuers', {
        body: { issuer, jwks: { keys: [exampleKey] } },
      });
      expect(pinned.status).toBe(201);
    },
  );

  it('A46 positive control: a public address, and a loopback one the operator listed', async () => {
    const listed = await register({ issuer: 'http://127.0.0.1:9000', jwksUri: 'http://127.0.0.1:9000/jwks' });
    expect(listed.status).toBe(201);
    const open = await register({
      issuer: 'https://public.example.org',
      jwksUri: 'https://keys.example.net/jwks',
    });
    expect(open.status).toBe(201);
  });
});

describe('contract §5 the trusted issuer is registered with the account', () => {
  it('once, with the keys that were said, and the answer shows them', async () => {
    const federation = { issuer: 'https://new.example.org', jwksUri: 'https://new.example.org/jwks' };
    const first = await register(federation);
    expect((first.body['federations'] as readonly object[])[0]).toMatchObject(federation);
    expect((await register({ issuer: federation.issuer })).body['federations']).toMatchObject([federation]);
    const registered = await server.storage.trustedIssuers.findByIssuer('default', federation.issuer);
    expect(registered).toMatchObject({
      ...federation,
      replay: 'reusable',
      staleIfErrorSeconds: 3600,
      status: 'enabled',
    });
  });

  it('issuer_conflict for another JWKS URI, and nothing is kept', async () => {
    const federation = {
      issuer: 'https://conflict.example.org',
      jwksUri: 'https://conflict.example.org/jwks',
    };
    await register(federation);
    const other = await register({ ...federation, jwksUri: 'https://evil.example.org/jwks' });
    expect(other.status).toBe(409);
    expect(other.body['code']).toBe('issuer_conflict');
    const trusted = await server.request('POST', '/api/v1/trusted-issuers', {
      body: { ...federation, jwksUri: 'https://evil.example.org/jwks' },
    });
    expect(trusted.body['code']).toBe('issuer_conflict');
    const same = await server.request('POST', '/api/v1/trusted-issuers', { body: federation });
    expect(same.body['code']).toBe('already_exists');
    const list = await server.request('GET', `/api/v1/service-accounts?q=account-${serial}`);
    expect(list.body['items']).toEqual([]);
  });

  it('a platform that is known brings its JWKS URI', async () => {
    const reply = await register({ issuer: 'https://token.actions.githubusercontent.com' });
    expect(reply.body['federations']).toMatchObject([
      { jwksUri: 'https://token.actions.githubusercontent.com/.well-known/jwks' },
    ]);
  });

  it('discovery that led to the same place is no conflict', async () => {
    await register({ issuer: 'https://found.example.org' });
    server.keyHealth.jwksUri = 'https://found.example.org/keys';
    const same = await register({
      issuer: 'https://found.example.org',
      jwksUri: 'https://found.example.org/keys',
    });
    const other = await register({
      issuer: 'https://found.example.org',
      jwksUri: 'https://found.example.org/others',
    });
    server.keyHealth.jwksUri = null;
    expect([same.status, other.status]).toEqual([201, 409]);
  });
});

describe('A114 nothing dangerous can be set through the API', () => {
  it.each([
    ['POST', '/trusted-issuers', { issuer: 'https://f.example.org', bearerTokenFile: '/var/run/token' }],
    ['POST', '/trusted-issuers', { issuer: 'https://f.example.org', caFile: '/etc/ssl/ca.pem' }],
    ['POST', '/trusted-issuers', { issuer: 'https://f.example.org', caCertificates: '/etc/ssl/ca.pem' }],
    [
      'POST',
      '/trusted-issuers',
      {
        issuer: 'https://f.example.org',
        caCertificates: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
      },
    ],
    [
      'POST',
      '/trusted-issuers',
      {
        issuer: 'https://f.example.org',
        caCertificates: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
      },
    ],
    ['POST', '/trusted-issuers', { issuer: 'https://f.example.org', jwksUri: 'file:///etc/passwd' }],
    ['POST', '/trusted-issuers', { issuer: 'https://f.example.org', jwksFile: '/etc/jwks.json' }],
    ['POST', '/trusted-issuers', { issuer: 'https://f.example.org', proxy: 'http://10.0.0.1:3128' }],
    ['PATCH', '/settings', { logFile: '/tmp/x' }],
    ['PATCH', '/settings', { logLevel: 'trace' }],
    ['PATCH', '/settings', { databaseUrl: 'sqlite:/tmp/x' }],
    ['PATCH', '/settings', { auditSink: 'http://10.0.0.1' }],
    ['PATCH', '/settings', { module: './evil.js' }],
    ['PATCH', '/settings', { outboundAllow: ['10.0.0.0/8'] }],
    ['PATCH', '/settings', { issuer: 'https://evil.example' }],
    ['POST', '/tenants', { name: 'x-tenant', dataDir: '/tmp' }],
  ])('A114 %s %s %j', async (method, path, body) => {
    expect((await server.request(method, `/api/v1${path}`, { ifMatch: '*', body })).status).toBe(422);
  });

  it('A114 positive control: a setting that is one', async () => {
    expect(
      (await server.request('PATCH', '/api/v1/settings', { ifMatch: '*', body: { strictScopes: true } }))
        .status,
    ).toBe(200);
  });
});

describe('A117 text is taken literally', () => {
  const hostile = ["'", '"', ';--', '%', '_', '\\', "' OR '1'='1", '%27', '*', '?', '\u0000'];
  it.each(hostile)('A117 %j in every filter and cursor', async (text) => {
    const value = encodeURIComponent(text);
    for (const path of [
      ...['team', 'useCase', 'q', 'cursor'].map((name) => `/service-accounts?${name}=${value}`),
      ...['type', 'reason', 'account', 'issuer', 'subject', 'jti', 'receipt', 'from', 'cursor'].map(
        (name) => `/activities?${name}=${value}`,
      ),
      `/teams?cursor=${value}`,
      `/teams/${value}`,
      `/trusted-issuers/${value}`,
      `/service-accounts/${value}`,
      `/activities/${value}`,
    ]) {
      const reply = await server.request('GET', `/api/v1${path}`);
      expect([200, 400, 404, 422], `${path} ${reply.text}`).toContain(reply.status);
      const items = reply.body['items'] as readonly unknown[] | undefined;
      // No account is named with one of these yet, so that a wildcard would show.
      if (!path.includes('?q=_')) expect([path, items ?? []]).toEqual([path, []]);
    }
  });

  it('A117 q finds wildcards only where they stand', async () => {
    for (const name of ['ten%off', 'ten_off', 'tenXoff', 'ten\\off', "o'neil"]) {
      expect(
        (await server.request('POST', '/api/v1/service-accounts', { body: goodAccount(name) })).status,
      ).toBe(201);
    }
    const find = async (q: string) => {
      const reply = await server.request('GET', `/api/v1/service-accounts?q=${encodeURIComponent(q)}`);
      return (reply.body['items'] as readonly { name: string }[]).map(({ name }) => name);
    };
    expect(await find('n%o')).toEqual(['ten%off']);
    expect(await find('n_o')).toEqual(['ten_off']);
    expect(await find('N\\O')).toEqual(['ten\\off']);
    expect(await find("o'n")).toEqual(["o'neil"]);
    expect(await find('TEN')).toHaveLength(4);
  });
});
