// The rows on tokens, tried with JWT-SVIDs of another trust domain, which are told apart and judged on a way of their own.
import { sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Credentials } from '../support/bureau-process.ts';
import { signAssertion } from '../support/bureau-process.ts';
import { type Canary, createCanary } from '../support/canary.ts';
import { createFakeSpire, type FakeSpire } from '../support/fake-spire.ts';
import { encodeSegment, type SegmentContent } from '../support/jws.ts';
import { doors, openTestBureau, type TestBureau, urn } from '../support/test-bureau.ts';
import { expectIssued, expectRefused, reasonBehind } from '../support/token-answers.ts';

type Members = Readonly<Record<string, unknown>>;

const audience = 'https://sts.example.com';
const now = (): number => Math.floor(Date.now() / 1000);
const exchange = doors[0]?.form ?? (() => ({}));

describe('hostile JWT-SVIDs', () => {
  let bureau: TestBureau;
  let spire: FakeSpire;
  let canary: Canary;
  const path = '/ns/payments/sa/deploy';
  beforeAll(async () => {
    [spire, canary] = await Promise.all([createFakeSpire('td.example'), createCanary()]);
    bureau = await openTestBureau({ allow: [spire.address] });
    expect((await bureau.admin('POST', '/trusted-issuers', spire.registration)).status).toBe(201);
    const account = {
      name: 'workload',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      audiences: ['https://api.example.com'],
      federations: [{ issuer: spire.issuer, subject: spire.id(path), audience }],
    };
    expect((await bureau.admin('POST', '/service-accounts', account)).status).toBe(201);
  });
  afterAll(() => Promise.all([bureau.close(), spire.close(), canary.close()]));

  const good = (): Members => ({ sub: spire.id(path), aud: [audience], iat: now(), exp: now() + 300 });
  /** A token with exactly these segments, truly signed by the trust domain. */
  const signed = (claims: SegmentContent, header: Members | string = {}): string => {
    const key = spire.keys.at(-1);
    if (key === undefined) throw new Error('the fake SPIRE has no key');
    const full = typeof header === 'string' ? header : { alg: 'ES256', kid: key.kid, typ: 'JWT', ...header };
    const input = `${encodeSegment(full)}.${encodeSegment(claims)}`;
    const signature = sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  };
  const refused = async (token: string, reason: string): Promise<void> => {
    const answer = await bureau.token(exchange(token));
    expectRefused(answer, 400, 'invalid_request');
    expect(await reasonBehind(bureau, answer)).toBe(reason);
  };

  it('A01 control: the token all of these are bent from', async () =>
    expectIssued(await bureau.token(exchange(signed(good())))));

  it.each<[string, () => string, string]>([
    ['A01 alg none', () => signed(good(), { alg: 'none' }), 'token_algorithm_not_allowed'],
    ['A02 HS256', () => signed(good(), { alg: 'HS256' }), 'token_algorithm_not_allowed'],
    ['A03 another algorithm than that of the key', () => signed(good(), { alg: 'ES384' }), 'key_unfit'],
    ['A04 jwk', () => signed(good(), { jwk: spire.keys[0]?.jwk }), 'token_header_forbidden'],
    ['A05 jku', () => signed(good(), { jku: canary.url }), 'token_header_forbidden'],
    ['A05 x5u', () => signed(good(), { x5u: canary.url }), 'token_header_forbidden'],
    ['A06 x5c', () => signed(good(), { x5c: ['MIIB'] }), 'token_header_forbidden'],
    ['A07 a kid that is a path', () => signed(good(), { kid: '../../etc/passwd' }), 'key_unknown'],
    ['A07 a kid that is a number', () => signed(good(), { kid: 1 }), 'token_malformed'],
    ['A15 crit', () => signed(good(), { crit: ['exp'] }), 'token_header_forbidden'],
    ['A16 b64', () => signed(good(), { b64: false }), 'token_header_forbidden'],
    ['A17 padding', () => `${signed(good())}=`, 'token_malformed'],
    ['A17 white space', () => ` ${signed(good())}`, 'token_malformed'],
    [
      'A33 sub twice',
      () => signed(`{"sub":"${spire.id('/admin')}",${JSON.stringify(good()).slice(1)}`),
      'token_member_repeated',
    ],
    [
      'A33 sub twice, once escaped',
      () => signed(`{"s\\u0075b":"${spire.id('/admin')}",${JSON.stringify(good()).slice(1)}`),
      'token_member_repeated',
    ],
    ['A34 NUL in sub', () => signed({ ...good(), sub: `${spire.id(path)}\0` }), 'token_malformed'],
    ['A28 a space after sub', () => signed({ ...good(), sub: `${spire.id(path)} ` }), 'issuer_missing'],
    ['A28 another scheme', () => signed({ ...good(), sub: `spiffe+${spire.id(path)}` }), 'issuer_missing'],
    ['A28 a port', () => signed({ ...good(), sub: `spiffe://td.example:443${path}` }), 'issuer_missing'],
    ['A28 a user', () => signed({ ...good(), sub: `spiffe://x@td.example${path}` }), 'issuer_missing'],
    [
      'A28 an escape',
      () => signed({ ...good(), sub: spire.id('/ns/payments/sa/%64eploy') }),
      'issuer_missing',
    ],
    [
      'A28 a look-alike',
      () => signed({ ...good(), sub: `spiffe://td.ex\u0430mple${path}` }),
      'issuer_missing',
    ],
    ['A28 a fragment', () => signed({ ...good(), sub: `${spire.id(path)}#x` }), 'issuer_missing'],
    [
      'A28 other case in the path',
      () => signed({ ...good(), sub: spire.id(path.toUpperCase()) }),
      'subject_not_registered',
    ],
    [
      'A35 __proto__ instead of claims',
      () => signed(`{"__proto__":${JSON.stringify(good())}}`),
      'issuer_missing',
    ],
    ['A21 sub an array', () => signed({ ...good(), sub: [spire.id(path)] }), 'issuer_missing'],
    ['A21 iss null', () => signed({ ...good(), iss: null }), 'issuer_missing'],
    ['A22 a year', () => signed({ ...good(), exp: now() + 31_536_000 }), 'lifetime_too_long'],
    [
      'A22 a year, and nothing says since when',
      () => signed({ ...good(), iat: undefined, exp: now() + 31_536_000 }),
      'expires_too_far_ahead',
    ],
    ['A23 milliseconds', () => signed({ ...good(), exp: Date.now() + 300_000 }), 'claim_malformed'],
    ['A24 from the future', () => signed({ ...good(), iat: now() + 120 }), 'issued_in_the_future'],
    [
      'A26 101 audiences',
      () => signed({ ...good(), aud: [audience, ...Array.from({ length: 100 }, String)] }),
      'claim_malformed',
    ],
    ['A26 an object as aud', () => signed({ ...good(), aud: { 0: audience } }), 'claim_malformed'],
    ['A27 an audience beside ours', () => signed({ ...good(), aud: [audience, 'x'] }), 'audience_several'],
  ])('%s', async (_what, token, reason) => {
    await refused(token(), reason);
    expect(canary.hits()).toBe(0);
  });

  it('A20 a token of more than 16 KiB', () =>
    refused(signed({ ...good(), filler: 'x'.repeat(16_384) }), 'token_too_large'));

  it('A38 A81 our own access token, and one made to look like a JWT-SVID of ours', async () => {
    await refused(await bureau.adminToken(), 'token_of_our_own');
    await refused(signed({ ...good(), iss: `${bureau.baseIssuer}/spiffe` }), 'token_of_our_own');
  });

  it('CA-24 an account cannot vouch for a SPIFFE ID with its own key', async () => {
    const assertion = await signAssertion(bureau.credentials, { sub: spire.id(path) });
    const answer = await bureau.token({
      grant_type: 'client_credentials',
      client_assertion_type: urn.assertionType,
      client_assertion: assertion,
    });
    expectRefused(answer, 400, 'invalid_client');
  });

  it('A107 a trust domain of one tenant is none of another', async () => {
    const made = await bureau.admin('POST', '/tenants', { name: 'acme' });
    const credentials = made.body.credentials as Credentials;
    expect(credentials.serviceAccountId).not.toBe('');
    const answer: Answer = await bureau.token(exchange(signed(good())), { url: '/t/acme/token' });
    expectRefused(answer, 400, 'invalid_request');
    expectIssued(await bureau.token(exchange(signed(good()))));
  });
});
