import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TrustedIssuer } from '../../../src/core/trust/trusted-issuer.ts';
import {
  breathe,
  createForeignKeys,
  createScriptedFetch,
  type ForeignKeys,
  type ScriptedAnswer,
  type ScriptedFetch,
  trustedIssuer,
} from '../../support/foreign-keys.ts';

const jwk = (kid: string) => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid,
});
const [a, b] = [jwk('a'), jwk('b')];
const minutes = 60_000;

describe('keys of trusted issuers', () => {
  let fetch: ScriptedFetch;
  let foreign: ForeignKeys;
  const issuer = trustedIssuer({ issuer: 'https://idp.example', jwksUri: 'https://idp.example/jwks' });
  const find = async (kid: string | null, of: TrustedIssuer = issuer): Promise<string> =>
    (await foreign.keys.find(of, { alg: 'ES256', kid })).found;
  const answer = (next: ScriptedAnswer): void => fetch.answer(() => next);
  /** An answer that comes when the test says so. */
  const later = (): ((answer: ScriptedAnswer) => void) => {
    const { promise, resolve } = Promise.withResolvers<ScriptedAnswer>();
    fetch.answer(() => promise);
    return resolve;
  };

  beforeEach(() => {
    fetch = createScriptedFetch();
    foreign = createForeignKeys({ fetch });
    answer({ keys: [a], cacheControl: 'max-age=600' });
  });
  afterEach(() => foreign.keys.close());

  it('a set is fetched once and then served', async () => {
    expect([await find('a'), await find('a'), await find(null)]).toEqual(['key', 'key', 'key']);
    expect(fetch.requests).toHaveLength(1);
  });

  it('B25 5,000 requests at a cold start share one fetch', async () => {
    const resolve = later();
    const waiting = Array.from({ length: 5000 }, () => find('a'));
    await breathe();
    resolve({ keys: [a] });
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['key']));
    expect(fetch.requests).toHaveLength(1);
  });

  it('B25 and one failure', async () => {
    const resolve = later();
    const waiting = Array.from({ length: 5000 }, () => find('a'));
    await breathe();
    resolve({ failed: 'down.' });
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['unavailable']));
    expect(fetch.requests).toHaveLength(1);
  });

  it('A58 those that waited go on sixteen in a turn of the event loop, in the order in which they came', async () => {
    const resolve = later();
    const goneOn: number[] = [];
    const waiting = Array.from({ length: 40 }, async (_, index) => {
      await find('a');
      goneOn.push(index);
    });
    await breathe();
    resolve({ failed: 'down.' });
    const seen = new Set<number>();
    while (goneOn.length < 40) {
      await new Promise((turn) => setImmediate(turn));
      seen.add(goneOn.length);
    }
    await Promise.all(waiting);
    expect([...seen].filter((count) => count > 0)).toEqual([16, 32, 40]);
    expect(goneOn).toEqual(goneOn.toSorted((one, other) => one - other));
  });

  it('A58 and whoever need not wait for keys takes no turn', async () => {
    await find('a');
    const found = Array.from({ length: 40 }, () => find('a'));
    let inTurn = 0;
    for (const each of found) void each.then(() => (inTurn += 1));
    await new Promise((turn) => setImmediate(turn));
    expect(inTurn).toBe(40);
  });

  it('JF-15 a refresh in the background at 80 % of the lifetime; nobody waits for it', async () => {
    await find('a');
    foreign.clock.advance(479_000);
    await find('a');
    expect(fetch.requests).toHaveLength(1);
    foreign.clock.advance(2000);
    const resolve = later();
    expect(await find('a')).toBe('key');
    expect(fetch.requests).toHaveLength(2);
    resolve({ keys: [b] });
    await breathe();
    expect(await find('b')).toBe('key');
    expect(fetch.requests).toHaveLength(2);
  });

  it('JF-15 the refresh needs no request to begin', async () => {
    vi.useFakeTimers();
    await find('a');
    foreign.clock.advance(481_000);
    await vi.advanceTimersByTimeAsync(481_000);
    expect(fetch.requests).toHaveLength(2);
    vi.useRealTimers();
  });

  it('a set that nobody asked for in an hour is not kept fresh, and looked at again before it is used', async () => {
    vi.useFakeTimers();
    await find('a');
    for (let minute = 0; minute < 180; minute += 1) {
      foreign.clock.advance(minutes);
      await vi.advanceTimersByTimeAsync(minutes);
    }
    const kept = fetch.requests.length;
    expect(kept).toBeLessThan(12);
    vi.useRealTimers();
    answer({ keys: [b] });
    expect(await find('a')).toBe('unknown');
    expect(fetch.requests).toHaveLength(kept + 1);
  });

  it('A54 a set in use is looked at every 10 minutes, whatever max-age says', async () => {
    answer({ keys: [a], cacheControl: 'max-age=86400' });
    await find('a');
    foreign.clock.advance(10 * minutes);
    answer({ keys: [b], cacheControl: 'max-age=86400' });
    await find('a');
    await breathe();
    expect([await find('a'), await find('b')]).toEqual(['unknown', 'key']);
  });

  it('an idle set that went out of date is not used before one look at the issuer', async () => {
    await find('a');
    foreign.clock.advance(11 * minutes);
    answer({ keys: [b] });
    expect(await find('a')).toBe('unknown');
  });

  it('and serves stale when that look fails', async () => {
    await find('a');
    foreign.clock.advance(11 * minutes);
    answer({ failed: 'down.' });
    expect(await find('a')).toBe('key');
  });

  it('JF-13 after a first failure nothing is asked for 30 s, then 60 s', async () => {
    answer({ failed: 'down.' });
    for (let second = 0; second < 200; second += 1) {
      await find('a');
      if (second < 29) expect(fetch.requests).toHaveLength(1);
      foreign.clock.advance(1000);
    }
    // At 0, 30 and 90 s; the next one is due at 210 s.
    expect(fetch.requests).toHaveLength(3);
  });

  it('JF-13 an unavailable answer says when to come back, and why', async () => {
    answer({ failed: 'https://idp.example/jwks answered 500 instead of 200.' });
    expect(await foreign.keys.find(issuer, { alg: 'ES256', kid: 'a' })).toEqual({
      found: 'unavailable',
      detail: 'https://idp.example/jwks answered 500 instead of 200.',
      retryAfterSeconds: 30,
    });
    foreign.clock.advance(29_500);
    expect(await foreign.keys.find(issuer, { alg: 'ES256', kid: 'a' })).toMatchObject({
      retryAfterSeconds: 1,
    });
  });

  it('JF-13 a retry after a failure needs no request to begin', async () => {
    vi.useFakeTimers();
    answer({ failed: 'down.' });
    await find('a');
    answer({ keys: [a] });
    foreign.clock.advance(30_000);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(fetch.requests).toHaveLength(2);
    vi.useRealTimers();
    expect(foreign.keys.health(issuer).keys).toHaveLength(1);
  });

  it('JF-13 A50 the pause after a failure holds for unknown kids, too', async () => {
    await find('a');
    answer({ failed: 'down.' });
    foreign.clock.advance(9 * minutes);
    await find('a');
    await breathe();
    for (let i = 0; i < 100; i += 1) expect(await find(`random-${i}`)).toBe('unknown');
    expect(fetch.requests).toHaveLength(2);
    answer({ keys: [a, b] });
    foreign.clock.advance(30_000);
    expect(await find('b')).toBe('key');
  });

  it('JF-08 nobody waits for the retries of an issuer that is down while its keys still serve', async () => {
    await find('a');
    answer({ failed: 'down.' });
    foreign.clock.advance(11 * minutes);
    await find('a');
    later();
    foreign.clock.advance(minutes);
    const answers: string[] = [];
    const asked = find('a').then((found) => answers.push(found));
    await breathe();
    expect(answers).toEqual(['key']);
    expect(fetch.requests).toHaveLength(3);
    await asked;
  });

  it('JF-05 discovery and key set share the 5 s', async () => {
    const discovered = trustedIssuer({ issuer: 'https://idp.example' });
    fetch.answer(({ url }) =>
      url.endsWith('/openid-configuration')
        ? { text: JSON.stringify({ issuer: 'https://idp.example', jwks_uri: 'https://idp.example/jwks' }) }
        : { keys: [a] },
    );
    expect(await find('a', discovered)).toBe('key');
    // A scripted answer takes 1 ms.
    expect(fetch.requests.map((request) => request.withinMilliseconds)).toEqual([5000, 4999]);
  });

  it('B33 the wall clock decides nothing', async () => {
    await find('a');
    foreign.clock.jump(48 * 60 * minutes);
    expect(await find('a')).toBe('key');
    foreign.clock.jump(-96 * 60 * minutes);
    expect(await find('a')).toBe('key');
    expect(fetch.requests).toHaveLength(1);
  });

  it('JF-10 an unknown kid is looked for once, at once', async () => {
    await find('a');
    answer({ keys: [a, b] });
    expect(await find('b')).toBe('key');
    expect(fetch.requests).toHaveLength(2);
  });

  it('B22 the first token of every rotation works, however prompt', async () => {
    await find('a');
    for (let rotation = 0; rotation < 20; rotation += 1) {
      const next = jwk(`k${rotation}`);
      answer({ keys: [next] });
      expect(await find(`k${rotation}`)).toBe('key');
    }
    expect(fetch.requests).toHaveLength(21);
  });

  it('JF-10 a cold token with an unknown kid costs one fetch, not two', async () => {
    expect(await find('x')).toBe('unknown');
    expect(fetch.requests).toHaveLength(1);
  });

  it('an unknown kid waits no longer than it may; the fetch goes on and its keys count', async () => {
    await find('a');
    const resolve = later();
    expect(await find('b')).toBe('unknown');
    resolve({ keys: [a, b] });
    await breathe();
    expect(await find('b')).toBe('key');
    expect(fetch.requests).toHaveLength(2);
  });

  it.each<[string, ScriptedAnswer, string]>([
    ['a failure', { failed: 'down.' }, 'unavailable'],
    ['HTML', { text: '<html>' }, 'unavailable'],
    ['keys null', { text: '{"keys":null}' }, 'unavailable'],
    ['101 keys', { keys: Array.from({ length: 101 }, () => a) }, 'unavailable'],
    ['an empty set', { keys: [] }, 'unknown'],
    ['no usable key', { keys: [{ kty: 'oct', k: 'AA' }] }, 'unknown'],
  ])('A51 %s does not end a good set before its stale limit; then it counts', async (_what, bad, atLast) => {
    await find('a');
    answer(bad);
    // Fresh for 10 minutes and usable for an hour more; asked for every 5 minutes.
    for (let minute = 5; minute < 70; minute += 5) {
      foreign.clock.advance(5 * minutes);
      expect(await find('a')).toBe('key');
      await breathe();
    }
    expect(fetch.requests.length).toBeGreaterThan(5);
    expect(foreign.keys.health(issuer)).toMatchObject({
      keys: [{ kid: 'a' }],
      lastError: expect.any(String),
    });
    foreign.clock.advance(5 * minutes);
    expect(await find('a')).toBe(atLast);
    answer({ keys: [a] });
    foreign.clock.advance(5 * minutes);
    await find('a');
    await breathe();
    expect(await find('a')).toBe('key');
  });

  it('an administrator who asks is believed: an empty set empties (JF-09)', async () => {
    await find('a');
    answer({ keys: [] });
    const health = await foreign.keys.refresh(issuer);
    expect(health).toMatchObject({ keys: [], lastError: expect.stringContaining('empty key set') });
    expect(await find('a')).toBe('unknown');
  });

  it('a failure is not believed, forced or not', async () => {
    await find('a');
    answer({ failed: 'https://idp.example/jwks answered 500 instead of 200.' });
    expect(await foreign.keys.refresh(issuer)).toMatchObject({
      keys: [{ kid: 'a' }],
      lastError: expect.stringContaining('answered 500'),
    });
    expect(await find('a')).toBe('key');
  });

  it('A10 a set with private keys ends the trust in all of them at once', async () => {
    await find('a');
    const leaked = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    answer({ keys: [a, { ...leaked, kid: 'b' }] });
    foreign.clock.advance(9 * minutes);
    await find('a');
    await breathe();
    expect(await find('a')).toBe('unknown');
    expect(foreign.keys.health(issuer).lastError).toContain('private keys');
    expect(JSON.stringify([foreign.log, foreign.keys.health(issuer)])).not.toContain(leaked.d);
  });

  it('JF-07 304 renews the lifetime and keeps the keys', async () => {
    answer({ keys: [a], etag: '"1"' });
    await find('a');
    answer({ notModified: true, cacheControl: 'max-age=600' });
    foreign.clock.advance(9 * minutes);
    await find('a');
    await breathe();
    expect(fetch.requests[1]).toMatchObject({ ifNoneMatch: '"1"' });
    expect(foreign.keys.health(issuer)).toMatchObject({
      lastError: null,
      freshUntil: foreign.clock.now() + 600_000,
      keys: [{ kid: 'a' }],
    });
  });

  it.each(['"bad\r\nX: 1"', 'unquoted', `"${'e'.repeat(300)}"`])(
    'a validator that cannot be sent back is not: %j',
    async (etag) => {
      answer({ keys: [a], etag });
      await find('a');
      foreign.clock.advance(9 * minutes);
      await find('a');
      expect(fetch.requests[1]).toMatchObject({ ifNoneMatch: null });
    },
  );

  it('a forced refresh is a plain request that asks for everything anew, pause or not', async () => {
    answer({ keys: [a], etag: '"1"' });
    await find('a');
    await foreign.keys.refresh(issuer);
    expect(fetch.requests[1]).toMatchObject({ ifNoneMatch: null });
    answer({ failed: 'down.' });
    await foreign.keys.refresh(issuer);
    await foreign.keys.refresh(issuer);
    expect(fetch.requests).toHaveLength(4);
  });

  it('forced refreshes share one fetch, and overtake one that began before', async () => {
    const first = later();
    const cold = find('a');
    await breathe();
    const second = later();
    const forced = Promise.all([foreign.keys.refresh(issuer), foreign.keys.refresh(issuer)]);
    await breathe();
    expect(fetch.requests).toHaveLength(2);
    expect(fetch.requests[0]?.signal?.aborted).toBe(true);
    first({ keys: [a] });
    await breathe();
    expect(foreign.keys.health(issuer).keys).toEqual([]);
    second({ keys: [b] });
    expect((await forced).map((health) => health.keys[0]?.kid)).toEqual(['b', 'b']);
    expect(await cold).toBe('unknown');
  });

  it('health without any fetch says what is known', () => {
    expect(foreign.keys.health(issuer)).toEqual({
      source: 'jwks-uri',
      jwksUri: 'https://idp.example/jwks',
      keys: [],
      ignored: [],
      fetchedAt: null,
      freshUntil: null,
      usableUntil: null,
      lastAttemptAt: null,
      lastError: null,
      clockOffsetSeconds: null,
    });
    expect(fetch.requests).toHaveLength(0);
  });

  it('health after a good fetch names keys, times and what was ignored', async () => {
    answer({ keys: [a, { kty: 'oct', k: 'c2VjcmV0', kid: 's' }], cacheControl: 'max-age=600' });
    const now = foreign.clock.now();
    expect(await foreign.keys.refresh(issuer)).toEqual({
      source: 'jwks-uri',
      jwksUri: 'https://idp.example/jwks',
      keys: [{ kid: 'a', kty: 'EC', alg: null, thumbprint: expect.stringMatching(/^[\w-]{43}$/) }],
      ignored: ['The entry "s" is a symmetric key, which must never be published.'],
      fetchedAt: now,
      freshUntil: now + 600_000,
      usableUntil: now + 4_200_000,
      lastAttemptAt: now,
      lastError: null,
      clockOffsetSeconds: null,
    });
  });

  describe('what a receipt says of a key that was not found', () => {
    const detail = async (kid: string | null, alg: 'ES256' | 'RS256' = 'ES256'): Promise<string> => {
      const lookup = await foreign.keys.find(issuer, { alg, kid });
      if (lookup.found === 'key') throw new Error('the key was found');
      return lookup.detail;
    };

    it('the keys of the set, when it was fetched, and when it may be fetched again', async () => {
      answer({ keys: [a, b], cacheControl: 'max-age=600' });
      await find('a');
      foreign.clock.advance(minutes);
      expect(await detail('c')).toBe(
        'The key "c" is not in the set. The set was last fetched at 2026-01-01T00:01:00Z and has the keys "a", "b". For an unknown key it is fetched again at 2026-01-01T00:01:30Z at the earliest.',
      );
      expect(await detail(null, 'RS256')).toMatch(/^No key of the set fits RS256\. .*"a", "b"/);
    });

    it('that the key was there and the issuer withdrew it', async () => {
      answer({ keys: [a, b], cacheControl: 'max-age=600' });
      await find('a');
      answer({ keys: [b], cacheControl: 'max-age=600' });
      foreign.clock.advance(11 * minutes);
      expect(await detail('a')).toContain(
        'It was in the set before and was gone when the set was fetched at 2026-01-01T00:11:00Z: the issuer withdrew it',
      );
      expect(await detail('never')).not.toContain('withdrew');
      answer({ keys: [a, b], cacheControl: 'max-age=600' });
      await foreign.keys.refresh(issuer);
      expect(await find('a')).toBe('key');
      expect(await detail('never')).toContain('"a", "b"');
    });

    it('of a set with many keys, the first ten; of a long name, its beginning', async () => {
      const many = Array.from({ length: 12 }, (_unused, index) => jwk(`k${index}`));
      answer({ keys: [jwk('x'.repeat(200)), ...many], cacheControl: 'max-age=600' });
      await find('k1');
      const text = await detail('gone');
      expect(text).toContain(`"${'x'.repeat(64)}…", "k0"`);
      expect(text).toContain('"k8" and 3 more.');
    });

    it('of a pinned set, that it is never fetched', async () => {
      const pinned = trustedIssuer({ issuer: 'https://idp.example', jwks: { keys: [a as never] } });
      const lookup = await foreign.keys.find(pinned, { alg: 'ES256', kid: 'c' });
      expect(lookup).toMatchObject({
        found: 'unknown',
        detail:
          'The key "c" is not in the set. The pinned set has the key "a", and is never fetched: when the issuer changes its keys, give the trusted issuer the new set (jwks).',
      });
    });

    it('B21 an issuer that renames its keys without end is remembered up to a set of them', async () => {
      for (let round = 0; round < 120; round += 1) {
        answer({ keys: [jwk(`round-${round}`)] });
        await foreign.keys.refresh(issuer);
      }
      expect(await detail('round-118')).toContain('withdrew');
      expect(await detail('round-1')).not.toContain('withdrew');
    });
  });

  describe('the clock of an issuer', () => {
    const now = Date.UTC(2026, 0, 1);
    const dated = (seconds: number): string => new Date(now + seconds * 1000).toUTCString();

    it.each([
      ['says the same', dated(0), undefined, 0],
      ['is ahead', dated(305), undefined, 305],
      ['is behind', dated(-90), '0', -90],
      ['cannot be told from a cached answer', dated(-90), '90', null],
      ['says nothing readable', 'yesterday', undefined, null],
      ['is beyond belief', 'Thu, 01 Jan 1970 00:00:00 GMT', undefined, null],
    ])('%s', async (_title, date, age, seconds) => {
      answer({ keys: [a], date, ...(age === undefined ? {} : { age }) });
      expect((await foreign.keys.refresh(issuer)).clockOffsetSeconds).toBe(seconds);
      expect(await foreign.keys.find(issuer, { alg: 'ES256', kid: 'a' })).toMatchObject({
        found: 'key',
        clockOffsetSeconds: seconds,
      });
    });
  });

  it('a defect while reading keys is a failed fetch, not the end of the process', async () => {
    foreign.keys.close();
    foreign = createForeignKeys({
      fetch,
      verifier: {
        importKey: () => {
          throw new TypeError('defect');
        },
      },
    });
    expect(await find('a')).toBe('unavailable');
    expect(foreign.log).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('fault') }),
    );
  });

  it('closing ends what is under way; nothing is found any more', async () => {
    later();
    const waiting = find('a');
    await breathe();
    foreign.keys.close();
    expect(await waiting).toBe('unavailable');
    expect(fetch.requests[0]?.signal?.aborted).toBe(true);
  });
});

describe('what a set belongs to (A08, A56, JF-14)', () => {
  const base = trustedIssuer({ id: '1', issuer: 'https://idp.example', jwksUri: 'https://idp.example/jwks' });
  let fetch: ScriptedFetch;
  let foreign: ForeignKeys;
  const find = async (of: TrustedIssuer, kid = 'a'): Promise<string> =>
    (await foreign.keys.find(of, { alg: 'ES256', kid })).found;
  beforeEach(() => {
    fetch = createScriptedFetch();
    foreign = createForeignKeys({ fetch });
    fetch.answer(() => ({ keys: [a] }));
  });
  afterEach(() => foreign.keys.close());

  it.each<[string, Partial<TrustedIssuer>]>([
    ['issuer', { issuer: 'https://other.example' }],
    ['JWKS URI', { jwksUri: 'https://idp.example/other' }],
    ['JWKS URI to discovery', { jwksUri: null }],
    ['CA', { caCertificates: 'PEM' }],
    ['pinned set', { jwks: { keys: [{ ...b, kty: 'EC' }] } }],
  ])('an edit of the %s drops the old keys at once', async (_what, changes) => {
    await find(base);
    fetch.answer(() => ({ failed: 'down.' }));
    expect(await find({ ...base, ...changes, version: 2 })).not.toBe('key');
  });

  it.each<[string, Partial<TrustedIssuer>]>([
    ['algorithms', { algorithms: ['ES256'] }],
    ['replay', { replay: 'single-use' }],
    ['stale limit', { staleIfErrorSeconds: 7200 }],
    ['nothing', {}],
  ])('an edit of %s keeps them', async (_what, changes) => {
    await find(base);
    fetch.answer(() => ({ failed: 'down.' }));
    expect(await find({ ...base, ...changes, version: 2 })).toBe('key');
    expect(fetch.requests).toHaveLength(1);
  });

  it('a request that began before an edit does not bring the old source back', async () => {
    await find(base);
    fetch.answer(() => ({ keys: [b] }));
    await find({ ...base, jwksUri: 'https://idp.example/other', version: 2 }, 'b');
    expect(await find(base)).toBe('unknown');
    expect(new Set(fetch.requests.slice(1).map((request) => request.url))).toEqual(
      new Set(['https://idp.example/other']),
    );
  });

  it('a forgotten set is fetched anew, and one under way is given up', async () => {
    await find(base);
    foreign.keys.forget('default', '1');
    await find(base);
    expect(fetch.requests).toHaveLength(2);
    fetch.answer(() => new Promise(() => undefined));
    foreign.keys.forget('default', '1');
    const waiting = find(base);
    await breathe();
    foreign.keys.forget('default', '1');
    expect(await waiting).toBe('unavailable');
  });

  it('JF-14 two tenants share an id and a URL, never a set', async () => {
    await find(base);
    fetch.answer(() => ({ keys: [b] }));
    expect(await find({ ...base, tenant: 'acme' })).toBe('unknown');
    expect(await find(base)).toBe('key');
    foreign.keys.forget('acme', '1');
    fetch.answer(() => ({ failed: 'down.' }));
    expect(await find(base)).toBe('key');
  });

  it('names that only look alike are not the same issuer', async () => {
    await find({ ...base, tenant: 'a', id: 'b' });
    await find({ ...base, tenant: 'a"', id: 'b' });
    await find({ ...base, tenant: 'a","b', id: '' });
    expect(fetch.requests).toHaveLength(3);
  });
});
