// What a hostile or broken issuer can do to the keys that are held, and to other issuers.
import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNameLookUp } from '../../src/adapters/outbound/look-up-name.ts';
import type { TrustedIssuer } from '../../src/core/trust/trusted-issuer.ts';
import { createFakeIssuer, type FakeIssuer, type FakeIssuerMode } from '../support/fake-issuer.ts';
import { createForeignKeys, type ForeignKeys, trustedIssuer } from '../support/foreign-keys.ts';
import { createFakeNameServer } from '../support/fake-name-server.ts';
import { createManualClock } from '../support/manual-clock.ts';

const minutes = 60_000;
let issuer: FakeIssuer;
let foreign: ForeignKeys;
let trusted: TrustedIssuer;
beforeEach(async () => {
  issuer = await createFakeIssuer();
  foreign = createForeignKeys({ allow: '127.0.0.0/8' });
  trusted = trustedIssuer({ issuer: issuer.issuer, jwksUri: issuer.jwksUri });
});
afterEach(async () => {
  foreign.keys.close();
  await issuer.close();
});
const find = async (kid: string | null, of: TrustedIssuer = trusted): Promise<string> =>
  (await foreign.keys.find(of, { alg: 'ES256', kid })).found;
const genuine = (): string => issuer.keys[0]?.kid ?? '';
const failures = (): number => foreign.log.filter((line) => line.level === 'warn').length;
/** Shorter limits, for an issuer that answers never or slowly. */
const hurry = (mode: FakeIssuerMode): void => {
  if (!['hang', 'hang-in-body', 'drip'].includes(mode)) return;
  foreign.keys.close();
  foreign = createForeignKeys({ allow: '127.0.0.0/8', limits: { totalMilliseconds: 1500 } });
};

describe('A50 flood of unknown kid', () => {
  it.each<FakeIssuerMode>(['ok', '500', 'hang', 'reset', 'empty'])(
    'issuer %s: at most one fetch in 30 s, genuine tokens all pass',
    async (mode) => {
      hurry(mode);
      expect(await find(genuine())).toBe('key');
      issuer.setMode(mode);
      const before = issuer.hits();
      const answers = new Set<string>();
      for (let i = 0; i < 1000; i += 1) {
        answers.add(await find(`random-${i}`));
        if (i % 10 === 0) expect(await find(genuine())).toBe('key');
      }
      for (const found of await Promise.all(Array.from({ length: 200 }, (_, i) => find(`parallel-${i}`))))
        answers.add(found);
      expect(answers).toEqual(new Set(['unknown']));
      expect(issuer.hits() - before).toBeLessThanOrEqual(1);
      foreign.clock.advance(29_000);
      await find('another');
      expect(issuer.hits() - before).toBeLessThanOrEqual(1);
      expect(await find(genuine())).toBe('key');
    },
  );

  it('the control: after 30 s a key that is new is found', async () => {
    await find(genuine());
    await find('random');
    await foreign.idle();
    const { kid } = await issuer.rotate();
    expect(await find(kid)).toBe('unknown');
    foreign.clock.advance(30_000);
    await find(kid);
    await foreign.idle();
    expect(await find(kid)).toBe('key');
  });

  it('200 in parallel at a cold start share one fetch', async () => {
    const found = await Promise.all(
      Array.from({ length: 200 }, (_, i) => find(i % 2 === 0 ? `random-${i}` : genuine())),
    );
    expect(found.filter((answer) => answer === 'key')).toHaveLength(100);
    expect(issuer.hits()).toBeLessThanOrEqual(2);
  });
});

describe('A51 a bad refresh does not evict good keys', () => {
  it.each<FakeIssuerMode>([
    '500',
    '404',
    'empty',
    'no-keys',
    'html',
    'truncated',
    'hang',
    'reset',
    '204',
    'redirect',
    'gzip-bomb',
    'huge',
  ])(
    'refresh answered with %s, beside a kid flood: the known kid stays good',
    async (mode) => {
      hurry(mode);
      expect(await find(genuine())).toBe('key');
      issuer.setMode(mode);
      for (let minute = 8; minute < 68; minute += 10) {
        foreign.clock.advance(minute === 8 ? 8 * minutes : 10 * minutes);
        const before = failures();
        await Promise.all([find('flood-1'), find('flood-2'), find(genuine())]);
        await foreign.idle();
        expect(failures()).toBeGreaterThan(before);
        expect(await find(genuine())).toBe('key');
      }
    },
    20_000,
  );

  it('the control: a good refresh without the key ends it', async () => {
    const old = genuine();
    expect(await find(old)).toBe('key');
    await issuer.rotate({ keepOld: false });
    foreign.clock.advance(8 * minutes);
    await find(old);
    await foreign.idle();
    expect(await find(old)).toBe('unknown');
  });

  it('B21 an issuer that flaps keeps its keys', async () => {
    await find(genuine());
    for (const mode of ['ok', 'empty', 'html', 'ok', 'html', 'empty', 'ok'] as const) {
      issuer.setMode(mode);
      foreign.clock.advance(8 * minutes);
      await find(genuine());
      await foreign.idle();
      expect(await find(genuine())).toBe('key');
    }
  });
});

describe('A52 huge, slow or compressed key sets', () => {
  it.each<FakeIssuerMode>(['huge', 'gzip-bomb', 'drip', 'hang', 'hang-in-body', 'endless-headers'])(
    '%s: unavailable, other issuers unaffected',
    async (mode) => {
      hurry(mode);
      const healthy = await createFakeIssuer();
      issuer.setMode(mode);
      const [bad, good] = await Promise.all([
        foreign.keys.find(trusted, { alg: 'ES256', kid: genuine() }),
        find(healthy.keys[0]?.kid ?? '', trustedIssuer({ issuer: healthy.issuer })),
      ]);
      expect(bad).toMatchObject({ found: 'unavailable', retryAfterSeconds: 30 });
      expect(good).toBe('key');
      await healthy.close();
    },
  );

  it('10,000 keys: unavailable; 100: fine', async () => {
    const [key] = issuer.keys;
    const many = (count: number) => ({
      keys: Array.from({ length: count }, (_, i) => ({ ...key?.jwk, kid: `k${i}` })),
    });
    issuer.setJwks(many(10_000));
    expect(await find('k1')).toBe('unavailable');
    issuer.setJwks(many(101));
    foreign.clock.advance(30_000);
    expect(await find('k1')).toBe('unavailable');
    issuer.setJwks(many(100));
    foreign.clock.advance(60_000);
    expect(await find('k1')).toBe('key');
  });
});

describe('A53 stale keys trusted for ever', () => {
  it.each([
    [3600, 'the default'],
    [0, 'none'],
    [86_400, 'the most'],
  ])('with a stale limit of %i s (%s) keys serve until exactly then', async (staleIfErrorSeconds) => {
    issuer.setCacheControl('max-age=600');
    const limited = { ...trusted, staleIfErrorSeconds };
    await find(genuine(), limited);
    issuer.setMode('500');
    foreign.clock.advance(599_000);
    expect(await find(genuine(), limited)).toBe('key');
    await foreign.idle();
    foreign.clock.advance(staleIfErrorSeconds * 1000);
    expect(await find(genuine(), limited)).toBe('key');
    await foreign.idle();
    foreign.clock.advance(1000);
    expect(await find(genuine(), limited)).toBe('unavailable');
    issuer.setMode('ok');
    foreign.clock.advance(5 * minutes);
    expect(await find(genuine(), limited)).toBe('key');
  });

  it('304 counts as good: an issuer that only confirms is never stale', async () => {
    issuer.setCacheControl('max-age=600');
    for (let look = 0; look < 20; look += 1) {
      expect(await find(genuine())).toBe('key');
      foreign.clock.advance(9 * minutes);
      await find(genuine());
      await foreign.idle();
    }
    expect(issuer.requests.filter((request) => request.headers['if-none-match'] !== undefined)).toHaveLength(
      20,
    );
  });
});

describe('A54 removed key', () => {
  it.each([null, 'max-age=86400', 'max-age=600', 'no-store'])(
    'Cache-Control %s: refused within 10 min and one fetch',
    async (cacheControl) => {
      issuer.setCacheControl(cacheControl);
      const old = genuine();
      expect(await find(old)).toBe('key');
      await issuer.rotate({ keepOld: false });
      foreign.clock.advance(10 * minutes);
      await find(old);
      await foreign.idle();
      expect(await find(old)).toBe('unknown');
      expect(await find(genuine())).toBe('key');
    },
  );

  it('at once when an administrator forces it', async () => {
    const old = genuine();
    await find(old);
    await issuer.rotate({ keepOld: false });
    expect(await find(old)).toBe('key');
    const health = await foreign.keys.refresh(trusted);
    expect(health).toMatchObject({ jwksUri: issuer.jwksUri, keys: [{ kid: genuine() }], lastError: null });
    expect([await find(old), await find(genuine())]).toEqual(['unknown', 'key']);
  });
});

describe('A56 old keys survive no edit', () => {
  it('a token of the old key is refused at once after the JWKS URI changed, while the new one is down, too', async () => {
    const other = await createFakeIssuer();
    const old = genuine();
    expect(await find(old)).toBe('key');
    const edited = { ...trusted, jwksUri: other.jwksUri, version: 2 };
    expect(await find(old, edited)).toBe('unknown');
    expect(await find(other.keys[0]?.kid ?? '', edited)).toBe('key');
    const pinned = { ...edited, jwksUri: null, jwks: { keys: [] }, version: 3 };
    expect(await find(other.keys[0]?.kid ?? '', pinned)).toBe('unknown');
    other.setMode('500');
    expect(await find(old, { ...edited, version: 4 })).toBe('unavailable');
    await other.close();
  });
});

describe('A57 malformed sets', () => {
  const bodies: readonly (string | Uint8Array)[] = [
    '',
    ' ',
    'null',
    'true',
    '1',
    '"keys"',
    '[]',
    '{}',
    '{"keys"}',
    '{"keys":}',
    '{"keys":null}',
    '{"keys":{}}',
    '{"keys":"x"}',
    '{"keys":1}',
    '{"Keys":[]}',
    '{"keys":[}',
    '{"keys":[]',
    '{"keys":[],}',
    '{"keys":[,]}',
    "{'keys':[]}",
    '{keys:[]}',
    '{"keys":[]}x',
    '{"keys":[]}{"keys":[]}',
    '{"keys":[NaN]}',
    '{"keys":[01]}',
    '{"keys":["\u0001"]}',
    '{"keys":["\\x"]}',
    '{"keys":[]}\u0000',
    '/**/{"keys":[]}',
    '['.repeat(100_000),
    '{"a":'.repeat(50_000),
    '{"__proto__":{"keys":[]}}',
    '\ufeff\ufeff{"keys":[]}',
    new Uint8Array([0xff, 0xfe, 0x7b, 0x00]),
    new Uint8Array([0x7b, 0x80, 0x7d]),
    new Uint8Array(1000),
  ];

  it.each(bodies.map((body, i) => [i, body] as const))(
    'body %i is no key set: unavailable, never a fault',
    async (_i, body) => {
      issuer.setJwks(body);
      expect(await find('k')).toBe('unavailable');
      expect(foreign.keys.health(trusted).lastError).toContain(issuer.jwksUri);
      issuer.setJwks(null);
      foreign.clock.advance(30_000);
      expect(await find(genuine())).toBe('key');
    },
  );

  it.each<[string, unknown]>([
    ['null entries', null],
    ['numbers', 7],
    ['nested arrays', [[[]]]],
    ['an unknown kty', { kty: 'unknown', kid: 'x' }],
    ['__proto__ as a member', JSON.parse('{"__proto__":{"kty":"EC"},"kid":"x"}')],
    ['members of the wrong type', { kty: 'EC', crv: 1, x: {}, y: [], kid: 'x' }],
    ['constructor as kid', { kty: 'EC', kid: 'constructor' }],
    ['base64 that is none', { kty: 'EC', crv: 'P-256', x: '*', y: '*', kid: 'x' }],
  ])('%s are skipped, the good key is kept', async (_what, entry) => {
    issuer.setJwks({ keys: [entry, issuer.keys[0]?.jwk, entry] });
    expect(await find(genuine())).toBe('key');
    expect(await find('constructor')).not.toBe('key');
  });

  it('a member named twice makes the set none: two readers could disagree about its keys', async () => {
    issuer.setJwks(`{"keys":[],"keys":${JSON.stringify([issuer.keys[0]?.jwk])}}`);
    expect(await find(genuine())).toBe('unavailable');
  });
});

describe('A58 one slow issuer slows all', () => {
  it('B23 twenty names whose server never answers: a healthy issuer and the thread pool go on', async () => {
    const server = await createFakeNameServer('hang');
    const lookUp = createNameLookUp(createManualClock(), { servers: [server.address] });
    const keys = createForeignKeys({ allow: '127.0.0.0/8', lookUp });
    let settled = 0;
    const hanging = Array.from({ length: 20 }, (_, i) =>
      keys.keys
        .find(trustedIssuer({ issuer: `https://hanging-${i}.example` }), { alg: 'ES256', kid: 'k' })
        .finally(() => {
          settled += 1;
        }),
    );
    await promisify(pbkdf2)('password', 'salt', 1, 32, 'sha256');
    expect((await keys.keys.find(trusted, { alg: 'ES256', kid: genuine() })).found).toBe('key');
    expect(settled).toBe(0);
    keys.keys.close();
    expect(new Set((await Promise.all(hanging)).map((lookup) => lookup.found))).toEqual(
      new Set(['unavailable']),
    );
    await server.close();
  });

  it('B24 twenty issuers that hang: a healthy one is served', async () => {
    const slow = await Promise.all(Array.from({ length: 20 }, () => createFakeIssuer()));
    let settled = 0;
    const keys = createForeignKeys({ allow: '127.0.0.0/8' });
    const hanging = slow.map((one) => {
      one.setMode('hang');
      return keys.keys
        .find(trustedIssuer({ issuer: one.issuer, jwksUri: one.jwksUri }), { alg: 'ES256', kid: 'k' })
        .finally(() => {
          settled += 1;
        });
    });
    expect((await keys.keys.find(trusted, { alg: 'ES256', kid: genuine() })).found).toBe('key');
    expect(settled).toBe(0);
    keys.keys.close();
    await Promise.all([...hanging, ...slow.map((one) => one.close())]);
  });
});
