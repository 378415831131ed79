import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import { makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { doors, openTestBureau, type TestBureau } from '../support/test-bureau.ts';
import { expectIssued, readIssued } from '../support/token-answers.ts';

const issuer = 'https://sts.example.com';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Group H of the checklist, on tokens that really left the server; the builder has its own tests in access-token.test.ts. */
describe('access tokens as issued (RFC 9068)', () => {
  let bureau: TestBureau;
  beforeAll(async () => {
    bureau = await openTestBureau({ configuration: { issuer } });
  });
  afterAll(() => bureau.close());

  /** A token through each of the five doors of the contract. */
  const issue = async (): Promise<
    readonly { readonly door: string; readonly own: boolean; readonly answer: Answer }[]
  > => {
    const key = ownKeyOf(bureau.credentials);
    const federated = doors.map(async ({ name, form }) => ({
      door: name,
      own: false,
      answer: await bureau.token(form(await bureau.goodToken())),
    }));
    const own = doors.slice(1).map(async ({ name, form }) => ({
      door: `${name}, own key`,
      own: true,
      answer: await bureau.token(form(makeAssertion(key))),
    }));
    return Promise.all([...federated, ...own]);
  };
  const publishedKeys = async (): Promise<Parameters<typeof createLocalJWKSet>[0]> =>
    (await bureau.inject({ method: 'GET', url: '/.well-known/jwks.json' })).body;
  const patchAccount = async (body: unknown): Promise<void> => {
    const path = `/service-accounts/${bureau.account.id}`;
    expect((await bureau.admin('PATCH', path, body, { 'if-match': '*' })).status).toBe(200);
  };
  const set = async (body: unknown): Promise<void> => {
    expect((await bureau.admin('PATCH', '/settings', body, { 'if-match': '*' })).status).toBe(200);
  };

  it('AT-01 AT-03 AT-04 AT-05 AT-06 AT-08 AT-10 AT-13 every door: header, claims, types, and a key that is published', async () => {
    const jwks = await publishedKeys();
    const metadata = (await bureau.inject({ method: 'GET', url: '/.well-known/oauth-authorization-server' }))
      .body;
    for (const { door, own, answer } of await issue()) {
      expectIssued(answer);
      const { header, claims } = readIssued(answer);
      expect([door, ...Object.keys(header).sort()]).toEqual([door, 'alg', 'kid', 'typ']);
      expect(header).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
      expect(jwks.keys.filter(({ kid }) => kid === header.kid)).toHaveLength(1);
      const names = [
        'account_name',
        'aud',
        'client_id',
        'exp',
        'iat',
        'iss',
        'jti',
        'owning_team',
        'scope',
        'sub',
      ];
      expect([door, Object.keys(claims).sort()]).toEqual([door, [...names, ...(own ? ['role'] : [])].sort()]);
      expect(claims.iss).toBe(metadata.issuer);
      expect(claims.aud).toBe(own ? `${issuer}/api/v1` : 'https://api.example.com');
      expect(claims.exp - claims.iat).toBe(900);
      expect(Number.isInteger(claims.iat) && Number.isInteger(claims.exp)).toBe(true);
      expect(answer.body.expires_in).toBe(900);
      expect(typeof claims.scope).toBe('string');
      expect(claims.scope).toBe(answer.body.scope);
      expect(claims.jti).toMatch(uuid);
      const verified = await jwtVerify(answer.body.access_token, createLocalJWKSet(jwks), {
        issuer,
        audience: claims.aud,
        typ: 'at+jwt',
        algorithms: ['ES256'],
        requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti'],
      });
      expect(verified.payload.sub).toBe(own ? bureau.credentials.serviceAccountId : bureau.account.id);
    }
  });

  it('AT-09 no two tokens share a jti, and each jti is that of its activity', async () => {
    const answers = await issue();
    const ids = answers.map(({ answer }) => readIssued(answer).claims.jti);
    expect(new Set(ids).size).toBe(ids.length);
    for (const jti of ids) {
      const found = (await bureau.admin('GET', `/activities?jti=${jti}`)).body.items;
      expect(found).toHaveLength(1);
      expect(found[0]).toMatchObject({ outcome: 'issued', reason: 'issued', jti });
    }
  });

  it('AT-02 AT-03 RS256 by the account, then by the tenant, and back: each verifies with the published set', async () => {
    const algorithms = async (): Promise<readonly string[]> => {
      const jwks = createLocalJWKSet(await publishedKeys());
      const answers = await issue();
      for (const { answer } of answers) await jwtVerify(answer.body.access_token, jwks, { issuer });
      return answers.map(({ answer }) => readIssued(answer).header.alg);
    };
    expect(await algorithms()).toEqual(['ES256', 'ES256', 'ES256', 'ES256', 'ES256']);
    await patchAccount({ accessTokenAlgorithm: 'RS256' });
    expect(await algorithms()).toEqual(['RS256', 'RS256', 'RS256', 'ES256', 'ES256']);
    await set({ accessTokenAlgorithm: 'RS256' });
    expect(await algorithms()).toEqual(['RS256', 'RS256', 'RS256', 'RS256', 'RS256']);
    await patchAccount({ accessTokenAlgorithm: 'ES256' });
    expect(await algorithms()).toEqual(['ES256', 'ES256', 'ES256', 'RS256', 'RS256']);
    await patchAccount({ accessTokenAlgorithm: null });
    await set({ accessTokenAlgorithm: null });
    expect(await algorithms()).toEqual(['ES256', 'ES256', 'ES256', 'ES256', 'ES256']);
    for (const algorithm of ['HS256', 'none', 'EdDSA', 'ES384'])
      expect(
        (await bureau.admin('PATCH', '/settings', { accessTokenAlgorithm: algorithm }, { 'if-match': '*' }))
          .status,
      ).toBe(422);
  });

  it('AT-11 contract §3 role: where the account has one, and then the admin audience may be asked for', async () => {
    const token = await bureau.goodToken();
    const ask = (more: Record<string, string> = {}): Promise<Answer> =>
      bureau.token({ ...doors[0]?.form(token), ...more });
    const audience = `${issuer}/api/v1`;
    expect(readIssued(await ask()).claims.role).toBeUndefined();
    expect((await ask({ audience })).body.error).toBe('invalid_target');
    for (const role of ['viewer', 'auditor', 'administrator']) {
      await patchAccount({ role });
      expect(readIssued(await ask()).claims).toMatchObject({ role, aud: 'https://api.example.com' });
      expect(readIssued(await ask({ audience })).claims).toMatchObject({ role, aud: audience });
      expect(readIssued(await ask({ resource: audience })).claims.aud).toBe(audience);
    }
    // By default, where it has no other.
    await patchAccount({ role: 'viewer', audiences: [] });
    const answer = await ask();
    expect(readIssued(answer).claims.aud).toBe(audience);
    const headers = { authorization: `Bearer ${answer.body.access_token}` };
    expect((await bureau.inject({ method: 'GET', url: '/api/v1/teams', headers })).status).toBe(200);
    await patchAccount({ role: null });
    expect(readIssued(await ask()).claims.aud).toBe(issuer);
    expect((await bureau.inject({ method: 'GET', url: '/api/v1/teams', headers })).status).not.toBe(200);
    await patchAccount({ audiences: ['https://api.example.com', 'https://other.example.com'] });
  });

  it('AT-07 two APIs have two audiences: one token is for one of them, and no identifier stands twice', async () => {
    const token = await bureau.goodToken();
    for (const aud of ['https://api.example.com', 'https://other.example.com']) {
      const answer = await bureau.token({ ...doors[0]?.form(token), audience: aud });
      expect(readIssued(answer).claims.aud).toBe(aud);
    }
    const path = `/service-accounts/${bureau.account.id}`;
    for (const audiences of [
      ['*'],
      [`${bureau.baseIssuer}/api/v1`],
      [`${bureau.baseIssuer}/spiffe`],
      [`${bureau.baseIssuer}/t/acme/api/v1`],
      ['https://a.example', 'https://a.example'],
      ['https://a.example https://b.example'],
      [''],
    ])
      expect((await bureau.admin('PATCH', path, { audiences }, { 'if-match': '*' })).status).toBe(422);
  });

  it('AT-14 AT-15 AT-16 a token of another audience, and one that stands elsewhere, open nothing', async () => {
    const token = (await bureau.token(doors[0]?.form(await bureau.goodToken()) ?? {})).body.access_token;
    const administrator = await bureau.adminToken();
    const get = (headers: Record<string, string>, query = ''): Promise<Answer> =>
      bureau.inject({ method: 'GET', url: `/api/v1/teams${query}`, headers });
    expect((await get({ authorization: `Bearer ${administrator}` })).status).toBe(200);
    expect((await get({ authorization: `bEARER ${administrator}` })).status).toBe(200);
    for (const answer of [
      await get({ authorization: `Bearer ${token}` }),
      await get({ authorization: `Bearer ${makeAssertion(ownKeyOf(bureau.credentials))}` }),
      await get({ authorization: `Bearer ${await bureau.goodToken()}` }),
    ]) {
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
    const none = await get({}, `?access_token=${administrator}`);
    expect([400, 401]).toContain(none.status);
    expect((await get({})).headers.get('www-authenticate')).not.toContain('error=');
  });

  it('AT-17 no key of the access tokens is one of the JWT-SVIDs', async () => {
    const svid = (await bureau.inject({ method: 'GET', url: '/spiffe/.well-known/jwks.json' })).body;
    const own = await publishedKeys();
    const kids = new Set(own.keys.map(({ kid }) => kid));
    expect(own.keys.length).toBeGreaterThan(0);
    expect(svid.keys.length).toBeGreaterThan(0);
    for (const { kid } of svid.keys) expect(kids.has(kid)).toBe(false);
  });
});
