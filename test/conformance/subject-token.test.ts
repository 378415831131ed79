import { describe, expect, it } from 'vitest';
import { allSignatureAlgorithms } from '../../src/core/jwt/algorithms.ts';
import { thirdPartyTypesWithAccessToken } from '../../src/core/jwt/check-header.ts';
import type { RefusalReason } from '../../src/core/oauth/reasons.ts';
import { checkToken, type TestIssuer } from '../support/check-token.ts';
import {
  encodeSegment,
  githubClaims,
  githubIssuer,
  keyPairFor,
  makeEcKeyPair,
  makeRsaKeyPair,
  makeToken,
  signJws,
  testNow as now,
  type TokenParts,
} from '../support/jws.ts';
import { expectGranted } from '../support/verdicts.ts';
import { checksOf } from '../../src/core/activity/check.ts';

/** Group D of the standards, as far as a token alone decides it; what needs registrations or HTTP is in other files. */
type Case = [what: string, token: string, reason: RefusalReason, issuer?: TestIssuer];

const accepts = async (token: string, issuer?: TestIssuer): Promise<void> => {
  expectGranted(await checkToken(token, issuer));
};
const refuses = async ([what, token, reason, issuer]: Case): Promise<void> => {
  const verdict = await checkToken(token, issuer);
  expect([what, verdict.ok ? 'accepted' : verdict.reason]).toEqual([what, reason]);
  expect(checksOf(verdict).some(({ ok }) => !ok)).toBe(true);
};
const pairs =
  (good: readonly (TokenParts & TestIssuer)[], bad: readonly Case[]) => async (): Promise<void> => {
    for (const { algorithms, types, jwk, requireJti, ...parts } of good) {
      await accepts(makeToken(parts), {
        ...(algorithms ? { algorithms } : {}),
        ...(types ? { types } : {}),
        ...(jwk ? { jwk } : {}),
        ...(requireJti === undefined ? {} : { requireJti }),
      });
    }
    for (const refused of bad) await refuses(refused);
  };

const token = makeToken();
const [header = '', claims = '', signature = ''] = token.split('.');
const withClaims = (changes: object): string => makeToken({ claims: changes });
const withHeader = (changes: object): string => makeToken({ header: changes });

/** The same token with the unused bits of its last character set. */
const respelled = (text: string): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + alphabet.charAt(alphabet.indexOf(text.at(-1) ?? '') | 1);
};

describe('the form of a subject token', () => {
  it(
    'ST-01 three non-empty base64url segments and two dots, nothing else',
    pairs(
      [{}],
      [
        ['a trailing line break', `${token}\n`, 'token_malformed'],
        ['an inner space', `${header}.${claims} .${signature}`, 'token_malformed'],
        ['padding', `${token}==`, 'token_malformed'],
        ['padding of one', `${token}=`, 'token_malformed'],
        ['padded claims', `${header}.${encodeSegment('{}')}=.${signature}`, 'token_malformed'],
        ['plus', `${header}.${claims}.${signature.replace(/^./u, '+')}`, 'token_malformed'],
        ['solidus', `${header}.${claims}.${signature.replace(/^./u, '/')}`, 'token_malformed'],
        ['five segments', `${token}.a.b`, 'token_malformed'],
        ['an empty first segment', `.${claims}.${signature}`, 'token_malformed'],
        ['braces', `{${token}}`, 'token_malformed'],
      ],
    ),
  );

  it(
    'ST-02 each segment re-encodes to itself',
    pairs(
      [{}],
      [
        ['the signature respelled', respelled(token), 'token_malformed'],
        [
          'the header respelled',
          `${respelled(encodeSegment('{"alg":"ES256"} '))}.${claims}.${signature}`,
          'token_malformed',
        ],
      ],
    ),
  );

  it(
    'ST-03 only JWS in compact form',
    pairs(
      [{}],
      [
        ['five parts', `${header}.AAAA.AAAA.AAAA.AAAA`, 'token_malformed'],
        ['cty JWT', withHeader({ cty: 'JWT' }), 'token_header_forbidden'],
        ['cty application/jwt', withHeader({ cty: 'application/jwt' }), 'token_header_forbidden'],
        [
          'flattened JSON',
          JSON.stringify({ payload: claims, protected: header, signature }),
          'token_malformed',
        ],
      ],
    ),
  );

  it(
    'ST-04 unsecured tokens are refused',
    pairs(
      [{ alg: 'RS256' }],
      [
        ['none', `${encodeSegment({ alg: 'none' })}.${claims}.${signature}`, 'token_algorithm_not_allowed'],
        ['None', `${encodeSegment({ alg: 'None' })}.${claims}.${signature}`, 'token_algorithm_not_allowed'],
        ['nOnE', `${encodeSegment({ alg: 'nOnE' })}.${claims}.${signature}`, 'token_algorithm_not_allowed'],
        ['an empty signature', `${header}.${claims}.`, 'token_malformed'],
        ['none with an empty signature', `${encodeSegment({ alg: 'none' })}.${claims}.`, 'token_malformed'],
      ],
    ),
  );

  it(
    'ST-08 no critical extension, no unencoded payload',
    pairs(
      [{}],
      [
        ['crit ["x"]', withHeader({ crit: ['x'] }), 'token_header_forbidden'],
        ['crit []', withHeader({ crit: [] }), 'token_header_forbidden'],
        ['b64 with crit', withHeader({ crit: ['b64'], b64: false }), 'token_header_forbidden'],
        ['b64 without crit', withHeader({ b64: false }), 'token_header_forbidden'],
        ['b64 true', withHeader({ b64: true }), 'token_header_forbidden'],
      ],
    ),
  );

  it(
    'ST-09 no key comes from the token; x5t is ignored',
    pairs(
      [{ header: { x5t: 'abc', 'x5t#S256': 'abc' } }],
      [
        ['jwk', withHeader({ jwk: keyPairFor('ES256').jwk }), 'token_header_forbidden'],
        ['jku', withHeader({ jku: 'https://attacker.example/jwks' }), 'token_header_forbidden'],
        ['x5u', withHeader({ x5u: 'https://attacker.example/x5u' }), 'token_header_forbidden'],
        ['x5c', withHeader({ x5c: ['AAAA'] }), 'token_header_forbidden'],
      ],
    ),
  );

  it(
    'ST-10 kid is opaque text of at most 256 bytes',
    pairs(
      [
        { header: { kid: '../../x' } },
        { header: { kid: `' or 1=1--` } },
        { header: { kid: 'ключ' } },
        { header: { kid: 'k'.repeat(256) } },
        { header: { kid: undefined } },
      ],
      [
        ['257 bytes', withHeader({ kid: 'k'.repeat(257) }), 'token_malformed'],
        ['10 KB', withHeader({ kid: 'k'.repeat(10_000) }), 'token_malformed'],
        ['empty', withHeader({ kid: '' }), 'token_malformed'],
        ['a number', withHeader({ kid: 7 }), 'token_malformed'],
      ],
    ),
  );

  it(
    'ST-11 JSON objects in UTF-8 with unique members at any depth',
    pairs(
      [{ claims: { a: { sub: 1 }, b: [{ sub: 2 }] } }],
      [
        ['sub twice', makeToken({ claims: '{"sub":"a","sub":"b"}' }), 'token_member_repeated'],
        ['twice further down', makeToken({ claims: '{"a":[{"b":1,"b":1}]}' }), 'token_member_repeated'],
        ['alg twice', makeToken({ header: '{"alg":"ES256","alg":"ES256"}' }), 'token_member_repeated'],
        ['an array', makeToken({ claims: '[]' }), 'token_malformed'],
        ['a string', makeToken({ claims: '"x"' }), 'token_malformed'],
        [
          'invalid UTF-8',
          makeToken({ claims: Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }),
          'token_malformed',
        ],
      ],
    ),
  );
});

describe('algorithm and key', () => {
  it(
    'ST-05 alg is on the list of the issuer, exactly',
    pairs(
      allSignatureAlgorithms.map((alg) => ({ alg, algorithms: [alg] })),
      [
        ['rs256', makeToken({ alg: 'RS256', header: { alg: 'rs256' } }), 'token_algorithm_not_allowed'],
        ['HS256', makeToken({ alg: 'RS256', header: { alg: 'HS256' } }), 'token_algorithm_not_allowed'],
        [
          'PS256 where RS256 is listed',
          makeToken({ alg: 'PS256' }),
          'token_algorithm_not_allowed',
          { algorithms: ['RS256'] },
        ],
      ],
    ),
  );

  const p384 = makeEcKeyPair('P-384');
  const rsa = keyPairFor('RS256').jwk;
  it(
    'ST-06 the key fits the algorithm',
    pairs(
      [{ alg: 'ES256' }, { alg: 'RS256', jwk: { ...rsa, alg: 'RS256' } }],
      [
        ['a P-384 key', makeToken({ privateKey: p384.privateKey }), 'signature_invalid', { jwk: p384.jwk }],
        ['use enc', makeToken({ alg: 'RS256' }), 'key_unfit', { jwk: { ...rsa, use: 'enc' } }],
        ['key_ops sign', makeToken({ alg: 'RS256' }), 'key_unfit', { jwk: { ...rsa, key_ops: ['sign'] } }],
        [
          'alg RS512 in the key',
          makeToken({ alg: 'RS256' }),
          'signature_invalid',
          { jwk: { ...rsa, alg: 'RS512' } },
        ],
      ],
    ),
  );

  const small = makeRsaKeyPair(1024);
  const large = makeRsaKeyPair(4096);
  it(
    'ST-07 RSA keys have 2048 to 4096 bits',
    pairs(
      [{ alg: 'RS256', privateKey: large.privateKey, jwk: large.jwk }],
      [
        [
          '1024 bits',
          makeToken({ alg: 'RS256', privateKey: small.privateKey }),
          'key_unfit',
          { jwk: small.jwk },
        ],
      ],
    ),
  );

  it('ST-32 no claim is judged before the signature is verified', async () => {
    const expired = { exp: now - 100, iat: now - 200 };
    const forged = makeToken({ claims: expired, privateKey: makeEcKeyPair('P-256').privateKey });
    const verdict = await checkToken(forged);
    expect(verdict).toMatchObject({ ok: false, reason: 'signature_invalid' });
    expect(checksOf(verdict).filter(({ check }) => check.startsWith('claims.'))).toEqual([]);
    expect(await checkToken(withClaims(expired))).toMatchObject({ ok: false, reason: 'expired' });
  });
});

describe('the claims of a subject token', () => {
  it(
    'ST-12 iss equals the registered issuer, byte for byte',
    pairs(
      [{}],
      [
        ['a slash added', withClaims({ iss: `${githubIssuer}/` }), 'issuer_unknown'],
        ['an upper-case host', withClaims({ iss: githubIssuer.toUpperCase() }), 'issuer_unknown'],
        ['a number', withClaims({ iss: 1 }), 'claim_malformed'],
        ['an array', withClaims({ iss: [githubIssuer] }), 'claim_malformed'],
        ['missing', withClaims({ iss: undefined }), 'claim_missing'],
      ],
    ),
  );

  it(
    'ST-15 sub is a string that is not empty',
    pairs(
      [{}],
      [
        ['empty', withClaims({ sub: '' }), 'claim_malformed'],
        ['null', withClaims({ sub: null }), 'claim_malformed'],
        ['a number', withClaims({ sub: 1 }), 'claim_malformed'],
        ['missing', withClaims({ sub: undefined }), 'claim_missing'],
      ],
    ),
  );

  it(
    'ST-18 aud is a string or an array of strings',
    pairs(
      [{ claims: { aud: 'a' } }, { claims: { aud: ['a'] } }],
      [
        ['missing', withClaims({ aud: undefined }), 'claim_missing'],
        ['empty array', withClaims({ aud: [] }), 'claim_malformed'],
        ['a number beside a string', withClaims({ aud: [1, 'a'] }), 'claim_malformed'],
      ],
    ),
  );

  it(
    'ST-22 exp is required and in the future; there is no tolerance',
    pairs(
      [{ claims: { exp: now + 30 } }],
      [
        ['now', withClaims({ iat: now - 60, exp: now }), 'expired'],
        ['61 s ago', withClaims({ iat: now - 100, exp: now - 61 }), 'expired'],
        ['missing', withClaims({ exp: undefined }), 'claim_missing'],
      ],
    ),
  );

  it(
    'ST-23 iat is required and at most 60 s ahead',
    pairs(
      [{}, { claims: { iat: now + 60 } }],
      [
        ['missing', withClaims({ iat: undefined }), 'claim_missing'],
        ['600 s ahead', withClaims({ iat: now + 600, exp: now + 900 }), 'issued_in_the_future'],
      ],
    ),
  );

  it(
    'ST-24 0 < exp − iat ≤ 7200',
    pairs(
      [{ claims: { exp: now + 7200 } }],
      [
        ['7201', withClaims({ exp: now + 7201 }), 'lifetime_too_long'],
        ['0', withClaims({ iat: now + 50, exp: now + 50 }), 'lifetime_not_positive'],
        ['negative', withClaims({ iat: now + 50, exp: now + 40 }), 'lifetime_not_positive'],
      ],
    ),
  );

  it(
    'ST-25 nbf has been reached and is not after exp',
    pairs(
      [{ claims: { nbf: undefined } }, { claims: { nbf: now - 5 } }],
      [
        ['120 s ahead', withClaims({ nbf: now + 120 }), 'not_yet_valid'],
        ['after exp', withClaims({ exp: now + 20, nbf: now + 40 }), 'claim_malformed'],
      ],
    ),
  );

  it(
    'ST-26 times are numbers of seconds',
    pairs(
      [{ claims: { iat: now - 0.5, exp: now + 10.5 } }],
      [
        ['a string', withClaims({ exp: String(now + 10) }), 'claim_malformed'],
        ['1e300', withClaims({ exp: 1e300 }), 'claim_malformed'],
        ['−1', withClaims({ iat: -1 }), 'claim_malformed'],
        ['milliseconds', withClaims({ exp: (now + 10) * 1000 }), 'claim_malformed'],
      ],
    ),
  );

  it(
    'ST-27 the tolerance never stretches the life',
    pairs(
      [{ claims: { iat: now + 60, exp: now + 7260, nbf: now } }],
      [
        [
          '7201 s from an iat ahead',
          withClaims({ iat: now + 60, exp: now + 7261, nbf: now }),
          'lifetime_too_long',
        ],
      ],
    ),
  );

  const otherTypes = [
    'dpop+jwt client-authentication+jwt logout+jwt secevent+jwt token-introspection+jwt txntoken+jwt',
    'oauth-id-jag+jwt wit+jwt wpt+jwt oauth-client-attestation+jwt at+jwt',
  ].flatMap((line) => line.split(' '));
  it(
    'ST-28 tokens typed for another purpose are refused',
    pairs(
      [
        { header: { typ: undefined } },
        { header: { typ: 'jwt' } },
        { header: { typ: 'at+jwt' }, types: thirdPartyTypesWithAccessToken },
      ],
      otherTypes.map((typ): Case => [typ, withHeader({ typ }), 'token_type_not_allowed']),
    ),
  );

  it(
    'ST-30 a token bound to a key is no bearer token',
    pairs([{}], [['cnf', withClaims({ cnf: { jkt: 'abc' } }), 'token_bound_to_a_key']]),
  );

  it(
    'ST-31 single-use issuers need jti',
    pairs(
      [{ claims: { jti: undefined } }, { requireJti: true }],
      [['no jti', withClaims({ jti: undefined }), 'claim_missing', { requireJti: true }]],
    ),
  );
});

it('every token of this file that is refused differs from a good one in one thing only', async () => {
  // The positive control of the file: the same builder, nothing changed.
  const { privateKey } = keyPairFor('ES256');
  const input = `${encodeSegment({ alg: 'ES256' })}.${encodeSegment(githubClaims)}`;
  await accepts(`${input}.${signJws('ES256', input, privateKey).toString('base64url')}`);
  await accepts(token);
});
