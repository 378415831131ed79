import fc from 'fast-check';
import { compactVerify, type CryptoKey, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { allSignatureAlgorithms } from '../../../src/core/jwt/algorithms.ts';
import { maxTokenBytes, parseCompactJws } from '../../../src/core/jwt/compact-form.ts';
import { encodeSegment, githubClaims, keyPairFor, makeToken } from '../../support/jws.ts';
import { expectGranted, expectRefused } from '../../support/verdicts.ts';
import { checksOf } from '../../../src/core/activity/check.ts';

/** Every UTF-16 code unit, lone surrogates and controls included. */
const anyCodeUnit = fc.nat(0xff_ff).map((unit) => String.fromCharCode(unit));

const [header = '', claims = '', signature = ''] = makeToken().split('.');

describe('a compact JWS', () => {
  it('is taken apart without losing anything', () => {
    const token = makeToken();
    const jws = expectGranted(parseCompactJws(token));
    expect(jws.header).toEqual({
      alg: 'ES256',
      kid: '38826b17-6a30-5f9b-b169-8beb8202f723',
      typ: 'JWT',
      raw: { typ: 'JWT', alg: 'ES256', kid: '38826b17-6a30-5f9b-b169-8beb8202f723' },
    });
    expect(jws.claims).toEqual(githubClaims);
    expect(jws.signingInput).toBe(token.slice(0, token.lastIndexOf('.')));
    expect(Buffer.from(jws.signature).toString('base64url')).toBe(token.slice(token.lastIndexOf('.') + 1));
  });

  it('shows every check it passed, in order, and what it says about itself', () => {
    const verdict = parseCompactJws(makeToken());
    expect(checksOf(verdict).map(({ check, ok }) => [check, ok])).toEqual(
      [
        'token.size',
        'token.form',
        'token.json',
        'header.alg',
        'header.members',
        'header.kid',
        'header.typ',
      ].map((check) => [check, true]),
    );
    expect(verdict.seen).toEqual({
      issuer: githubClaims['iss'],
      subject: githubClaims['sub'],
      audience: githubClaims['aud'],
    });
  });

  it('keeps issuer, subject and audience in a refusal as far as they can be read', () => {
    const verdict = parseCompactJws(
      makeToken({ header: { alg: 'none' }, claims: { sub: 7, aud: ['a', 'b'] } }),
    );
    expect(verdict).toMatchObject({ ok: false, seen: { issuer: githubClaims['iss'], audience: 'a b' } });
    expect(verdict.seen).not.toHaveProperty('subject');
    expect(parseCompactJws('a.b.c').seen).toEqual({});
  });

  it('shows all that is wrong with a header; the first fault gives the reason', () => {
    const verdict = parseCompactJws(makeToken({ header: { alg: 'none', crit: [], kid: '', typ: 1 } }));
    expectRefused(verdict, 'token_algorithm_not_allowed', 'header.alg');
    expect(
      checksOf(verdict)
        .filter(({ ok }) => !ok)
        .map(({ check }) => check),
    ).toEqual(['header.alg', 'header.members', 'header.kid', 'header.typ']);
  });

  it.each([
    ['letters beyond ASCII', { name: 'Zürich 東京 😀' }],
    ['an escaped solidus, as PHP writes it', `{"iss":"https:\\/\\/issuer.example","sub":"a"}`],
    ['an empty object of claims', '{}'],
    ['white space around the claims', ' \n{ "iss" : "a" }\t'],
  ])('is read with %s', (_, content) => {
    expect(expectGranted(parseCompactJws(makeToken({ claims: content }))).claims).toEqual(
      typeof content === 'string' ? JSON.parse(content) : { ...githubClaims, ...content },
    );
  });

  it('A36 as many values as a token may have, and not one more', () => {
    const holding = (values: number) => ({ claims: { list: Array.from({ length: values }, () => 7) } });
    // The claims, which are an object of so many members, and the list itself.
    const others = Object.keys(githubClaims).length + 1;
    expectGranted(parseCompactJws(makeToken(holding(1024 - others))));
    expectRefused(parseCompactJws(makeToken(holding(1025 - others))), 'token_malformed', 'token.json');
  });

  it.each([
    ['a line break at its end', `${makeToken()}\n`, /White space/u],
    ['JSON around it', JSON.stringify({ answer: makeToken() }), /This is JSON/u],
    ['the whole response around it', JSON.stringify({ value: makeToken() }), /whole response/u],
    ['quotation marks around it', `"${makeToken()}"`, /quotation marks/u],
    ['a percent-encoded line break', `${makeToken()}%0A`, /encoded twice/u],
    ['a break inside', `${makeToken().slice(0, 60)}\n${makeToken().slice(60)}`, /broken into lines/u],
    ['a variable that is not set', 'undefined', /has no value/u],
    ['a variable that was not replaced', '$ID_TOKEN', /not replaced/u],
    ['the name of its file', '/var/run/secrets/tokens/bureau', /The path was sent/u],
    ['a PEM key', '-----BEGIN PRIVATE KEY-----\nAAAA', /This is a key/u],
    ['a signed request', 'GetCallerIdentity&X-Amz-Signature=ab', /signed request/u],
    ['a SAML assertion', '<saml:Assertion>', /SAML/u],
    ['its last part cut off', `${header}.${claims}`, /signature, is missing/u],
    ['the word Bearer before it', `Bearer ${makeToken()}`, /without the word Bearer/u],
    ['five segments', `${header}.a.b.c.${signature}`, /encrypted/u],
    ['an empty signature', `${header}.${claims}.`, /no signature/u],
    ['an opaque token', 'ghs_16C7e42F292c6912E7710c838347Ae178B4a', /secret for the platform itself/u],
    ['another opaque token', 'c29tZXRoaW5n', /opaque/u],
    ['padding', `${header}.${claims}.${signature}=`, /ordinary base64/u],
    ['something else', `${header}.${claims}.${signature}!`, /exactly as the issuer gave it/u],
  ])('with %s is refused with a hint that helps', (_, token, hint) => {
    expect(expectRefused(parseCompactJws(token), 'token_malformed', 'token.form').hint).toMatch(hint);
  });

  it('evidence never holds the token, or claims beyond issuer, subject and audience', () => {
    const secret = 'do-not-keep-this-anywhere';
    for (const token of [
      makeToken({ claims: { email: secret } }),
      `${makeToken({ claims: { email: secret } })}\n`,
      makeToken({ header: { crit: [secret] }, claims: { email: secret } }),
      makeToken({ claims: `{"email":"${secret}","a":1,"a":2}` }),
    ]) {
      const evidence = JSON.stringify(checksOf(parseCompactJws(token)));
      expect(evidence).not.toContain(secret);
      expect(evidence).not.toContain(token.split('.')[1]);
      expect(evidence).not.toContain(token.split('.')[2]?.trim());
    }
  });
});

describe('whatever string comes', () => {
  const segments = fc.oneof(
    fc.constantFrom('', header, claims, signature, '=', ' ', '%', 'e30', 'e31', 'W10', 'bnVsbA'),
    fc.string({ unit: fc.constantFrom(...Array.from('AZaz09-_+/= \n.')) }),
    fc.json().map((json) => encodeSegment(json)),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => encodeSegment(bytes)),
  );
  const tokens = fc.oneof(
    fc.string({ unit: anyCodeUnit }),
    fc.array(segments, { maxLength: 6 }).map((parts) => parts.join('.')),
    fc
      .dictionary(
        fc.constantFrom('alg', 'kid', 'typ', 'crit', 'cty', 'enc', 'zip', '__proto__'),
        fc.jsonValue(),
      )
      .map((members) => `${encodeSegment(members)}.${claims}.${signature}`),
  );

  it('a verdict comes back, never an exception, and its evidence is short', () => {
    fc.assert(
      fc.property(tokens, (token) => {
        const verdict = parseCompactJws(token);
        expect(typeof verdict.ok).toBe('boolean');
        for (const { presented } of checksOf(verdict)) expect(presented.length).toBeLessThanOrEqual(256);
      }),
      { numRuns: 3000 },
    );
  });

  it('A18 nothing but the one spelling of a token is accepted', () => {
    const token = makeToken();
    const other = fc
      .tuple(
        fc.oneof(fc.nat(token.length), fc.constantFrom(header.length, token.lastIndexOf('.'), token.length)),
        fc.constantFrom(0, 1),
        fc.constantFrom(...Array.from('AQgwEIMUYckos048-_+/=. \t\r\n\0é'), '==', '\r\n', '  '),
      )
      .map(([at, cut, character]) => token.slice(0, at) + character + token.slice(at + cut));
    const original = expectGranted(parseCompactJws(token));
    fc.assert(
      fc.property(other, (text) => {
        const verdict = parseCompactJws(text);
        if (text === token || !verdict.ok) return;
        // Accepted means: other content, not another spelling of the same.
        expect([
          verdict.value.signingInput,
          Buffer.from(verdict.value.signature).toString('hex'),
        ]).not.toEqual([original.signingInput, Buffer.from(original.signature).toString('hex')]);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('against jose, for well-formed tokens', () => {
  // A backslash in a name would change how V8, and so jose, reads later ones (nodejs/node#63785).
  const noBackslash = fc.constantFrom('a', 'b', 'é', '😀', '"', '/', '\n');

  it.each(allSignatureAlgorithms)('%s: the same header and claims are read', async (alg) => {
    const key = (await importJWK({ ...keyPairFor(alg).jwk, alg })) as CryptoKey;
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.string({ unit: noBackslash }),
          fc.jsonValue({ maxDepth: 3, stringUnit: noBackslash }),
        ),
        async (content) => {
          const token = makeToken({ alg, claims: { ...content, sub: 'x' } });
          const ours = parseCompactJws(token);
          const theirs = await compactVerify(token, key);
          expect(theirs.protectedHeader).toEqual(expectGranted(ours).header.raw);
          expect(JSON.parse(new TextDecoder().decode(theirs.payload))).toEqual(expectGranted(ours).claims);
        },
      ),
      { numRuns: alg.startsWith('ES') || alg === 'RS256' ? 25 : 8 },
    );
  });
});

it('A20 16 KiB are read, one character more is not', () => {
  const room = maxTokenBytes - makeToken({ claims: { fill: '' } }).length;
  let fill = Math.floor((room * 3) / 4) - 4;
  while (makeToken({ claims: { fill: 'x'.repeat(fill + 1) } }).length <= maxTokenBytes) fill++;
  const token = makeToken({ claims: { fill: 'x'.repeat(fill) } });
  expect(token.length).toBeGreaterThan(maxTokenBytes - 2);
  expectGranted(parseCompactJws(token));
  expectRefused(parseCompactJws(`${'A'.repeat(maxTokenBytes - 3)}.A.AA`), 'token_too_large', 'token.size');
});
