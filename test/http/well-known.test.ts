import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPublishedServer, publishedPaths, type PublishedServer } from '../support/published-server.ts';

let server: PublishedServer;
beforeAll(async () => {
  server = await createPublishedServer();
});
afterAll(() => server.app.close());
afterEach(() => {
  server.keys.breakWith(null);
  for (const [tenant, rows] of server.rows) server.change(tenant, rows);
});

const all = [...publishedPaths('default'), ...publishedPaths('acme')];

describe.each(all)('%s', (path) => {
  it('contract §4 answers GET with JSON that may be kept for five minutes', async () => {
    const response = await server.app.inject(path);
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': path.endsWith('jwks.json') ? 'application/jwk-set+json' : 'application/json',
      'cache-control': 'public, max-age=300',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
      'content-length': String(response.rawPayload.length),
    });
    expect(response.headers.etag).toMatch(/^"[A-Za-z0-9_-]{43}"$/);
    expect(response.headers['set-cookie']).toBeUndefined();
    expect(() => response.json<object>()).not.toThrow();
  });

  it('RFC 9110 §9.3.2 answers HEAD with the headers alone', async () => {
    const get = await server.app.inject(path);
    const head = await server.app.inject({ method: 'HEAD', url: path });
    expect(head.statusCode).toBe(200);
    expect(head.body).toBe('');
    for (const name of ['etag', 'content-type', 'cache-control', 'content-length'])
      expect(head.headers[name]).toBe(get.headers[name]);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const)(
    'RFC 9110 §15.5.6 answers %s with 405',
    async (method) => {
      const withBody =
        method === 'OPTIONS' ? {} : { payload: '{', headers: { 'content-type': 'application/json' } };
      const response = await server.app.inject({ method, url: path, ...withBody });
      expect(response.statusCode).toBe(405);
      expect(response.headers.allow).toBe('GET, HEAD');
      expect(response.headers['cache-control']).toBe('no-store');
      expect(response.json()).toMatchObject({ error: 'invalid_request' });
    },
  );

  it('MD-14 answers 304 without a body to who has it already', async () => {
    const { etag } = (await server.app.inject(path)).headers;
    const tag = String(etag);
    for (const known of [tag, `W/${tag}`, '*', `"other", ${tag}`, ` "other" ,W/${tag} `]) {
      for (const method of ['GET', 'HEAD'] as const) {
        const response = await server.app.inject({ method, url: path, headers: { 'if-none-match': known } });
        expect(response.statusCode).toBe(304);
        expect(response.body).toBe('');
        expect(response.headers.etag).toBe(tag);
        expect(response.headers['cache-control']).toBe('public, max-age=300');
      }
    }
    for (const unknown of ['"other"', tag.slice(1, -1), `${tag}x`, '']) {
      const response = await server.app.inject({ url: path, headers: { 'if-none-match': unknown } });
      expect(response.statusCode).toBe(200);
    }
  });
});

describe('paths that are none', () => {
  it.each([
    '/t/nobody/.well-known/jwks.json',
    '/t/nobody/.well-known/openid-configuration',
    '/t/nobody/spiffe/bundle.json',
    '/.well-known/oauth-authorization-server/t/nobody',
    '/.well-known/openid-configuration/t/nobody',
    // The issuer of `default` is the root; under its name it would be a second one (MD-04).
    '/t/default/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server/t/default',
    '/t/ACME/.well-known/jwks.json',
    '/t/acme%20/.well-known/jwks.json',
    '/t//.well-known/jwks.json',
    '/t/__proto__/.well-known/jwks.json',
    '/t/constructor/.well-known/jwks.json',
    '/t/acme%2F/.well-known/jwks.json',
    '/t/acme/.well-known/jwks.json/',
    '/.well-known/jwks',
    '/.well-known/JWKS.json',
    '/.well-known/jwks.json/t/acme',
    '/spiffe/.well-known/oauth-authorization-server',
    '/spiffe/spiffe/bundle.json',
    '/bundle.json',
    '/nobody/v2.0/.well-known/openid-configuration',
    '/v1/oauth2/v2.0/nobody/.well-known/openid-configuration',
    '/v1/oauth2/nobody/v2.0/.well-known/openid-configuration',
    '/ACME/v2.0/.well-known/openid-configuration',
    '/__proto__/v2.0/.well-known/openid-configuration',
    '//v2.0/.well-known/openid-configuration',
    '/v2.0/.well-known/openid-configuration',
    // Names of routes, which no tenant can have.
    '/t/v2.0/.well-known/openid-configuration',
    '/v1/v2.0/.well-known/openid-configuration',
    '/spiffe/v2.0/.well-known/openid-configuration',
    '/.well-known/v2.0/.well-known/openid-configuration',
    '/t/acme/v2.0/.well-known/openid-configuration',
    '/acme/v2.0/.well-known/oauth-authorization-server',
    '/acme/v2.0/.well-known/jwks.json',
    '/acme/.well-known/openid-configuration',
  ])('MD-02 %s is 404 in the shape of the server', async (path) => {
    const response = await server.app.inject(path);
    expect(response.statusCode).toBe(404);
    expect(response.json()).toEqual((await server.app.inject('/no/such/path')).json());
    expect(response.headers['cache-control']).toBe('no-store');
  });
});

describe('where the documents for MSAL say the authorization endpoint is', () => {
  it.each(['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS'] as const)(
    'RFC 6749 §4.1.2.1 %s is told that there is none, and sent nowhere, whatever the tenant',
    async (method) => {
      for (const tenant of ['default', 'acme', 'nobody', '__proto__']) {
        const query = '?response_type=code&client_id=x&redirect_uri=https%3A%2F%2Fevil.example%2F';
        const withBody =
          method === 'POST' ? { payload: '{', headers: { 'content-type': 'application/json' } } : {};
        const url = `/${tenant}/oauth2/v2.0/authorize${query}`;
        const response = await server.app.inject({ method, url, ...withBody });
        expect(response.statusCode).toBe(400);
        expect(response.headers).toMatchObject({
          'content-type': 'application/json; charset=utf-8',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        });
        expect(response.headers.location).toBeUndefined();
        if (method === 'HEAD') expect(response.body).toBe('');
        else expect(response.json()).toMatchObject({ error: 'unsupported_response_type' });
      }
    },
  );

  it.each(['/authorize', '/t/acme/authorize', '/acme/authorize', '/oauth2/v2.0/authorize'])(
    'there is nothing at %s',
    async (path) => {
      expect((await server.app.inject(path)).statusCode).toBe(404);
    },
  );
});

describe('what is kept', () => {
  it('serves from memory while the store is down', async () => {
    await Promise.all(all.map((path) => server.app.inject(path)));
    server.keys.breakWith(new Error('store down'));
    for (const path of all) expect((await server.app.inject(path)).statusCode).toBe(200);
  });

  it('never turns a store that is down into 404', async () => {
    server.ring.forget('acme');
    server.keys.breakWith(new Error('store down'));
    const response = await server.app.inject('/t/acme/.well-known/jwks.json');
    expect(response.statusCode).toBeGreaterThanOrEqual(500);
    expect(response.body).not.toContain('store down');
  });

  it('MD-14 A71 a changed key set is there at once, under another tag', async () => {
    const path = '/.well-known/jwks.json';
    const before = await server.app.inject(path);
    server.change('default', (server.rows.get('default') ?? []).slice(1));
    const after = await server.app.inject({
      url: path,
      headers: { 'if-none-match': String(before.headers.etag) },
    });
    expect(after.statusCode).toBe(200);
    expect(after.headers.etag).not.toBe(before.headers.etag);
    expect(after.json<{ keys: unknown[] }>().keys).toHaveLength(1);
  });

  it('A107 a change in one tenant leaves the documents of another alone', async () => {
    const before = await server.app.inject('/t/acme/.well-known/jwks.json');
    server.change('default', (server.rows.get('default') ?? []).slice(1));
    await server.app.inject('/.well-known/jwks.json');
    const after = await server.app.inject('/t/acme/.well-known/jwks.json');
    expect(after.headers.etag).toBe(before.headers.etag);
  });
});

describe('a base issuer with a path', () => {
  it('MD-02 puts the well-known segment between host and path', async () => {
    const nested = await createPublishedServer({ baseIssuer: 'https://example.com/sts' });
    for (const [path, issuer] of [
      ['/.well-known/oauth-authorization-server/sts', 'https://example.com/sts'],
      ['/.well-known/oauth-authorization-server/sts/t/acme', 'https://example.com/sts/t/acme'],
      ['/.well-known/openid-configuration/sts/t/acme', 'https://example.com/sts/t/acme'],
      // As the proxy hands it on, its own prefix taken away.
      ['/t/acme/.well-known/openid-configuration', 'https://example.com/sts/t/acme'],
    ] as const)
      expect(await nested.read(path)).toMatchObject({ issuer, jwks_uri: `${issuer}/.well-known/jwks.json` });
    expect((await nested.app.inject('/.well-known/oauth-authorization-server/t/acme')).statusCode).toBe(404);
    expect(await nested.read('/acme/v2.0/.well-known/openid-configuration')).toMatchObject({
      issuer: 'https://example.com/sts/t/acme',
      authorization_endpoint: 'https://example.com/sts/acme/oauth2/v2.0/authorize',
      token_endpoint: 'https://example.com/sts/v1/oauth2/v2.0/acme/token',
    });
    await nested.app.close();
  });
});
