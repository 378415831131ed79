import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignatureAlgorithm } from '../../../src/core/jwt/algorithms.ts';
import type { TrustedIssuer } from '../../../src/core/trust/trusted-issuer.ts';
import {
  createForeignKeys,
  createScriptedFetch,
  type ForeignKeys,
  type ScriptedFetch,
  trustedIssuer,
} from '../../support/foreign-keys.ts';

const ec = (kid: string, curve = 'P-256') => ({
  ...generateKeyPairSync('ec', { namedCurve: curve }).publicKey.export({ format: 'jwk' }),
  kid,
  use: 'jwt-svid',
});
const rsa = (kid: string) => ({
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }),
  kid,
  use: 'jwt-svid',
});
const ed25519 = (kid: string) => ({
  ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }),
  kid,
  use: 'jwt-svid',
});
const [a, b] = [ec('a'), ec('b')];
const without = (jwk: object, name: string): object =>
  Object.fromEntries(Object.entries(jwk).filter(([member]) => member !== name));
const seconds = 1000;

describe('the bundle of a SPIFFE trust domain', () => {
  let fetch: ScriptedFetch;
  let foreign: ForeignKeys;
  const url = 'https://spire.example/bundle';
  const domain = trustedIssuer({ issuer: 'spiffe://td.example', jwksUri: url });
  const find = async (
    kid: string | null,
    alg: SignatureAlgorithm = 'ES256',
    of: TrustedIssuer = domain,
  ): Promise<string> => (await foreign.keys.find(of, { alg, kid })).found;
  const publish = (keys: readonly unknown[], members: object = {}): void =>
    fetch.answer(() => ({ text: JSON.stringify({ keys, ...members }) }));
  /** Lets time pass and whatever is due then happen. */
  const pass = async (secondsLater: number): Promise<void> => {
    foreign.clock.advance(secondsLater * seconds);
    await foreign.idle();
  };
  const fetches = (): number => fetch.requests.length;

  beforeEach(() => {
    fetch = createScriptedFetch();
    foreign = createForeignKeys({ fetch });
  });
  afterEach(() => foreign.keys.close());

  describe('SV-18 only what is for JWT-SVIDs', () => {
    it('SV-18 a mixed bundle: the jwt-svid entry serves', async () => {
      publish([{ ...ec('x'), use: 'x509-svid', x5c: ['MIIB'] }, { ...ec('w'), use: 'wit-svid' }, a]);
      expect(await find('a')).toBe('key');
      expect(await find(null)).toBe('key');
      expect(foreign.keys.health(domain).ignored).toHaveLength(2);
    });
    it.each([
      ['absent', without(a, 'use')],
      ['sig', { ...a, use: 'sig' }],
      ['JWT-SVID', { ...a, use: 'JWT-SVID' }],
      ['x509-svid', { ...a, use: 'x509-svid' }],
      ['wit-svid', { ...a, use: 'wit-svid' }],
      ['an array', { ...a, use: ['jwt-svid'] }],
    ])('SV-18 use %s is ignored, its neighbour is not', async (_what, entry) => {
      publish([entry, b]);
      expect(await find('a')).toBe('unfit');
      expect(await find('b')).toBe('key');
    });
    it.each([
      ['an unknown kty', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA', kid: 'a', use: 'jwt-svid' }],
      ['no kid', without(a, 'kid')],
      ['no object', 'a'],
    ])('SV-18 %s is ignored, its neighbour is not', async (_what, entry) => {
      publish([entry, b]);
      expect(await find('a')).not.toBe('key');
      expect(await find('b')).toBe('key');
    });
    it('SV-07 an Ed25519 key is none of a JWT-SVID; RSA and EC ones of any size are', async () => {
      publish([ed25519('ed'), rsa('rsa'), ec('p384', 'P-384'), ec('p521', 'P-521')]);
      expect(await find('ed', 'Ed25519')).toBe('unfit');
      expect(await find('rsa', 'PS512')).toBe('key');
      expect(await find('p384', 'ES384')).toBe('key');
      expect(await find('p521', 'ES512')).toBe('key');
    });
    it('SV-19 two entries of one kid are told apart by nothing, not even by their kind', async () => {
      publish([a, rsa('a'), b]);
      expect(await find('a')).toBe('unfit');
      expect(await find('a', 'RS256')).toBe('unfit');
      expect(await find('b')).toBe('key');
    });
    it('A10 a bundle that shows a private key is of no use at all', async () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      publish([{ ...privateKey.export({ format: 'jwk' }), kid: 'x', use: 'x509-svid' }, a]);
      expect(await find('a')).toBe('unknown');
    });
    it('an ordinary issuer never verifies with an entry for JWT-SVIDs', async () => {
      const ordinary = trustedIssuer({ issuer: 'https://idp.example', jwksUri: 'https://idp.example/jwks' });
      publish([a]);
      expect(await find('a', 'ES256', ordinary)).not.toBe('key');
    });
  });

  describe('SV-10 a token without kid', () => {
    it('SV-10 one fitting key: that one', async () => {
      publish([a, rsa('r')]);
      expect(await find(null)).toBe('key');
    });
    it('SV-10 two fitting keys: none', async () => {
      publish([a, b]);
      expect(await find(null)).toBe('ambiguous');
    });
  });

  describe('SV-21 an empty bundle', () => {
    const empty = [
      ['no entry', []],
      ['no usable entry', [{ ...a, use: 'x509-svid' }]],
      ['nothing but an Ed25519 key', [ed25519('a')]],
    ] as const;
    it.each(empty)('SV-21 %s: every JWT-SVID is invalid now', async (_what, keys) => {
      publish([a]);
      expect(await find('a')).toBe('key');
      publish(keys);
      await pass(300);
      expect(await find('a')).toBe('key');
      await foreign.idle();
      expect(['unknown', 'unfit']).toContain(await find('a'));
      expect(foreign.keys.health(domain).lastError).not.toBeNull();
    });
    it.each(empty)('SV-21 %s at a cold start too, and it is no outage', async (_what, keys) => {
      publish(keys);
      expect(['unknown', 'unfit']).toContain(await find('a'));
    });
    it('SV-21 a later bundle restores service', async () => {
      publish([]);
      expect(await find('a')).toBe('unknown');
      publish([a]);
      await pass(60);
      await find('a');
      await foreign.idle();
      expect(await find('a')).toBe('key');
    });
    it.each([
      ['a failure', { failed: 'down.' }],
      ['something unreadable', { text: '<html>' }],
      ['no keys member', { text: '{"spiffe_sequence":1}' }],
    ])('SV-21 control: %s empties nothing, and ends with the stale limit', async (_what, answer) => {
      publish([a]);
      expect(await find('a')).toBe('key');
      fetch.answer(() => answer);
      await pass(400);
      expect(await find('a')).toBe('key');
      await pass(3600);
      expect(await find('a')).toBe('unavailable');
    });
    it('SV-21 control: an empty set of an ordinary issuer evicts nothing (A51)', async () => {
      const ordinary = trustedIssuer({ issuer: 'https://idp.example', jwksUri: 'https://idp.example/jwks' });
      publish([without(a, 'use')]);
      expect(await find('a', 'ES256', ordinary)).toBe('key');
      publish([]);
      await pass(700);
      await find('a', 'ES256', ordinary);
      await foreign.idle();
      expect(await find('a', 'ES256', ordinary)).toBe('key');
    });
  });

  describe('SV-20 a bundle that says it is older', () => {
    const next = async (): Promise<void> => {
      await pass(300);
      await find('a');
      await foreign.idle();
    };
    it.each([
      ['with other keys', [b]],
      ['without any', []],
    ])('SV-20 %s replaces nothing, and is told', async (_what, keys) => {
      publish([a], { spiffe_sequence: 7 });
      expect(await find('a')).toBe('key');
      publish(keys, { spiffe_sequence: 6 });
      await next();
      expect(await find('a')).toBe('key');
      expect(await find('b')).toBe('unknown');
      expect(foreign.keys.health(domain).lastError).toContain('spiffe_sequence 6');
    });
    it.each([
      ['the same sequence', 7],
      ['a greater one', 8],
      ['none', undefined],
      ['one that is none', '6'],
      ['one that cannot be compared', 6.5],
    ])('SV-20 control: %s is believed', async (_what, sequence) => {
      publish([a], { spiffe_sequence: 7 });
      expect(await find('a')).toBe('key');
      publish([b], { spiffe_sequence: sequence });
      await next();
      expect(await find('b')).toBe('key');
      expect(await find('a')).toBe('unknown');
    });
    it('SV-20 counts again once the keys known before are too old, or when an administrator asks', async () => {
      publish([a], { spiffe_sequence: 7 });
      expect(await find('a')).toBe('key');
      publish([b], { spiffe_sequence: 6 });
      await foreign.keys.refresh(domain);
      expect(await find('b')).toBe('key');
      publish([a], { spiffe_sequence: 1 });
      await next();
      expect(await find('b')).toBe('key');
      await pass(3600 + 375);
      expect(await find('a')).toBe('key');
    });
    it('A10 one that shows private keys is believed, whatever it says', async () => {
      publish([a], { spiffe_sequence: 7 });
      expect(await find('a')).toBe('key');
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      publish([{ ...privateKey.export({ format: 'jwk' }), kid: 'x', use: 'jwt-svid' }, a], {
        spiffe_sequence: 6,
      });
      await next();
      expect(await find('a')).toBe('unknown');
    });
  });

  describe('SV-24 how often it is looked at', () => {
    it.each([
      ['300 where nothing is said', undefined, 300],
      ['what the hint says', 120, 120],
      ['at least 60', 1, 60],
      ['at least 60', 0, 60],
      ['at most 3600', 86_400, 3600],
      ['300 for a text', '120', 300],
      ['300 for a fraction', 90.5, 300],
      ['300 for a negative', -1, 300],
    ])('SV-24 %s (%s): after %i s and not before', async (_what, hint, interval) => {
      const members = hint === undefined ? {} : { spiffe_refresh_hint: hint };
      publish([a], members);
      await find('a');
      expect(fetches()).toBe(1);
      await pass(interval - 1);
      await find('a');
      await foreign.idle();
      expect(fetches()).toBe(1);
      await pass(1);
      await find('a');
      await foreign.idle();
      expect(fetches()).toBe(2);
    });
    it('SV-24 HTTP has no say in it', async () => {
      const text = JSON.stringify({ keys: [a], spiffe_refresh_hint: 60 });
      fetch.answer(() => ({ text, cacheControl: 'max-age=86400' }));
      await find('a');
      await pass(60);
      await find('a');
      await foreign.idle();
      expect(fetches()).toBe(2);
    });
    it('SV-24 a 304 leaves the hint of the bundle in force', async () => {
      fetch.answer(() => ({ text: JSON.stringify({ keys: [a], spiffe_refresh_hint: 3600 }) }));
      await find('a');
      fetch.answer(() => ({ notModified: true }));
      await pass(3600);
      await find('a');
      await foreign.idle();
      expect(fetches()).toBe(2);
      await pass(3599);
      await find('a');
      await foreign.idle();
      expect(fetches()).toBe(2);
      await pass(1);
      await find('a');
      await foreign.idle();
      expect(fetches()).toBe(3);
    });
    it('SV-24 always from the registered URL', async () => {
      publish([a], { spiffe_refresh_hint: 60 });
      await find('a');
      await pass(60);
      await find('a');
      await foreign.idle();
      expect(new Set(fetch.requests.map((request) => request.url))).toEqual(new Set([url]));
    });
  });

  it('SV-23 without a bundle endpoint nothing is fetched, nothing is derived from the name', async () => {
    publish([a]);
    const nameless = trustedIssuer({ issuer: 'spiffe://td.example', jwksUri: null });
    expect(await find('a', 'ES256', nameless)).toBe('unavailable');
    expect(fetches()).toBe(0);
  });

  it('a new key is found at once, and a bundle that changes replaces the old one whole', async () => {
    publish([a]);
    expect(await find('a')).toBe('key');
    publish([b]);
    expect(await find('b')).toBe('key');
    expect(await find('a')).toBe('unknown');
  });

  it('a pinned bundle: the same entries, and never a fetch', async () => {
    const keys = [
      { ...a, kty: 'EC' as const },
      { ...without(b, 'use'), kty: 'EC' as const },
    ];
    const pinned = trustedIssuer({ issuer: 'spiffe://td.example', jwks: { keys } });
    expect(await find('a', 'ES256', pinned)).toBe('key');
    expect(await find('b', 'ES256', pinned)).toBe('unfit');
    expect(fetches()).toBe(0);
    expect(foreign.keys.health(pinned)).toMatchObject({ source: 'pinned' });
  });

  it('health says where it comes from', async () => {
    publish([a]);
    await find('a');
    expect(foreign.keys.health(domain)).toMatchObject({
      source: 'bundle-endpoint',
      jwksUri: url,
      lastError: null,
      keys: [{ kid: 'a' }],
    });
  });
});
