// standards.md group N: fetching third-party JWKS. Each item with what is accepted and what is not.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TrustedIssuer } from '../../src/core/trust/trusted-issuer.ts';
import type { SignatureAlgorithm } from '../../src/core/jwt/algorithms.ts';
import { createCanary } from '../support/canary.ts';
import {
  createFakeIssuer,
  createFakeIssuerKey,
  type FakeIssuer,
  type FakeIssuerOptions,
} from '../support/fake-issuer.ts';
import {
  createForeignKeys,
  type ForeignKeys,
  type ForeignKeysOptions,
  trustedIssuer,
} from '../support/foreign-keys.ts';
import { createSelfSigned, createTestAuthority } from '../support/tls.ts';

const minutes = 60_000;
const closing: (() => unknown)[] = [];
let issuer: FakeIssuer;
let foreign: ForeignKeys;

const startIssuer = async (options: FakeIssuerOptions = {}): Promise<FakeIssuer> => {
  const started = await createFakeIssuer(options);
  closing.push(() => started.close());
  return started;
};
const startKeys = (options: ForeignKeysOptions = {}): ForeignKeys => {
  const started = createForeignKeys({ allow: '127.0.0.0/8', ...options });
  closing.push(() => started.keys.close());
  return started;
};
beforeEach(async () => {
  issuer = await startIssuer();
  foreign = startKeys();
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const registered = (of: FakeIssuer = issuer, changes: Partial<TrustedIssuer> = {}): TrustedIssuer =>
  trustedIssuer({ issuer: of.issuer, jwksUri: of.jwksUri, ...changes });
const kidOf = (of: FakeIssuer = issuer): string => of.keys.at(-1)?.kid ?? '';
const find = async (
  trusted: TrustedIssuer = registered(),
  kid: string | null = kidOf(),
  alg: SignatureAlgorithm = 'ES256',
): Promise<string> => (await foreign.keys.find(trusted, { alg, kid })).found;
const problem = (trusted: TrustedIssuer = registered()): string =>
  foreign.keys.health(trusted).lastError ?? '';
/** Shorter limits, for an issuer that answers never or slowly. */
const hurry = (): void => {
  foreign = startKeys({ limits: { totalMilliseconds: 400 } });
};

describe('JF-01 https only, certificate and host name verified, TLS 1.2 or later', () => {
  const authority = createTestAuthority();

  it('JF-01 a certificate of the CA that vouches for the issuer', async () => {
    const secure = await startIssuer({ tls: authority.issue({ hosts: ['127.0.0.1'] }) });
    expect(await find(registered(secure, { caCertificates: authority.certificate }), kidOf(secure))).toBe(
      'key',
    );
  });

  it.each([
    ['expired', authority.issue({ hosts: ['127.0.0.1'], notAfter: new Date(Date.now() - 1000) })],
    ['self-signed', createSelfSigned({ hosts: ['127.0.0.1'] })],
    ['wrong name', authority.issue({ hosts: ['idp.example'] })],
  ])('JF-01 %s: the fetch fails', async (_what, tls) => {
    const secure = await startIssuer({ tls });
    const trusted = registered(secure, { caCertificates: authority.certificate });
    expect(await find(trusted, kidOf(secure))).toBe('unavailable');
    expect(problem(trusted)).toContain('certificate');
    expect(secure.hits()).toBe(0);
  });
});

describe('JF-02 an object with keys; unknown members and keys are ignored', () => {
  it('JF-02 one good key and one of unknown kind', async () => {
    issuer.setJwks({
      keys: [{ kty: 'AKP', alg: 'ML-DSA-44', kid: 'pq', pub: 'AA' }, issuer.keys[0]?.jwk],
      issuer: 'x',
    });
    expect(await find()).toBe('key');
  });

  it('JF-02 one malformed element does not discard the set', async () => {
    issuer.setJwks({ keys: [null, 'x', 7, [], { kty: 'EC' }, issuer.keys[0]?.jwk] });
    expect(await find()).toBe('key');
    expect(foreign.keys.health(registered()).ignored).toHaveLength(5);
  });
});

describe('JF-03 only keys for signatures; private and symmetric ones are dropped and told', () => {
  it('JF-03 use: sig, and no use at all', async () => {
    expect(await find()).toBe('key');
    issuer.setJwks({ keys: [{ ...issuer.keys[0]?.jwk, use: undefined, key_ops: ['verify'] }] });
    await foreign.keys.refresh(registered());
    expect(await find()).toBe('key');
  });

  it.each([{ use: 'enc' }, { use: 'jwt-svid' }, { key_ops: ['sign'] }, { key_ops: [] }])(
    'JF-03 %j: never used',
    async (members) => {
      issuer.setJwks({ keys: [{ ...issuer.keys[0]?.jwk, ...members }] });
      expect(await find()).not.toBe('key');
    },
  );

  it('JF-03 kty: oct, and a key with d: never used, and the administrator is told', async () => {
    issuer.setJwks({ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'oct' }, issuer.keys[0]?.jwk] });
    expect(await find(registered(), 'oct')).not.toBe('key');
    expect(foreign.keys.health(registered()).ignored.join()).toContain('symmetric');
    issuer.setJwks({ keys: [{ ...issuer.keys[0]?.jwk, d: 'AAAA' }] });
    await foreign.keys.refresh(registered());
    expect(await find()).toBe('unknown');
    expect(problem()).toContain('private keys');
    expect(foreign.log.at(-1)).toMatchObject({ level: 'warn' });
  });
});

describe('JF-04 only 200 with JSON counts; 304 only when asked; no redirects', () => {
  it('JF-04 200', async () => expect(await find()).toBe('key'));

  it.each(['redirect', '206', '204', 'html', '404', '500'] as const)('JF-04 %s: failure', async (mode) => {
    issuer.setMode(mode);
    expect(await find()).toBe('unavailable');
  });
});

describe('JF-05 256 KiB, 100 keys, 5 s, no bombs', () => {
  it('JF-05 a normal set, and one of a hundred keys', async () => {
    expect(await find()).toBe('key');
    issuer.setJwks({
      keys: Array.from({ length: 100 }, (_, i) => ({ ...issuer.keys[0]?.jwk, kid: `k${i}` })),
    });
    expect((await foreign.keys.refresh(registered())).keys).toHaveLength(100);
  });

  it.each(['huge', 'drip', 'hang', 'gzip-bomb', 'endless-headers'] as const)(
    'JF-05 %s: aborted within limits',
    async (mode) => {
      if (['drip', 'hang'].includes(mode)) hurry();
      issuer.setMode(mode);
      expect(await find()).toBe('unavailable');
    },
  );
});

describe('JF-06 freshness from HTTP, between 60 s and 24 h, 10 min by default', () => {
  it.each([
    [null, 600],
    ['max-age=600', 600],
    ['max-age=0', 60],
    ['no-store', 60],
    ['no-cache', 60],
    ['max-age=31536000', 86_400],
  ])('JF-06 Cache-Control %s: %i s', async (cacheControl, seconds) => {
    issuer.setCacheControl(cacheControl);
    const health = await foreign.keys.refresh(registered());
    expect(health.freshUntil).toBe(foreign.clock.now() + seconds * 1000);
  });

  it('JF-06 Age is taken off', async () => {
    issuer.setCacheControl('max-age=600');
    issuer.setHeaders({ age: '200' });
    expect((await foreign.keys.refresh(registered())).freshUntil).toBe(foreign.clock.now() + 400_000);
  });

  it('JF-06 max-age=0 does not cause a fetch per request', async () => {
    issuer.setCacheControl('max-age=0');
    for (let i = 0; i < 100; i += 1) expect(await find()).toBe('key');
    expect(issuer.hits()).toBe(1);
  });
});

describe('JF-07 revalidation', () => {
  it('JF-07 If-None-Match is sent, 304 keeps the keys and renews the lifetime', async () => {
    await find();
    foreign.clock.advance(9 * minutes);
    await find();
    await foreign.idle();
    expect(issuer.hits('/jwks.json')).toBe(2);
    expect(issuer.requests[1]?.headers['if-none-match']).toMatch(/^".+"$/);
    expect(foreign.keys.health(registered()).freshUntil).toBe(foreign.clock.now() + 10 * minutes);
    expect(await find()).toBe('key');
  });

  it('JF-07 a 304 without a stored copy is a failure', async () => {
    issuer.setMode('304');
    expect(await find()).toBe('unavailable');
    expect(problem()).toContain('304');
    expect(issuer.requests[0]?.headers['if-none-match']).toBeUndefined();
  });
});

describe('JF-08 known keys serve on while the issuer is out of reach, for so long', () => {
  it('JF-08 an hour, then unavailable', async () => {
    await find();
    issuer.setMode('500');
    foreign.clock.advance(69 * minutes);
    expect(await find()).toBe('key');
    await foreign.idle();
    expect(issuer.hits('/jwks.json')).toBe(2);
    foreign.clock.advance(2 * minutes);
    expect(await find()).toBe('unavailable');
  });

  it('JF-08 the limit is the issuer’s own', async () => {
    await find(registered(issuer, { staleIfErrorSeconds: 0 }));
    issuer.setMode('500');
    foreign.clock.advance(11 * minutes);
    expect(await find(registered(issuer, { staleIfErrorSeconds: 0 }))).toBe('unavailable');
    expect(await find(registered(issuer, { staleIfErrorSeconds: 120, version: 2 }))).toBe('key');
  });
});

describe('JF-09 a good answer replaces the set completely', () => {
  it('JF-09 a removed key’s tokens fail after the refresh; sets are never merged', async () => {
    const old = kidOf();
    await find();
    await issuer.rotate({ keepOld: false });
    await foreign.keys.refresh(registered());
    expect([await find(registered(), old), await find()]).toEqual(['unknown', 'key']);
    expect(foreign.keys.health(registered()).keys).toHaveLength(1);
  });

  it('JF-09 an empty set is a good answer when nothing is held or an administrator asks', async () => {
    const emptied = await startIssuer();
    emptied.setMode('empty');
    expect(await find(registered(emptied), kidOf(emptied))).toBe('unknown');
    await find();
    issuer.setMode('empty');
    await foreign.keys.refresh(registered());
    expect(await find()).toBe('unknown');
  });
});

describe('JF-10 unknown kid', () => {
  it('JF-10 a new key is picked up without waiting for expiry', async () => {
    await find();
    await issuer.rotate();
    await find();
    await foreign.idle();
    expect(await find()).toBe('key');
    expect(issuer.hits()).toBe(2);
  });

  it('JF-10 a thousand random kids: at most one fetch in 30 s', async () => {
    await find();
    for (let i = 0; i < 1000; i += 1) expect(await find(registered(), `random-${i}`)).toBe('unknown');
    expect(issuer.hits()).toBe(2);
    foreign.clock.advance(30_000);
    for (let i = 0; i < 1000; i += 1) await find(registered(), `more-${i}`);
    expect(issuer.hits()).toBe(3);
  });
});

describe('JF-11 SSRF: the address that is connected to is checked', () => {
  it.each([
    ['127.0.0.1', 'list it in BUREAU_OUTBOUND_ALLOW'],
    ['::ffff:127.0.0.1', 'nothing is fetched from there'],
    ['64:ff9b::7f00:1', 'nothing is fetched from there'],
    ['10.0.0.1', 'list it in BUREAU_OUTBOUND_ALLOW'],
    ['169.254.169.254', 'nothing is fetched from there'],
  ])(
    'JF-11 a name that resolves to %s is blocked, and only what may sensibly be opened is said how to: %s',
    async (address, sentence) => {
      const guarded = startKeys({ allow: '', lookUp: async () => [address] });
      const trusted = trustedIssuer({ issuer: 'https://idp.example' });
      expect(await guarded.keys.find(trusted, { alg: 'ES256', kid: 'k' })).toMatchObject({
        found: 'unavailable',
        detail: expect.stringContaining(sentence),
      });
    },
  );

  it('JF-11 public first, 127.0.0.1 second: each fetch judges what it connects to', async () => {
    const answers = [['192.0.2.1'], ['127.0.0.1']];
    const guarded = startKeys({ allow: '', lookUp: async () => answers.shift() ?? [] });
    const trusted = trustedIssuer({ issuer: 'https://idp.example' });
    await guarded.keys.refresh(trusted);
    expect((await guarded.keys.refresh(trusted)).lastError).toContain('127.0.0.1 is a loopback address');
  });
});

describe('JF-12 nothing of ours is in the request', () => {
  it('JF-12 header snapshot', async () => {
    await find();
    expect(issuer.requests[0]?.rawHeaders).toEqual([
      'host',
      `127.0.0.1:${issuer.port}`,
      'connection',
      'close',
      'user-agent',
      'bureau/0.0.0',
      'accept',
      'application/json, application/jwk-set+json',
    ]);
  });

  it('JF-12 a proxy of the environment, and cookies, never count', async () => {
    const canary = await createCanary();
    closing.push(() => canary.close());
    vi.stubEnv('HTTP_PROXY', canary.url);
    vi.stubEnv('HTTPS_PROXY', canary.url);
    issuer.setHeaders({ 'set-cookie': 'a=b' });
    await find();
    await foreign.keys.refresh(registered());
    expect(issuer.requests[1]?.headers.cookie).toBeUndefined();
    expect(canary.hits()).toBe(0);
  });
});

describe('JF-13 failed fetches back off, the very first one too', () => {
  it('JF-13 after a failure the next attempt waits, and is made', async () => {
    issuer.setMode('500');
    expect(await find()).toBe('unavailable');
    issuer.setMode('ok');
    expect(await find()).toBe('unavailable');
    foreign.clock.advance(30_000);
    expect(await find()).toBe('key');
  });

  it('JF-13 200 requests during an outage cause a handful of fetches', async () => {
    issuer.setMode('500');
    for (let i = 0; i < 200; i += 1) {
      await find();
      foreign.clock.advance(1000);
    }
    expect(issuer.hits()).toBe(3);
  });
});

describe('JF-14 a set belongs to one trusted issuer of one tenant', () => {
  it('JF-14 a tenant that changes its JWKS URI has no effect on another', async () => {
    const other = await startIssuer();
    expect(await find(registered(issuer, { tenant: 'a' }))).toBe('key');
    expect(await find(registered(issuer, { tenant: 'b' }))).toBe('key');
    expect(await find(registered(issuer, { tenant: 'b', jwksUri: other.jwksUri, version: 2 }))).toBe(
      'unknown',
    );
    expect(await find(registered(issuer, { tenant: 'a' }))).toBe('key');
  });
});

describe('JF-15 off the critical path', () => {
  it('JF-15 at 80 % of the lifetime the set is refreshed in the background, requests are served meanwhile', async () => {
    await find();
    foreign.clock.advance(8 * minutes);
    issuer.setMode('hang');
    expect([await find(), await find(), await find()]).toEqual(['key', 'key', 'key']);
    await vi.waitFor(() => expect(issuer.hits()).toBe(2));
  });

  it('JF-15 5,000 requests at once share one fetch', async () => {
    const found = await Promise.all(Array.from({ length: 5000 }, () => find()));
    expect(new Set(found)).toEqual(new Set(['key']));
    expect(issuer.hits()).toBe(1);
  });

  it('JF-15 a slow issuer does not delay another', async () => {
    const slow = await startIssuer();
    slow.setMode('hang');
    let isOver = false;
    const waiting = find(registered(slow), kidOf(slow)).finally(() => {
      isOver = true;
    });
    expect(await find()).toBe('key');
    expect(isOver).toBe(false);
    foreign.keys.close();
    await waiting;
  });
});

describe('JF-16 discovery', () => {
  const discovered = (of: FakeIssuer): TrustedIssuer => trustedIssuer({ issuer: of.issuer });
  const path = '/.well-known/openid-configuration';

  it.each<[string, FakeIssuerOptions]>([
    ['without a path', {}],
    ['with a path', { path: '/realms/acme' }],
    ['with a path and a slash at its end', { path: '/realms/acme', trailingSlash: true }],
    ['with a slash at its end', { trailingSlash: true }],
  ])('JF-16 an issuer %s', async (_what, options) => {
    const openid = await startIssuer(options);
    expect(await find(discovered(openid), kidOf(openid))).toBe('key');
    expect(openid.requests[0]?.path).toBe(`${options.path ?? ''}${path}`);
    expect(foreign.keys.health(discovered(openid))).toMatchObject({
      source: 'discovery',
      jwksUri: openid.jwksUri,
    });
  });

  it.each<[string, (of: FakeIssuer) => Record<string, unknown>, string]>([
    ['another issuer', () => ({ issuer: 'https://evil.example' }), 'another issuer'],
    ['a slash more', (of) => ({ issuer: `${of.issuer}/` }), 'another issuer'],
    ['no issuer', () => ({ issuer: undefined }), 'another issuer'],
    ['an issuer that is no string', (of) => ({ issuer: [of.issuer] }), 'another issuer'],
    ['no jwks_uri', () => ({ jwks_uri: undefined }), 'no jwks_uri'],
    ['a jwks_uri that is no string', () => ({ jwks_uri: {} }), 'no jwks_uri'],
    ['a jwks_uri of another scheme', () => ({ jwks_uri: 'file:///etc/passwd' }), 'https://'],
    ['a jwks_uri that leads inward', () => ({ jwks_uri: 'https://10.0.0.1/jwks' }), 'private'],
    ['a jwks_uri without https', () => ({ jwks_uri: 'http://idp.example/jwks' }), 'https://'],
  ])('JF-16 a document with %s: rejected, nothing else fetched', async (_what, overrides, expected) => {
    issuer.setDiscovery(overrides(issuer));
    expect(await find(discovered(issuer))).toBe('unavailable');
    expect(problem(discovered(issuer))).toContain(expected);
    expect(issuer.hits('/jwks.json')).toBe(0);
  });

  it('JF-16 an https issuer cannot name an http jwks_uri, be it allowed', async () => {
    const authority = createTestAuthority();
    const secure = await startIssuer({ tls: authority.issue({ hosts: ['127.0.0.1'] }) });
    const trusted = trustedIssuer({ issuer: secure.issuer, caCertificates: authority.certificate });
    secure.setDiscovery({ jwks_uri: issuer.jwksUri });
    expect(await find(trusted)).toBe('unavailable');
    expect(problem(trusted)).toContain('not https');
    expect(issuer.hits()).toBe(0);
  });

  it.each(['500', 'html', 'hang', 'redirect', 'huge', 'truncated', 'empty'] as const)(
    'JF-16 discovery answered with %s',
    async (mode) => {
      if (mode === 'hang') hurry();
      issuer.setMode(mode, path);
      expect(await find(discovered(issuer))).toBe('unavailable');
      expect(problem(discovered(issuer))).toContain('Discovery failed');
    },
  );

  it('JF-16 a changed host is alerted', async () => {
    const moved = await startIssuer();
    await find(discovered(issuer));
    issuer.setDiscovery({ jwks_uri: moved.jwksUri });
    await foreign.keys.refresh(discovered(issuer));
    expect(foreign.log).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('another host') }),
    );
    expect(await find(discovered(issuer), kidOf(moved))).toBe('key');
  });

  it('JF-16 the document is remembered as long as it is fresh; a JWKS URI that fails is discovered anew', async () => {
    await find(discovered(issuer));
    await issuer.rotate();
    await find(discovered(issuer));
    await foreign.idle();
    expect(await find(discovered(issuer))).toBe('key');
    expect([issuer.hits(path), issuer.hits('/jwks.json')]).toEqual([1, 2]);
    issuer.setMode('500');
    foreign.clock.advance(8 * minutes);
    await find(discovered(issuer));
    await foreign.idle();
    expect(issuer.hits('/jwks.json')).toBe(3);
    issuer.setMode('ok');
    foreign.clock.advance(minutes);
    await find(discovered(issuer));
    await foreign.idle();
    expect(issuer.hits('/jwks.json')).toBe(4);
    expect(issuer.hits(path)).toBe(2);
  });
});

describe('JF-17 tokens without kid', () => {
  it('JF-17 a single fitting key is used; several: none', async () => {
    expect(await find(registered(), null)).toBe('key');
    await issuer.rotate();
    await foreign.keys.refresh(registered());
    expect(await find(registered(), null)).toBe('ambiguous');
  });

  it('JF-17 a token with kid and a key without: no match', async () => {
    issuer.setJwks({ keys: [{ ...issuer.keys[0]?.jwk, kid: undefined }] });
    expect(await find()).toBe('unknown');
    expect(await find(registered(), null)).toBe('key');
  });
});

describe('JF-18 one kid twice', () => {
  it('JF-18 RSA and EC under one kid resolve by algorithm', async () => {
    const rsa = await createFakeIssuerKey('RS256', 'same');
    const ec = await createFakeIssuerKey('ES256', 'same');
    issuer.setJwks({ keys: [rsa.jwk, ec.jwk] });
    expect(await find(registered(), 'same', 'RS256')).toBe('key');
    expect(await find(registered(), 'same', 'ES256')).toBe('key');
  });

  it('JF-18 two RSA keys under one kid: rejected, no trial, and told', async () => {
    const keys = await Promise.all([
      createFakeIssuerKey('RS256', 'same'),
      createFakeIssuerKey('RS256', 'same'),
    ]);
    issuer.setJwks({ keys: keys.map((key) => key.jwk) });
    expect(await find(registered(), 'same', 'RS256')).toBe('ambiguous');
    expect(foreign.keys.health(registered()).ignored.join()).toContain('shares its kid');
  });
});

describe('JF-19 pinned sets', () => {
  it('JF-19 an uploaded set verifies, and nothing is ever fetched', async () => {
    const pinned = registered(issuer, {
      jwksUri: null,
      jwks: { keys: [issuer.keys[0]?.jwk as { kty: 'EC' }] },
    });
    expect(await find(pinned)).toBe('key');
    expect(await find(pinned, 'another')).toBe('unknown');
    foreign.clock.advance(400 * 24 * 60 * minutes);
    expect(await find(pinned)).toBe('key');
    expect(await foreign.keys.refresh(pinned)).toMatchObject({
      source: 'pinned',
      jwksUri: null,
      keys: [{ kid: kidOf() }],
      usableUntil: null,
      lastError: null,
    });
    expect(issuer.hits()).toBe(0);
  });

  it('JF-19 a set with private keys is not used, should one ever be stored', async () => {
    const leaky = { keys: [{ ...issuer.keys[0]?.jwk, d: 'AAAA' } as unknown as { kty: 'EC' }] };
    const pinned = registered(issuer, { jwksUri: null, jwks: leaky });
    expect(await find(pinned)).toBe('unknown');
    expect(problem(pinned)).toContain('private keys');
  });
});
