import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { validateThirdPartyClaims } from '../../../src/core/jwt/validate-claims.ts';
import type { RefusalReason } from '../../../src/core/oauth/reasons.ts';
import { githubClaims, githubIssuer, testNow as now } from '../../support/jws.ts';
import { expectGranted, expectRefused } from '../../support/verdicts.ts';
import { checksOf } from '../../../src/core/activity/check.ts';

/** Every UTF-16 code unit, lone surrogates and controls included. */
const anyCodeUnit = fc.nat(0xff_ff).map((unit) => String.fromCharCode(unit));

const validate = (changes: Record<string, unknown>, requireJti = false) => {
  const claims = JSON.parse(JSON.stringify({ ...githubClaims, ...changes })) as JsonObject;
  return validateThirdPartyClaims(claims, { issuer: githubIssuer, now, requireJti });
};

describe('third-party claims that keep the rules', () => {
  it('are narrowed, and every check is shown', () => {
    const verdict = validate({});
    const { claims, ...narrow } = expectGranted(verdict);
    expect(narrow).toEqual({
      issuer: githubIssuer,
      subject: 'repo:acme/payments:environment:production',
      audiences: ['https://sts.example.com'],
      issuedAt: now,
      expiresAt: now + 300,
      jti: githubClaims['jti'],
    });
    expect(claims).toEqual(githubClaims);
    expect(checksOf(verdict).map(({ check, ok }) => `${check} ${ok ? 'ok' : 'not ok'}`)).toEqual([
      'claims.iss ok',
      'claims.sub ok',
      'claims.aud ok',
      'claims.iat ok',
      'claims.exp ok',
      'claims.lifetime ok',
      'claims.nbf ok',
      'claims.jti ok',
      'claims.cnf ok',
    ]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['ST-24 A22 a life of 7200 s', { exp: now + 7200 }],
    ['ST-24 A22 a life of 7199 s', { exp: now + 7199 }],
    ['ST-24 a life of 1 s', { exp: now + 1 }],
    ['ST-22 exp one second ahead', { iat: now - 7000, exp: now + 1 }],
    ['A24 iat 59 s ahead', { iat: now + 59 }],
    ['A24 iat 60 s ahead', { iat: now + 60 }],
    ['A24 nbf 59 s ahead', { nbf: now + 59 }],
    ['A24 nbf 60 s ahead', { nbf: now + 60 }],
    ['ST-25 nbf equal to exp', { exp: now + 30, nbf: now + 30 }],
    ['ST-25 no nbf', { nbf: undefined }],
    ['no jti', { jti: undefined }],
    ['ST-26 fractions of a second', { iat: now - 0.5, nbf: now - 0.5, exp: now + 299.5 }],
    ['ST-18 aud in an array', { aud: ['https://sts.example.com'] }],
    ['ST-19 several audiences, which the federation judges', { aud: ['a', 'b'] }],
    ['A26 100 audiences', { aud: Array.from({ length: 100 }, (_, i) => `aud-${i}`) }],
    ['a subject with spaces and letters beyond ASCII', { sub: ' Zürich 東京 ' }],
  ])('%s', (_, changes) => {
    expectGranted(validate(changes));
  });

  it('times come back in whole seconds, rounded down', () => {
    expect(expectGranted(validate({ iat: now + 1.9, exp: now + 300.9 }))).toMatchObject({
      issuedAt: now + 1,
      expiresAt: now + 300,
    });
  });

  it('ST-31 a token of a single-use issuer needs jti', () => {
    expectGranted(validate({}, true));
    expectRefused(validate({ jti: undefined }, true), 'claim_missing', 'claims.jti');
    expectRefused(validate({ jti: '' }, true), 'claim_malformed', 'claims.jti');
  });
});

describe('third-party claims that break a rule', () => {
  const wrongTimes: [string, unknown][] = [
    ['a string', '1'],
    ['true', true],
    ['null', null],
    ['an array', []],
    ['an object', {}],
    ['negative', -1],
    ['2^40', 2 ** 40],
    ['2^53', 2 ** 53],
    ['1e308', 1e308],
    ['milliseconds', now * 1000],
  ];
  it.each(
    ['exp', 'iat', 'nbf'].flatMap((claim) => wrongTimes.map(([name, value]) => ({ claim, name, value }))),
  )('A23 ST-26 $claim is $name', ({ claim, value }) => {
    expectRefused(validate({ [claim]: value }), 'claim_malformed', `claims.${claim}`);
  });

  it.each(['exp', 'iat', 'nbf'])('A23 %s is infinite', (claim) => {
    for (const text of ['1e400', '-1e400']) {
      const claims = JSON.parse(
        JSON.stringify(githubClaims).replace(/\}$/u, `,"${claim}":${text}}`),
      ) as JsonObject;
      const verdict = validateThirdPartyClaims(claims, { issuer: githubIssuer, now, requireJti: false });
      expectRefused(verdict, 'claim_malformed', `claims.${claim}`);
    }
  });

  it.each(['exp', 'iat'])('A23 %s is 0 or 1.5: long ago', (claim) => {
    for (const value of [0, 1.5]) expect(validate({ [claim]: value }).ok).toBe(false);
  });

  const required = ['iss', 'sub', 'aud', 'iat', 'exp'];
  it.each(required)('A21 %s is missing', (claim) => {
    expectRefused(validate({ [claim]: undefined }), 'claim_missing', `claims.${claim}`);
  });
  it.each(required.flatMap((claim) => [null, '', {}, [], false].map((value) => ({ claim, value }))))(
    'A21 $claim is $value',
    ({ claim, value }) => {
      expectRefused(validate({ [claim]: value }), 'claim_malformed', `claims.${claim}`);
    },
  );

  it.each<[string, Record<string, unknown>, RefusalReason, string]>([
    ['ST-12 a slash added to iss', { iss: `${githubIssuer}/` }, 'issuer_unknown', 'claims.iss'],
    ['ST-12 an upper-case host in iss', { iss: githubIssuer.toUpperCase() }, 'issuer_unknown', 'claims.iss'],
    ['A28 iss with a port', { iss: `${githubIssuer}:443` }, 'issuer_unknown', 'claims.iss'],
    ['A28 iss in an array', { iss: [githubIssuer] }, 'claim_malformed', 'claims.iss'],
    ['ST-12 a numeric iss', { iss: 7 }, 'claim_malformed', 'claims.iss'],
    ['ST-15 a numeric sub', { sub: 7 }, 'claim_malformed', 'claims.sub'],
    ['A29 sub in an array', { sub: ['a'] }, 'claim_malformed', 'claims.sub'],
    ['A34 U+0000 in sub', { sub: 'a\0b' }, 'claim_malformed', 'claims.sub'],
    ['A34 a lone surrogate in aud', { aud: 'a\ud800' }, 'claim_malformed', 'claims.aud'],
    ['A26 a nested array as aud', { aud: [['a']] }, 'claim_malformed', 'claims.aud'],
    ['A26 ST-18 a number in aud', { aud: [1, 'a'] }, 'claim_malformed', 'claims.aud'],
    ['A26 an object as aud', { aud: { a: 1 } }, 'claim_malformed', 'claims.aud'],
    ['A26 an empty string in aud', { aud: ['a', ''] }, 'claim_malformed', 'claims.aud'],
    ['A26 an audience twice', { aud: ['a', 'a'] }, 'claim_malformed', 'claims.aud'],
    [
      'A26 101 audiences',
      { aud: Array.from({ length: 101 }, (_, i) => `a${i}`) },
      'claim_malformed',
      'claims.aud',
    ],
    [
      'A26 10,000 audiences',
      { aud: Array.from({ length: 10_000 }, (_, i) => `a${i}`) },
      'claim_malformed',
      'claims.aud',
    ],
    ['ST-22 A24 exp now', { iat: now - 60, exp: now }, 'expired', 'claims.exp'],
    ['A24 exp 1 s ago', { iat: now - 60, exp: now - 1 }, 'expired', 'claims.exp'],
    ['A24 exp 61 s ago', { iat: now - 100, exp: now - 61 }, 'expired', 'claims.exp'],
    ['exp within the second of now', { exp: now + 0.5 }, 'expired', 'claims.exp'],
    ['A24 iat 61 s ahead', { iat: now + 61 }, 'issued_in_the_future', 'claims.iat'],
    ['ST-23 iat 600 s ahead', { iat: now + 600, exp: now + 900 }, 'issued_in_the_future', 'claims.iat'],
    ['A24 nbf 61 s ahead', { nbf: now + 61 }, 'not_yet_valid', 'claims.nbf'],
    ['ST-25 nbf after exp', { exp: now + 30, nbf: now + 31 }, 'claim_malformed', 'claims.nbf'],
    ['ST-24 A22 a life of 7201 s', { exp: now + 7201 }, 'lifetime_too_long', 'claims.lifetime'],
    ['ST-24 a life of 7200.5 s', { exp: now + 7200.5 }, 'lifetime_too_long', 'claims.lifetime'],
    ['A22 a life of a day', { exp: now + 86_400 }, 'lifetime_too_long', 'claims.lifetime'],
    [
      'ST-27 no tolerance stretches the life',
      { iat: now - 60, exp: now + 7141 },
      'lifetime_too_long',
      'claims.lifetime',
    ],
    [
      'ST-24 A22 exp equal to iat',
      { iat: now + 30, exp: now + 30 },
      'lifetime_not_positive',
      'claims.lifetime',
    ],
    [
      'ST-24 A22 exp before iat',
      { iat: now + 30, exp: now + 29 },
      'lifetime_not_positive',
      'claims.lifetime',
    ],
    ['A22 a good window two hours ago', { iat: now - 7300, exp: now - 100 }, 'expired', 'claims.exp'],
    ['a numeric jti', { jti: 7 }, 'claim_malformed', 'claims.jti'],
    ['a jti of 257 bytes', { jti: 'ü'.repeat(128) + 'x' }, 'claim_malformed', 'claims.jti'],
    ['ST-30 cnf', { cnf: { jkt: 'x' } }, 'token_bound_to_a_key', 'claims.cnf'],
    ['ST-30 an empty cnf', { cnf: null }, 'token_bound_to_a_key', 'claims.cnf'],
  ])('%s', (_, changes, reason, check) => {
    expectRefused(validate(changes), reason, check);
  });

  it('A35 names of prototypes are no claims', () => {
    const claims = JSON.parse('{"__proto__":{"iss":"a","sub":"b","aud":"c","iat":1,"exp":2}}') as JsonObject;
    const verdict = validateThirdPartyClaims(claims, { issuer: 'a', now, requireJti: false });
    expectRefused(verdict, 'claim_missing', 'claims.iss');
  });

  it('every fault is shown; the first gives the reason', () => {
    const verdict = validate({ sub: 7, aud: [], exp: 'x', iat: now + 1000, cnf: {} });
    expectRefused(verdict, 'claim_malformed', 'claims.sub');
    expect(
      checksOf(verdict)
        .filter(({ ok }) => !ok)
        .map(({ check }) => check),
    ).toEqual(['claims.sub', 'claims.aud', 'claims.iat', 'claims.exp', 'claims.lifetime', 'claims.cnf']);
  });

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['milliseconds', { exp: now * 1000 }, 'claims.exp', /milliseconds/u],
    ['a number as a string', { exp: String(now) }, 'claims.exp', /JSON numbers/u],
    ['a 24 h token', { exp: now + 86_400 }, 'claims.lifetime', /two hours are the most/u],
    ['a 3 h token', { exp: now + 10_800 }, 'claims.lifetime', /two hours are the most/u],
    ['a clock ahead', { iat: now + 95 }, 'claims.iat', /95 s ahead/u],
    ['an old token', { iat: now - 700, exp: now - 100 }, 'claims.exp', /fresh token/u],
    ['a bound token', { cnf: {} }, 'claims.cnf', /bearer/u],
  ])('a hint helps with %s', (_, changes, name, hint) => {
    expect(checksOf(validate(changes)).find(({ check }) => check === name)?.hint).toMatch(hint);
  });

  it('whatever the claims are, a verdict of nine checks comes back', () => {
    const names = fc.constantFrom('iss', 'sub', 'aud', 'iat', 'exp', 'nbf', 'jti', 'cnf', '__proto__');
    fc.assert(
      fc.property(fc.dictionary(names, fc.jsonValue({ stringUnit: anyCodeUnit })), (claims) => {
        const verdict = validateThirdPartyClaims(claims as JsonObject, {
          issuer: 'a',
          now,
          requireJti: true,
        });
        expect(checksOf(verdict)).toHaveLength(9);
        expect(verdict.ok).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});
