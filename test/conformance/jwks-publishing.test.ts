import { generateKeyPairSync, hash } from 'node:crypto';
import { calculateJwkThumbprint, createLocalJWKSet, importJWK, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PublicJwk } from '../../src/core/jwt/jwk.ts';
import { thumbprintInput } from '../../src/core/jwt/thumbprint-input.ts';
import { publishKey } from '../../src/core/signing-keys/published-keys.ts';
import type { SigningKey } from '../../src/core/signing-keys/signing-key.ts';
import { createTenantSigningKeys } from '../../src/keys/create-signing-keys.ts';
import { signJwt } from '../../src/keys/sign-jwt.ts';
import { createPublishedServer, type PublishedServer } from '../support/published-server.ts';

let server: PublishedServer;
let rows: readonly SigningKey[];
let more: readonly SigningKey[];
beforeAll(async () => {
  server = await createPublishedServer();
  rows = server.rows.get('default') ?? [];
  more = await createTenantSigningKeys(
    { backend: server.backend, clock: { now: () => 1_790_000_001_000 } },
    'default',
  );
});
afterAll(() => server.app.close());
afterEach(() => server.change('default', rows));

const sets = ['/.well-known/jwks.json', '/t/acme/.well-known/jwks.json', '/spiffe/.well-known/jwks.json'];
const bundles = ['/spiffe/bundle.json', '/t/acme/spiffe/bundle.json'];
const keysAt = async (path: string) => (await server.read(path))['keys'] as (PublicJwk & { kid: string })[];

/** Every member name anywhere in a JSON value. */
const memberNames = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => [name, ...memberNames(inner)])
    : [];

describe.each([...sets, ...bundles])('%s', (path) => {
  it('MD-10 A119 has public members only, at every depth', async () => {
    const names = memberNames(await server.read(path));
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv', 'sealedPrivateKey'])
      expect(names).not.toContain(secret);
  });

  it('MD-10 an ES256 and an RS256 key, each of which jose can import', async () => {
    const keys = await keysAt(path);
    expect(keys.map(({ alg }) => alg)).toEqual(['ES256', 'RS256']);
    for (const key of keys) await expect(importJWK({ ...key })).resolves.toBeDefined();
  });

  it('MD-11 SV-19 each key has kty, a kid of its own, use and alg, and no key_ops', async () => {
    const keys = await keysAt(path);
    const use = path.endsWith('bundle.json') ? 'jwt-svid' : 'sig';
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
    for (const key of keys) {
      const own = key.kty === 'EC' ? ['crv', 'x', 'y'] : ['n', 'e'];
      expect(Object.keys(key).sort()).toEqual(['kty', 'kid', 'alg', 'use', ...own].sort());
      expect(key.use).toBe(use);
    }
  });

  it('MD-12 kid is the RFC 7638 thumbprint', async () => {
    for (const { kid, kty, n, e, crv, x, y } of await keysAt(path)) {
      const members = kty === 'EC' ? { kty, crv, x, y } : { kty, n, e };
      expect(kid).toBe(await calculateJwkThumbprint(members as { kty: string }, 'sha256'));
    }
  });
});

describe('MD-10 what can be published at all', () => {
  it.each(['ES256', 'RS256'] as const)('a private %s key in a row stays inside', (algorithm) => {
    const { privateKey } =
      algorithm === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
    const leaky = { ...privateKey.export({ format: 'jwk' }), priv: 'x', k: 'y' } as unknown as PublicJwk;
    expect(memberNames(leaky)).toContain('d');
    const published = publishKey({ ...(rows[0] as SigningKey), algorithm, publicJwk: leaky });
    const own = algorithm === 'ES256' ? ['crv', 'x', 'y'] : ['n', 'e'];
    expect(Object.keys(published)).toEqual(['kty', 'kid', 'alg', 'use', ...own]);
  });

  it('a row without a public half is a fault', () => {
    expect(() => publishKey({ ...(rows[0] as SigningKey), publicJwk: { kty: 'EC' } })).toThrow(TypeError);
  });
});

describe('MD-12 the thumbprint', () => {
  const example: PublicJwk = {
    kty: 'RSA',
    n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
    e: 'AQAB',
    alg: 'RS256',
    kid: '2011-04-29',
  };
  const thumbprint = (jwk: PublicJwk): string => hash('sha256', thumbprintInput(jwk), 'base64url');

  it('is that of the example in RFC 7638 §3.1', () => {
    expect(thumbprint(example)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  it('is that of the example in RFC 8037 A.3', () => {
    const key: PublicJwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    expect(thumbprint(key)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  it('is not changed by further members or another order, and is by another key', () => {
    const { kty, n = '', e = '' } = example;
    expect(thumbprint({ e, use: 'sig', n, kty })).toBe(thumbprint(example));
    expect(thumbprint({ kty, e, n: `A${n.slice(1)}` })).not.toBe(thumbprint(example));
  });
});

it.each([...sets, ...bundles])('AT-17 SV-15 no key of %s is in a set of the other purpose', async (path) => {
  const kids = (await keysAt(path)).map(({ kid }) => kid);
  const isSvid = path.includes('/spiffe/');
  for (const other of [...sets, ...bundles].filter((one) => one.includes('/spiffe/') !== isSvid))
    for (const { kid } of await keysAt(other)) expect(kids).not.toContain(kid);
});

it('A107 no two tenants share a key', async () => {
  const [ours, theirs] = await Promise.all([
    keysAt('/.well-known/jwks.json'),
    keysAt('/t/acme/.well-known/jwks.json'),
  ]);
  expect(ours.filter(({ kid }) => theirs.some((key) => key.kid === kid))).toEqual([]);
});

describe('MD-15 AT-03 rotation as a verifier sees it', () => {
  const verifyWith = async (set: unknown, token: string) =>
    jwtVerify(token, createLocalJWKSet(set as JSONWebKeySet));
  const sign = async () =>
    signJwt(await server.ring.signer('default', 'access-token', 'ES256'), { typ: 'at+jwt' }, { sub: 'a' });

  it('who fetched while the next key was prepared verifies what it signs; who fetched before does not', async () => {
    const before = await server.read('/.well-known/jwks.json');
    const prepared = more.map((row) => ({ ...row, state: 'prepared' as const, activatedAt: null }));
    server.change('default', [...rows, ...prepared]);
    const during = await server.read('/.well-known/jwks.json');
    const old = await sign();
    await expect(verifyWith(before, old)).resolves.toBeDefined();

    const retired = rows.map((row) => ({ ...row, state: 'retired' as const, retiredAt: 1_790_000_002_000 }));
    server.change('default', [...retired, ...more]);
    const fresh = await sign();
    await expect(verifyWith(during, fresh)).resolves.toBeDefined();
    await expect(verifyWith(before, fresh)).rejects.toThrow();
    const after = await server.read('/.well-known/jwks.json');
    await expect(verifyWith(after, old)).resolves.toBeDefined();
  });
});

describe('the SPIFFE bundle', () => {
  const path = '/spiffe/bundle.json';
  it('SV-20 has an integer sequence and a refresh hint in seconds', async () => {
    const bundle = await server.read(path);
    expect(Object.keys(bundle)).toEqual(['spiffe_sequence', 'spiffe_refresh_hint', 'keys']);
    expect(Number.isSafeInteger(bundle['spiffe_sequence'])).toBe(true);
    expect(bundle['spiffe_refresh_hint']).toBe(300);
  });

  it('SV-20 the sequence grows with every change of the keys, and only ever grows', async () => {
    const seen = [(await server.read(path))['spiffe_sequence'] as number];
    for (const changed of [[...rows, ...more], more, rows, [...rows, ...more]]) {
      server.change('default', changed);
      seen.push((await server.read(path))['spiffe_sequence'] as number);
    }
    for (const [index, sequence] of seen.entries())
      if (index > 0) expect(sequence).toBeGreaterThan(seen[index - 1] ?? 0);
  });

  it('SV-19 SV-22 has what go-spiffe, py-spiffe and java-spiffe ask of it: RSA and EC, all with kid, use jwt-svid', async () => {
    for (const key of await keysAt(path)) {
      expect(['RSA', 'EC']).toContain(key.kty);
      expect(key.use).toBe('jwt-svid');
      expect(key.kid).toMatch(/^[A-Za-z0-9_-]{43}$/);
    }
    const response = await server.app.inject(path);
    expect(response.headers['content-type']).toBe('application/json');
  });

  it('SV-15 holds the very keys that the key set of its issuer holds', async () => {
    const kidsOf = async (at: string) => (await keysAt(at)).map(({ kid }) => kid);
    expect(await kidsOf(path)).toEqual(await kidsOf('/spiffe/.well-known/jwks.json'));
  });
});
