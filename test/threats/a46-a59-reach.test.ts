// Where foreign keys may be fetched from, and what such a fetch tells the world.
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGuardedConnector } from '../../src/adapters/outbound/guarded-connector.ts';
import type { NameLookUp } from '../../src/adapters/outbound/look-up-name.ts';
import { parseOutboundAllow } from '../../src/adapters/outbound/outbound-allow.ts';
import type { DocumentAnswer } from '../../src/ports/guarded-fetch.ts';
import { type Canary, createCanary } from '../support/canary.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { guardedFetch } from '../support/foreign-keys.ts';
import { createSelfSigned, createTestAuthority, type TestCertificate } from '../support/tls.ts';
import { nothingAllowed } from '../support/nothing-allowed.ts';

const plain = { caCertificates: null, ifNoneMatch: null, ifModifiedSince: null } as const;
const outcomeOf = (answer: DocumentAnswer): string =>
  answer.outcome === 'failed' ? `failed: ${answer.detail}` : answer.outcome;

let canary: Canary;
beforeEach(async () => {
  canary = await createCanary();
});
afterEach(() => canary.close());

describe('A46 SSRF through the JWKS URI', () => {
  const hosts = [
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '127.255.255.254',
    '0',
    '0.0.0.0',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0x7F.1',
    '0177.0.0.1',
    '017700000001',
    '127.0.0.1.',
    '127.0.0.01',
    '１２７.0.0.1',
    '127。0。0。1',
    '%31%32%37.0.0.1',
    '127.0.0.1%00.example',
    'localhost',
    'LOCALHOST',
    'localhost.',
    'idp.localhost',
    'loc%61lhost',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::]',
    '[::127.0.0.1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::ffff:0:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::]',
    '[fe80::1%25lo]',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '100.64.0.1',
    '169.254.169.254',
    '[fd00:ec2::254]',
    '100.100.100.200',
    '224.0.0.1',
    '255.255.255.255',
    '192.0.2.1',
    '198.18.0.1',
    '[2001:db8::1]',
    '[ff02::1]',
    '[fc00::1]',
  ];

  it.each(hosts)('%s is refused with a sentence, and the canary hears nothing', async (host) => {
    const fetch = guardedFetch();
    for (const url of [
      `https://${host}/jwks`,
      `http://${host}/jwks`,
      `https://${host}:${canary.port}/jwks`,
      `http://${host}:${canary.port}/jwks`,
    ]) {
      expect(fetch.checkUrl(url)).toMatch(/\.$/);
      expect(outcomeOf(await fetch.get({ url, ...plain }))).toContain('failed');
    }
    expect(canary.hits()).toBe(0);
  });

  it.each([
    (port: number) => `file:///proc/self/environ?${port}`,
    () => 'data:application/json,{"keys":[]}',
    (port: number) => `gopher://127.0.0.1:${port}/`,
    (port: number) => `ftp://127.0.0.1:${port}/`,
    (port: number) => `blob:http://127.0.0.1:${port}/x`,
    (port: number) => `unix:///run/x.sock:${port}`,
    (port: number) => `https://idp.example@127.0.0.1:${port}/`,
    (port: number) => `https://127.0.0.1:${port}\\@idp.example/`,
    (port: number) => `https://127.0.0.1:${port}#@idp.example/`,
    (port: number) => `//127.0.0.1:${port}/`,
    (port: number) => `http:\n//127.0.0.1:${port}/`,
    (port: number) => `ht\ttps://127.0.0.1:${port}/`,
    () => 'https://1.1.1.1:22/',
    () => 'https://idp.example:22/',
    () => 'https://idp.example:6379/',
    () => 'https://idp.example:8443/',
    () => 'http://idp.example/',
    () => 'http://1.1.1.1/',
  ])('another scheme, userinfo, fragment or port is refused: %s', async (url) => {
    const fetch = guardedFetch();
    expect(fetch.checkUrl(url(canary.port))).toMatch(/\.$/);
    expect(outcomeOf(await fetch.get({ url: url(canary.port), ...plain }))).toContain('failed');
    expect(canary.hits()).toBe(0);
  });

  it('the control: the very host and port the operator lists are reached', async () => {
    const fetch = guardedFetch({ allow: `127.0.0.1:${canary.port}` });
    expect(fetch.checkUrl(`${canary.url}/jwks`)).toBeNull();
    expect(outcomeOf(await fetch.get({ url: `${canary.url}/jwks`, ...plain }))).toBe('fetched');
    expect(canary.hits()).toBe(1);
    expect(fetch.checkUrl(`http://127.0.0.2:${canary.port}/jwks`)).not.toBeNull();
    expect(fetch.checkUrl('https://token.actions.githubusercontent.com/.well-known/jwks')).toBeNull();
  });
});

describe('A47 DNS rebinding', () => {
  /** Opens one connection for `host` at the canary's port, past every check of the URL. */
  const connect = (host: string, lookUp: NameLookUp, allow = ''): Promise<string> => {
    const parsed = parseOutboundAllow(allow);
    const { signal } = new AbortController();
    const connector = createGuardedConnector({
      allow: parsed.ok ? parsed.value : nothingAllowed,
      lookUp,
      ca: null,
      connectMilliseconds: 2000,
      signal,
    });
    return new Promise((resolve) => {
      connector(
        { hostname: host, host, protocol: 'http:', port: String(canary.port) },
        (error: Error | null, socket: Socket | null) => {
          socket?.destroy();
          resolve(error === null ? 'connected' : error.message);
        },
      );
    });
  };

  it.each([
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['10.0.0.1', 'private'],
    ['169.254.169.254', 'metadata'],
    ['::ffff:127.0.0.1', 'IPv4-mapped'],
    ['64:ff9b::7f00:1', 'NAT64'],
    ['0.0.0.0', 'unspecified'],
    ['127.1', 'no plain address'],
  ])('a name that resolves to %s is not connected to', async (address, why) => {
    expect(await connect('rebind.example', async () => [address])).toContain(why);
    expect(canary.hits()).toBe(0);
    expect(await connect('rebind.example', async () => ['127.0.0.1'], '127.0.0.0/8')).toBe('connected');
  });

  it('an address literal is judged where the connection is made, too', async () => {
    const lookUp = vi.fn<NameLookUp>();
    expect(await connect('127.0.0.1', lookUp)).toContain('loopback');
    expect(await connect('[::1]', lookUp)).toContain('loopback');
    expect(canary.hits()).toBe(0);
    expect(await connect('127.0.0.1', lookUp, '127.0.0.0/8')).toBe('connected');
    expect(lookUp).not.toHaveBeenCalled();
  });

  it('a name is asked for once; the answer that was judged is the one that is used', async () => {
    const answers = ['127.0.0.1', '10.0.0.1', '127.0.0.1', '10.0.0.1'];
    const lookUp = vi.fn<NameLookUp>(async () => [answers.shift() ?? 'none']);
    expect(await connect('rebind.example', lookUp, '127.0.0.0/8')).toBe('connected');
    expect(lookUp).toHaveBeenCalledTimes(1);
    expect(await connect('rebind.example', lookUp, '127.0.0.0/8')).toContain('private');
  });

  it('of several addresses only the good ones are tried', async () => {
    const mixed: NameLookUp = async () => ['169.254.169.254', '127.0.0.1', '10.0.0.1'];
    expect(await connect('mixed.example', mixed, '127.0.0.0/8')).toBe('connected');
    expect(await connect('mixed.example', mixed, '192.168.0.0/16')).toContain('metadata');
  });

  it('the whole fetch refuses such a name, and says which address it was', async () => {
    const fetch = guardedFetch({ lookUp: async () => ['127.0.0.1'] });
    expect(fetch.checkUrl('https://rebind.example/jwks')).toBeNull();
    expect(outcomeOf(await fetch.get({ url: 'https://rebind.example/jwks', ...plain }))).toMatch(
      /127\.0\.0\.1 is a loopback address/,
    );
    expect(canary.hits()).toBe(0);
  });
});

describe('A48 redirects', () => {
  let issuer: FakeIssuer;
  let good: FakeIssuer;
  beforeEach(async () => {
    [issuer, good] = await Promise.all([createFakeIssuer(), createFakeIssuer()]);
  });
  afterEach(() => Promise.all([issuer.close(), good.close()]));

  it.each([300, 301, 302, 303, 305, 307, 308, 399])(
    '%i is not followed, wherever it leads',
    async (status) => {
      const fetch = guardedFetch({ allow: '127.0.0.0/8' });
      expect(outcomeOf(await fetch.get({ url: issuer.jwksUri, ...plain }))).toBe('fetched');
      issuer.setMode('redirect');
      for (const location of [
        canary.url,
        good.jwksUri,
        'http://idp.example/',
        '/jwks.json',
        'file:///etc/passwd',
        '',
      ]) {
        issuer.setRedirect(status, location);
        expect(outcomeOf(await fetch.get({ url: issuer.jwksUri, ...plain }))).toContain('not followed');
      }
      expect([canary.hits(), good.hits(), issuer.hits()]).toEqual([0, 0, 7]);
    },
  );
});

describe('A55 transport', () => {
  const authority = createTestAuthority();
  const hour = 3_600_000;
  const get = async (
    tls: TestCertificate,
    caCertificates: string | null = authority.certificate,
  ): Promise<string> => {
    const issuer = await createFakeIssuer({ tls });
    const answer = await guardedFetch({ allow: '127.0.0.0/8' }).get({
      url: issuer.jwksUri,
      ...plain,
      caCertificates,
    });
    const heard = issuer.hits();
    await issuer.close();
    if (answer.outcome === 'failed') expect(heard).toBe(0);
    return outcomeOf(answer);
  };
  const hosts = ['127.0.0.1'];

  it('the control: a certificate of a trusted CA for this very host', async () => {
    expect(await get(authority.issue({ hosts }))).toBe('fetched');
  });

  it.each<[string, () => TestCertificate, string]>([
    ['expired', () => authority.issue({ hosts, notAfter: new Date(Date.now() - hour) }), 'has expired'],
    [
      'not valid yet',
      () => authority.issue({ hosts, notBefore: new Date(Date.now() + hour) }),
      'not valid yet',
    ],
    ['for another host', () => authority.issue({ hosts: ['127.0.0.2', 'localhost'] }), 'another host'],
    ['self-signed', () => createSelfSigned({ hosts }), 'certificate'],
    ['of another CA', () => createTestAuthority('Another CA').issue({ hosts }), 'not trusted'],
  ])('a certificate that is %s', async (_what, certificate, expected) => {
    expect(await get(certificate())).toContain(expected);
  });

  it('caCertificates of an issuer vouch alone, and only for that fetch', async () => {
    expect(await get(authority.issue({ hosts }), null)).toContain('not trusted');
    expect(await get(authority.issue({ hosts }), createTestAuthority().certificate)).toContain(
      'trusted here',
    );
    expect(await get(authority.issue({ hosts }), 'no certificate at all')).toContain('failed');
  });

  it('the environment cannot turn verification off', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    expect(await get(createSelfSigned({ hosts }))).toContain('certificate');
  });

  it.each([
    ['TLSv1.1', 'failed'],
    ['TLSv1.2', 'fetched'],
    ['TLSv1.3', 'fetched'],
  ] as const)('a server that speaks %s: %s', async (version, expected) => {
    const server = createServer(
      {
        ...authority.issue({ hosts }),
        minVersion: version,
        maxVersion: version,
        ciphers: 'DEFAULT@SECLEVEL=0',
      },
      (_request, response) => response.end('{"keys":[]}'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const url = `https://127.0.0.1:${address.port}/`;
    const answer = await guardedFetch({ allow: '127.0.0.0/8' }).get({
      url,
      ...plain,
      caCertificates: authority.certificate,
    });
    await new Promise((resolve) => void server.close(resolve));
    expect(outcomeOf(answer)).toContain(expected);
  });

  it('plain http is refused, but for a loopback host the operator listed', async () => {
    const fetch = guardedFetch({ allow: `10.0.0.0/8,idp.internal:80,127.0.0.1:${canary.port}` });
    expect(fetch.checkUrl('http://idp.example/jwks')).toContain('https://');
    expect(fetch.checkUrl('http://idp.internal/jwks')).toContain('https://');
    expect(fetch.checkUrl('http://10.0.0.1/jwks')).toContain('https://');
    expect(fetch.checkUrl(canary.url)).toBeNull();
  });
});

describe('A59 outbound leaks', () => {
  it('a request is Host, Connection, User-Agent and Accept, and nothing else', async () => {
    const issuer = await createFakeIssuer();
    const fetch = guardedFetch({ allow: '127.0.0.0/8', userAgent: 'bureau/1.2.3' });
    await fetch.get({ url: issuer.jwksUri, ...plain });
    expect(issuer.requests[0]).toMatchObject({
      method: 'GET',
      path: '/jwks.json',
      headers: {
        host: `127.0.0.1:${issuer.port}`,
        connection: 'close',
        'user-agent': 'bureau/1.2.3',
        accept: 'application/json, application/jwk-set+json',
      },
    });
    expect(issuer.requests[0]?.rawHeaders).toHaveLength(8);
    await fetch.get({ url: issuer.jwksUri, ...plain, ifNoneMatch: '"x"' });
    expect(issuer.requests[1]?.rawHeaders).toHaveLength(10);
    await issuer.close();
  });

  it('no cookie comes back, no proxy of the environment is asked', async () => {
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'])
      vi.stubEnv(name, canary.url);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    const issuer = await createFakeIssuer();
    issuer.setHeaders({ 'set-cookie': 'session=1; Path=/' });
    const fetch = guardedFetch({ allow: '127.0.0.0/8' });
    expect(outcomeOf(await fetch.get({ url: issuer.jwksUri, ...plain }))).toBe('fetched');
    expect(outcomeOf(await fetch.get({ url: issuer.jwksUri, ...plain }))).toBe('fetched');
    expect(issuer.requests[1]?.headers.cookie).toBeUndefined();
    expect(canary.hits()).toBe(0);
    await issuer.close();
  });
});
