import { describe, expect, it } from 'vitest';
import type { SignatureAlgorithm } from '../../../src/core/jwt/algorithms.ts';
import {
  assertionTypes,
  checkHeader,
  thirdPartyTypes,
  thirdPartyTypesWithAccessToken,
} from '../../../src/core/jwt/check-header.ts';
import type { JoseHeader } from '../../../src/core/jwt/read-header.ts';
import { expectGranted, expectRefused } from '../../support/verdicts.ts';
import { checksOf } from '../../../src/core/activity/check.ts';

const header = (alg: SignatureAlgorithm, typ: string | null = 'JWT'): JoseHeader => ({
  alg,
  kid: null,
  typ,
  raw: {},
});
const check = (
  given: JoseHeader,
  algorithms: readonly SignatureAlgorithm[],
  types: readonly string[] = thirdPartyTypes,
) => checkHeader(given, { algorithms, types });

describe('a header held against what a door accepts', () => {
  it.each<[SignatureAlgorithm, readonly SignatureAlgorithm[]]>([
    ['RS256', ['RS256']],
    ['ES384', ['RS256', 'ES384']],
    ['EdDSA', ['Ed25519']],
    ['Ed25519', ['EdDSA']],
  ])('ST-05 %s is on the list %j', (alg, list) => {
    expect(expectGranted(check(header(alg), list)).alg).toBe(alg);
  });

  it.each<[SignatureAlgorithm, readonly SignatureAlgorithm[]]>([
    ['PS256', ['RS256']],
    ['RS512', ['RS256', 'RS384']],
    ['ES384', ['ES256']],
    ['RS256', ['ES256']],
    ['Ed25519', ['ES256']],
    ['RS256', []],
  ])('ST-05 A03 %s is not on the list %j', (alg, list) => {
    expectRefused(check(header(alg), list), 'token_algorithm_not_allowed', 'header.alg.allowed');
  });

  it.each([null, 'JWT', 'jwt', 'Jwt', 'application/jwt', 'APPLICATION/JWT'])('ST-28 typ %s passes', (typ) => {
    expectGranted(check(header('RS256', typ), ['RS256']));
  });

  it.each([
    'at+jwt',
    'application/at+jwt',
    'dpop+jwt',
    'client-authentication+jwt',
    'logout+jwt',
    'secevent+jwt',
    'token-introspection+jwt',
    'txntoken+jwt',
    'oauth-id-jag+jwt',
    'wit+jwt',
    'wpt+jwt',
    'oauth-client-attestation+jwt',
    'JOSE',
    'JWT ',
    'application/application/jwt',
    'text/jwt',
    'jwt2',
    'ſwt',
  ])('ST-28 typ %s was made for another purpose', (typ) => {
    expectRefused(check(header('RS256', typ), ['RS256']), 'token_type_not_allowed', 'header.typ.allowed');
  });

  it('ST-28 at+jwt passes where an administrator opted in', () => {
    expectGranted(check(header('RS256', 'at+jwt'), ['RS256'], thirdPartyTypesWithAccessToken));
    expectGranted(check(header('RS256', 'application/AT+JWT'), ['RS256'], thirdPartyTypesWithAccessToken));
  });

  it.each([null, 'JWT', 'client-authentication+jwt', 'application/Client-Authentication+JWT'])(
    'CA-10 typ %s passes for an assertion',
    (typ) => {
      expectGranted(check(header('ES256', typ), ['ES256'], assertionTypes));
    },
  );

  it.each(['at+jwt', 'dpop+jwt', 'wit+jwt', 'oauth-id-jag+jwt', 'txntoken+jwt'])(
    'CA-10 typ %s is refused for an assertion',
    (typ) => {
      expectRefused(
        check(header('ES256', typ), ['ES256'], assertionTypes),
        'token_type_not_allowed',
        'header.typ.allowed',
      );
    },
  );

  it('makes both checks and names the first fault', () => {
    const verdict = check(header('PS256', 'dpop+jwt'), ['RS256']);
    expectRefused(verdict, 'token_algorithm_not_allowed', 'header.alg.allowed');
    expect(checksOf(verdict).map(({ ok }) => ok)).toEqual([false, false]);
  });
});
