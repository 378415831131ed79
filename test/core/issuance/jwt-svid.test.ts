import { describe, expect, it } from 'vitest';
import { checkSvid } from '../../../src/core/issuance/svid/check-svid.ts';
import { inspectSvid, type SvidExpectations } from '../../../src/core/issuance/svid/inspect-svid.ts';
import { buildJwtSvidClaims } from '../../../src/core/issuance/svid/jwt-svid.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import {
  compiled,
  contractExample,
  kubernetesClaims,
  payload,
  templateData,
} from '../../support/svid-samples.ts';
import { expectGranted, expectRefused } from '../../support/verdicts.ts';

const now = 1_800_000_000;
const issuer = 'https://sts.example.com/spiffe';
const terms = {
  issuer,
  audience: contractExample.audience,
  lifetimeMinutes: 15,
  notAfter: null,
  jti: 'jti-1',
  now,
} as const;
const build = (
  changes: Parameters<typeof compiled>[0] = {},
  claims: JsonObject | null = kubernetesClaims,
  more: Partial<Parameters<typeof buildJwtSvidClaims>[2]> = {},
) => buildJwtSvidClaims(compiled(changes), templateData(claims), { ...terms, ...more });
const literal = (value: string) => ({ subject: { type: 'literal', value } }) as const;
const dynamic = (value: string) => ({ subject: { type: 'dynamic', value } }) as const;

describe('buildJwtSvidClaims', () => {
  it('SV-11 SV-12 SV-13 SV-14 makes the example of the contract', () => {
    expect(expectGranted(build())).toEqual({
      iss: issuer,
      sub: 'spiffe://example.com/ns/prod/sa/api',
      aud: ['my-service.example.com'],
      iat: now,
      exp: now + 900,
      jti: 'jti-1',
      environment: 'production',
      cluster: 'prod-eu-1',
    });
  });

  it('SV-13 has whole seconds, also at a fraction of one', () => {
    expect(expectGranted(build({}, kubernetesClaims, { now: now + 0.9 }))).toMatchObject({
      iat: now,
      exp: now + 900,
    });
  });

  it.each([
    ['1 min', 1, null, 60],
    ['60 min', 60, null, 3600],
    ['no longer than the exchanged token', 15, now + 100.9, 100],
    ['as configured where the exchanged token lives longer', 15, now + 5000, 900],
  ])('SV-13 lives %s', (_title, lifetimeMinutes, notAfter, seconds) => {
    const { iat, exp } = expectGranted(build({}, kubernetesClaims, { lifetimeMinutes, notAfter }));
    expect(exp - iat).toBe(seconds);
  });
  it('SV-13 is refused where nothing of the exchanged token is left', () => {
    expectRefused(build({}, kubernetesClaims, { notAfter: now + 0.5 }), 'expired', 'svid.lifetime');
  });

  it('A76 a claim of its provider never replaces one of ours, whatever got past the rules', () => {
    const forged = { ...compiled(), claims: [{ name: 'sub', value: { literal: 'spiffe://evil/x' } }] };
    expect(expectGranted(buildJwtSvidClaims(forged, templateData(kubernetesClaims), terms)).sub).toBe(
      'spiffe://example.com/ns/prod/sa/api',
    );
  });

  it('A78 claims that are too large together are refused, and just fit below that', () => {
    const claims = [{ name: 'big', type: 'dynamic', value: payload('big') }] as const;
    const big = (length: number) => build({ claims }, { ...kubernetesClaims, big: 'a'.repeat(length) });
    expectGranted(big(5800));
    expectRefused(big(6144), 'svid_too_large', 'svid.size');
  });
});

describe('A75 a value in the path', () => {
  const subject = dynamic(`spiffe://example.com/sa/${payload('x')}`);
  const mint = (x: JsonObject[string]) => build(subject, { x });

  it.each(['api', 'API', 'a-b_c.1', '...', '-', '_', 'a..b', '.a'])('A75 %s is good', (value) => {
    expect(expectGranted(mint(value)).sub).toBe(`spiffe://example.com/sa/${value}`);
  });
  it.each([
    '../admin',
    'a/b',
    'a//b',
    '/',
    '.',
    '..',
    '',
    '%2e%2e',
    'a?b',
    'a#b',
    'ä',
    'a b',
    ' a',
    'a\n',
    'a\u0000',
    '${x}',
    'a:b',
    'a\\b',
    '．．',
  ])('A75 %j is refused and never cleaned up', (value) => {
    expectRefused(mint(value), 'svid_subject_invalid', 'svid.subject');
  });
  it('A75 of all 256 code points only those of a segment get in', () => {
    for (let code = 0; code < 256; code += 1) {
      const character = String.fromCodePoint(code);
      expect([code, mint(`a${character}`).ok]).toEqual([code, /[A-Za-z0-9._-]/.test(character)]);
    }
  });
  it.each<[JsonObject[string]]>([[1], [true], [false], [['a']], [{ a: 1 }]])(
    'A78 %j is no text for a path',
    (value) => {
      expectRefused(mint(value), 'svid_subject_invalid', 'svid.subject');
    },
  );
  it.each<[JsonObject]>([[{}], [{ x: null }]])('A77 %j has no value', (claims) => {
    expectRefused(build(subject, claims), 'svid_value_missing', 'svid.subject');
  });
  it('A78 SV-04 an ID of 2048 bytes is made, one of 2049 refused', () => {
    const room = 2048 - 'spiffe://example.com/sa/'.length;
    expect(expectGranted(mint('a'.repeat(room))).sub).toHaveLength(2048);
    expectRefused(mint('a'.repeat(room + 1)), 'svid_subject_invalid', 'svid.subject');
    expectRefused(mint('a'.repeat(1_000_000)), 'svid_subject_invalid', 'svid.subject');
  });
  it('A75 two values are a segment together, and the whole is read once more', () => {
    const dots = dynamic(`spiffe://example.com/${payload('a')}.${payload('b')}`);
    expect(expectGranted(build(dots, { a: 'x', b: 'y' })).sub).toBe('spiffe://example.com/x.y');
  });
});

describe('A79 two inputs never have one identity', () => {
  const pairs = [
    ['x-y', 'z'],
    ['x', 'y-z'],
    ['x', 'y'],
    ['', 'x'],
    ['x.', 'y'],
    ['x', '.y'],
    ['xy', 'z'],
    ['x', 'yz'],
  ] as const;
  it.each(['-', '--', '.', '_', 'and', '.-'])('A79 with %s between them', (between) => {
    const subject = dynamic(`spiffe://example.com/${payload('a')}${between}${payload('b')}`);
    const made = pairs.flatMap(([a, b]) => {
      const built = build(subject, { a, b });
      return built.ok ? [built.value.sub] : [];
    });
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made).size).toBe(made.length);
  });
  it('A79 SUB: the separator in a value is refused', () => {
    const subject = dynamic(`spiffe://example.com/${payload('a')}-${payload('b')}`);
    expectRefused(build(subject, { a: 'x-y', b: 'z' }), 'svid_subject_invalid', 'svid.subject');
    expectRefused(build(subject, { a: 'x', b: 'y-z' }), 'svid_subject_invalid', 'svid.subject');
    expectGranted(build(subject, { a: 'x', b: 'y' }));
  });
});

const header = { alg: 'RS256', typ: 'JWT', kid: 'kid-1' };
const good: JsonObject = {
  iss: issuer,
  sub: 'spiffe://example.com/ns/prod/sa/api',
  aud: ['my-service.example.com'],
  iat: now,
  exp: now + 900,
  jti: 'jti-1',
  environment: 'production',
  cluster: 'prod-eu-1',
};
/** What was good with members changed; `undefined` leaves one out. */
const changed = (from: JsonObject, changes: Readonly<Record<string, unknown>>): JsonObject =>
  Object.fromEntries(
    Object.entries({ ...from, ...changes }).filter(([, value]) => value !== undefined),
  ) as JsonObject;

type Wrong = readonly [string, Readonly<Record<string, unknown>>, string];
/** With the check of {@link inspectSvid} that says so. */
const wrongHeaders: readonly Wrong[] = [
  ['SV-08 a key in the header', { jwk: {} }, 'svid.header'],
  ['SV-08 an address in the header', { jku: 'https://evil.example' }, 'svid.header'],
  ['SV-08 certificates', { x5c: [] }, 'svid.header'],
  ['SV-08 cty', { cty: 'JWT' }, 'svid.header'],
  ['SV-08 crit', { crit: ['exp'] }, 'svid.header'],
  ['SV-09 at+jwt', { typ: 'at+jwt' }, 'svid.header.typ'],
  ['SV-09 jwt-svid', { typ: 'jwt-svid' }, 'svid.header.typ'],
  ['SV-07 Ed25519', { alg: 'Ed25519' }, 'svid.header.alg'],
  ['SV-07 EdDSA', { alg: 'EdDSA' }, 'svid.header.alg'],
  ['SV-07 HS256', { alg: 'HS256' }, 'svid.header.alg'],
  ['SV-10 no kid', { kid: undefined }, 'svid.header.kid'],
  ['SV-10 an empty kid', { kid: '' }, 'svid.header.kid'],
];
const wrongClaims: readonly Wrong[] = [
  ['SV-11 no sub', { sub: undefined }, 'svid.sub'],
  ['SV-11 a sub that is no SPIFFE ID', { sub: 'api' }, 'svid.sub'],
  ['SV-11 A81 another trust domain', { sub: 'spiffe://evil.example/a' }, 'svid.sub'],
  ['SV-11 A81 a trust domain that begins like ours', { sub: 'spiffe://example.com.evil/a' }, 'svid.sub'],
  ['SV-11 A81 our trust domain in upper case', { sub: 'spiffe://EXAMPLE.com/a' }, 'svid.sub'],
  ['SV-11 the trust domain alone', { sub: 'spiffe://example.com' }, 'svid.sub'],
  ['SV-03 a path that climbs', { sub: 'spiffe://example.com/a/../b' }, 'svid.sub'],
  ['SV-03 a line end', { sub: 'spiffe://example.com/a\n' }, 'svid.sub'],
  ['SV-04 2049 bytes', { sub: `spiffe://example.com/${'a'.repeat(2049 - 21)}` }, 'svid.sub'],
  ['SV-12 no audience', { aud: undefined }, 'svid.aud'],
  ['SV-12 an audience that is no list', { aud: 'my-service.example.com' }, 'svid.aud'],
  ['SV-12 no audience in the list', { aud: [] }, 'svid.aud'],
  ['SV-12 two audiences', { aud: ['my-service.example.com', 'b'] }, 'svid.aud'],
  ['SV-12 another audience', { aud: ['b'] }, 'svid.aud'],
  ['SV-13 no exp', { exp: undefined }, 'svid.lifetime'],
  ['SV-13 an exp that is text', { exp: String(now + 900) }, 'svid.lifetime'],
  ['SV-13 half a second', { exp: now + 899.5 }, 'svid.lifetime'],
  ['SV-13 a life of 0 s', { exp: now }, 'svid.lifetime'],
  ['SV-13 a second more than configured', { exp: now + 901 }, 'svid.lifetime'],
  ['SV-14 no iat', { iat: undefined }, 'svid.lifetime'],
  ['SV-14 no iss', { iss: undefined }, 'svid.iss'],
  ['SV-15 the issuer of access tokens', { iss: 'https://sts.example.com' }, 'svid.iss'],
  ['SV-14 no jti', { jti: undefined }, 'svid.jti'],
  ['SV-14 an empty jti', { jti: '' }, 'svid.jti'],
  ['a configured claim that is missing', { cluster: undefined }, 'svid.claims.cluster'],
  ['a configured claim without a value', { cluster: null }, 'svid.claims.cluster'],
  ['SV-14 a claim nobody configured', { extra: 1 }, 'svid.claims'],
  ['a scope', { scope: '' }, 'svid.claims'],
  ['A76 cnf', { cnf: {} }, 'svid.claims'],
  ['A76 act', { act: {} }, 'svid.claims'],
  ['A76 client_id', { client_id: 'x' }, 'svid.claims'],
  ['nbf', { nbf: now }, 'svid.claims'],
];

describe('checkSvid, the last look before signing', () => {
  const check = (head: JsonObject, claims: JsonObject): void =>
    checkSvid(head, claims, {
      issuer,
      audience: contractExample.audience,
      trustDomain: 'example.com',
      maxLifetimeSeconds: 900,
      customClaims: ['environment', 'cluster'],
    });
  it('SV-08 takes what is right', () => expect(() => check(header, good)).not.toThrow());
  it.each(wrongHeaders)('%s is a fault', (_title, changes) => {
    expect(() => check(changed(header, changes), good)).toThrow(/^A JWT-SVID of ours would be wrong: /);
  });
  it.each(wrongClaims)('%s is a fault', (_title, changes) => {
    expect(() => check(header, changed(good, changes))).toThrow(/^A JWT-SVID of ours would be wrong: /);
  });
  it.each<[string, unknown]>([
    ['beyond the range of a double', Infinity],
    ['that is none', NaN],
    ['beyond the range, inside a list', [1, Infinity]],
    ['beyond the range, deep inside', { a: { b: -Infinity } }],
    ['nothing JSON can say, inside', { a: undefined }],
  ])('A78 a number %s would be signed as null, and is a fault', (_title, cluster) => {
    expect(() => check(header, { ...good, cluster } as JsonObject)).toThrow(/the claim cluster/);
    const deep = { a: [{ b: 1.5 }, null, 'x', true], c: {} };
    expect(() => check(header, { ...good, cluster: deep })).not.toThrow();
  });
  it('A76 a claim of a provider with a forbidden name is a fault', () => {
    expect(() =>
      checkSvid(
        header,
        { ...good, scope: 'x' },
        {
          issuer,
          audience: contractExample.audience,
          trustDomain: 'example.com',
          maxLifetimeSeconds: 900,
          customClaims: ['environment', 'cluster', 'scope'],
        },
      ),
    ).toThrow('scope does not belong there');
  });
});

describe('inspectSvid, the reading of a stranger', () => {
  const expectations: SvidExpectations = {
    trustDomain: 'example.com',
    issuer,
    audience: contractExample.audience,
    algorithm: 'RS256',
    lifetimeMinutes: 15,
    claims: new Map([
      ['environment', 'production'],
      ['cluster', undefined],
    ]),
    publishedKids: ['kid-0', 'kid-1'],
    now,
  };
  const faultsOf = (
    head: JsonObject,
    claims: JsonObject,
    more: Partial<SvidExpectations> = {},
    signatureIsGood = true,
  ): readonly string[] =>
    inspectSvid({ header: head, claims, signatureIsGood }, { ...expectations, ...more })
      .filter(({ ok }) => !ok)
      .map(({ check }) => check);

  it('SV-07 SV-08 SV-09 SV-10 SV-11 SV-12 SV-13 SV-14 SV-15 a good one is green in every point', () => {
    const checks = inspectSvid({ header, claims: good, signatureIsGood: true }, expectations);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.map(({ check }) => check)).toEqual([
      'svid.header',
      'svid.header.typ',
      'svid.header.alg',
      'svid.header.kid',
      'svid.signature',
      'svid.sub',
      'svid.iss',
      'svid.aud',
      'svid.jti',
      'svid.lifetime',
      'svid.claims.environment',
      'svid.claims.cluster',
      'svid.claims',
      'svid.scope',
    ]);
  });
  it.each(wrongHeaders)('%s', (_title, changes, check) => {
    expect(faultsOf(changed(header, changes), good)).toContain(check);
  });
  it.each(wrongClaims)('%s', (_title, changes, check) => {
    expect(faultsOf(header, changed(good, changes))).toContain(check);
  });
  it.each([
    ['a bad signature', {}, false, ['svid.signature']],
    ['SV-10 a key that is not published', { publishedKids: ['kid-0'] }, true, ['svid.header.kid']],
    ['SV-19 a kid that is published twice', { publishedKids: ['kid-1', 'kid-1'] }, true, ['svid.header.kid']],
    ['an algorithm that was not configured', { algorithm: 'ES256' }, true, ['svid.header.alg']],
    ['SV-07 an algorithm SPIFFE does not have', { algorithm: 'Ed25519' }, true, ['svid.header.alg']],
    ['SV-13 a token of the past', { now: now + 900 }, true, ['svid.lifetime']],
    ['SV-13 a token of the future', { now: now - 1 }, true, ['svid.lifetime']],
    [
      'a literal that is another',
      {
        claims: new Map([
          ['environment', 'test'],
          ['cluster', undefined],
        ]),
      },
      true,
      ['svid.claims.environment'],
    ],
  ] as const)('%s is the one fault', (_title, more, signatureIsGood, faults) => {
    expect(faultsOf(header, good, more as Partial<SvidExpectations>, signatureIsGood)).toEqual(faults);
  });
  it('SV-09 JOSE is a typ of SPIFFE too', () => {
    expect(faultsOf({ ...header, typ: 'JOSE' }, good)).toEqual([]);
  });
  it('a scope is named by a check of its own', () => {
    expect(faultsOf(header, { ...good, scope: 'a' })).toEqual(['svid.claims', 'svid.scope']);
  });
});

describe('A81 SV-11 a literal subject', () => {
  it('is minted as it stands', () => {
    expect(expectGranted(build(literal('spiffe://example.com/a'), null)).sub).toBe('spiffe://example.com/a');
  });
  it('A74 is no template', () => {
    expect(() => compiled(literal('spiffe://example.com/${namespace}'))).toThrow(/position 21/);
  });
});
