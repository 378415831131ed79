import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Answer, Credentials } from '../support/bureau-process.ts';
import { encodeSegment } from '../support/jws.ts';
import { makeAssertion, type OwnKey, ownKeyOf } from '../support/own-key.ts';
import { doors, openTestBureau, registered, type TestBureau, urn } from '../support/test-bureau.ts';
import { expectRefused, reasonBehind } from '../support/token-answers.ts';
import {
  authenticatedBy,
  claimsOf,
  createCaller,
  exchangedToken,
  introspect,
  postQuery,
  revoke,
  tokenOf,
} from '../support/token-query.ts';

const issuer = 'https://sts.example.com';
const api = 'https://api.example.com';
const formHeaders = { 'content-type': 'application/x-www-form-urlencoded' };
const bearerOf = (token: string): { headers: Record<string, string> } => ({
  headers: { ...formHeaders, authorization: `Bearer ${token}` },
});

/** Group K of the checklist: introspection of our own access tokens (contract §4). */
describe('introspection (RFC 7662)', () => {
  let bureau: TestBureau;
  let administrator: OwnKey;
  /** An API, known by the audience of the tokens it is shown. */
  let server: OwnKey;
  beforeAll(async () => {
    bureau = await openTestBureau({ configuration: { issuer } });
    administrator = ownKeyOf(bureau.credentials);
    server = await createCaller(bureau, 'payments-api', { audiences: [api] });
  });
  afterAll(() => bureau.close());
  afterEach(() => void vi.useRealTimers());

  const expectActive = (answer: Answer): void => {
    expect(answer).toMatchObject({ status: 200, body: { active: true } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  };
  const expectInactive = (answer: Answer): void => {
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: { active: false } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  };
  const expectReason = async (answer: Answer, error: string, reason: string, status = 400): Promise<void> => {
    expectRefused(answer, status, error);
    expect(await reasonBehind(bureau, answer)).toBe(reason);
  };

  describe('IR-01 who asks is known', () => {
    it('IR-01 an account with a key of its own, by client assertion', async () =>
      expectActive(await introspect(bureau, server, await exchangedToken(bureau))));

    it('IR-01 CC-02 an account by the token of its platform, unless the tenant switched that off', async () => {
      const token = await exchangedToken(bureau);
      const ask = async (): Promise<Answer> =>
        postQuery(bureau, 'introspect', {
          token,
          client_assertion_type: urn.assertionType,
          client_assertion: await bureau.goodToken(),
        });
      const set = (federatedClientAssertion: boolean): Promise<Answer> =>
        bureau.admin('PATCH', '/settings', { federatedClientAssertion }, { 'if-match': '*' });
      expectActive(await ask());
      await set(false);
      await expectReason(await ask(), 'invalid_client', 'federated_assertion_off');
      await set(true);
      expectActive(await ask());
    });

    it.each([
      ['nothing at all', {}, 'invalid_client', 'client_authentication_missing'],
      ['a client_id alone', { client_id: 'x' }, 'invalid_client', 'client_authentication_missing'],
      ['a client_secret', { client_secret: 'x' }, 'invalid_client', 'client_authentication_unsupported'],
      [
        'an access token in the form, where AT-16 never looks',
        { access_token: 'x' },
        'invalid_client',
        'client_authentication_missing',
      ],
      [
        'an assertion without its type',
        { client_assertion: 'a.b.c' },
        'invalid_request',
        'parameter_missing',
      ],
      [
        'garbage as assertion',
        { client_assertion: 'x', client_assertion_type: urn.assertionType },
        'invalid_client',
        'token_malformed',
      ],
    ] as [string, Record<string, string>, string, string][])(
      'IR-01 %s: 400 and not a word about the token',
      async (_title, more, error, reason) =>
        expectReason(
          await postQuery(bureau, 'introspect', { token: await exchangedToken(bureau), ...more }),
          error,
          reason,
        ),
    );

    it.each(['Basic YTpi', 'Digest username="a"', '', 'Bearer2 x'])(
      'IR-01 RFC 9110 §11.6.1 an Authorization header that is no Bearer (%j): 401 with a challenge that can be met',
      async (authorization) => {
        const token = await exchangedToken(bureau);
        const headers = { ...formHeaders, authorization };
        const answer = await postQuery(bureau, 'introspect', { token }, { headers });
        await expectReason(answer, 'invalid_client', 'authorization_not_bearer', 401);
        expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm="[^"]+", Bearer realm="[^"]+"$/);
        const bearer = { ...formHeaders, authorization: `Bearer ${await bureau.adminToken()}` };
        const met = await postQuery(bureau, 'introspect', { token }, { headers: bearer });
        expect([met.status, met.body.active]).toEqual([200, true]);
      },
    );

    it('IR-01 A60 an assertion with the key of somebody else, or of an account that does not exist', async () => {
      const token = await exchangedToken(bureau);
      const other = { ...server, accountId: administrator.accountId };
      await expectReason(await introspect(bureau, other, token), 'invalid_client', 'account_key_unusable');
      const nobody = { ...server, accountId: randomUUID() };
      await expectReason(await introspect(bureau, nobody, token), 'invalid_client', 'account_unknown');
      expectActive(await introspect(bureau, server, token));
    });

    it('CA-05 client_id is optional, and has to be that of the caller', async () => {
      const token = await exchangedToken(bureau);
      const ask = (client_id: string): Promise<Answer> =>
        postQuery(bureau, 'introspect', { token, client_id, ...authenticatedBy(server) });
      expectActive(await ask(server.accountId));
      await expectReason(await ask(bureau.account.id), 'invalid_client', 'client_id_mismatch');
    });

    it('CA-14 an assertion works once, here and at the token endpoint together; what is refused spends nothing', async () => {
      const token = await exchangedToken(bureau);
      const proof = authenticatedBy(server);
      await expectReason(
        await postQuery(bureau, 'introspect', proof),
        'invalid_request',
        'parameter_missing',
      );
      expectActive(await postQuery(bureau, 'introspect', { token, ...proof }));
      await expectReason(
        await postQuery(bureau, 'introspect', { token, ...proof }),
        'invalid_client',
        'replayed',
      );
      await expectReason(
        await bureau.token({ grant_type: 'client_credentials', ...proof }),
        'invalid_client',
        'replayed',
      );
    });
  });

  describe.each(['introspect', 'revoke'] as const)(
    'CA-08 the audience of an assertion at /%s',
    (endpoint) => {
      const ask = async (aud: unknown): Promise<Answer> =>
        postQuery(bureau, endpoint, { token: 'unknown', ...authenticatedBy(server, { aud }) });
      it.each([[issuer], [[issuer]]])('CA-08 %j is ours', async (aud) =>
        expect((await ask(aud)).status).toBe(200),
      );
      it.each([
        [`${issuer}/${endpoint}`],
        [[`${issuer}/${endpoint}`]],
        [[issuer, `${issuer}/${endpoint}`]],
        [`${issuer}/token`],
        [`${issuer}/introspect`],
        [`${issuer}/revoke`],
        [`${issuer}/`],
        ['sts.example.com'],
        [[issuer, issuer]],
        [[]],
        [undefined],
      ])('CA-08 %j is not', async (aud) => expectRefused(await ask(aud), 400, 'invalid_client'));
    },
  );

  describe('AT-14 AT-15 AT-16 an access token as Bearer', () => {
    const ask = async (authorization: string): Promise<Answer> =>
      postQuery(
        bureau,
        'introspect',
        { token: await exchangedToken(bureau) },
        { headers: { ...formHeaders, authorization } },
      );

    it('AT-14 IR-01 one for the admin API is accepted, whatever the case of the scheme', async () => {
      const bearer = await bureau.adminToken();
      for (const scheme of ['Bearer', 'bearer', 'BEARER']) expectActive(await ask(`${scheme} ${bearer}`));
    });

    it('AT-14 one for another API, ours or not, is not: who was shown it could ask in its owner’s name', async () => {
      const caller = await createCaller(bureau, 'bearer-audiences', {
        role: 'viewer',
        audiences: [api, issuer],
      });
      for (const audience of [api, issuer]) {
        const answer = await ask(`Bearer ${await tokenOf(bureau, caller, { audience })}`);
        await expectReason(answer, 'invalid_token', 'audience_mismatch', 401);
        expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
      }
      expectActive(await ask(`Bearer ${await tokenOf(bureau, caller, { audience: `${issuer}/api/v1` })}`));
    });

    it.each<[string, () => string | Promise<string>, string]>([
      ['a third-party token', () => bureau.goodToken(), 'token_type_not_allowed'],
      ['a client assertion', () => makeAssertion(server), 'token_type_not_allowed'],
      ['garbage', () => 'abc', 'token_malformed'],
      [
        'a token with the signature of another',
        async () => {
          const [one, other] = [await bureau.adminToken(), await bureau.adminToken()];
          return one.slice(0, one.lastIndexOf('.')) + other.slice(other.lastIndexOf('.'));
        },
        'signature_invalid',
      ],
    ])('AT-14 AT-15 %s is 401 invalid_token', async (_title, make, reason) => {
      const answer = await ask(`Bearer ${await make()}`);
      await expectReason(answer, 'invalid_token', reason, 401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    });

    it('AT-15 a header that cannot be read is 400 with a challenge', async () => {
      for (const authorization of ['Bearer', 'Bearer a b', 'Bearer ü']) {
        const answer = await ask(authorization);
        expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
        expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_request"');
        expect(await reasonBehind(bureau, answer)).toBe('bearer_malformed');
      }
    });

    it('AT-16 a token in the query is not seen', async () => {
      const url = `/introspect?access_token=${await bureau.adminToken()}`;
      const answer = await postQuery(bureau, 'introspect', { token: await exchangedToken(bureau) }, { url });
      await expectReason(answer, 'invalid_client', 'client_authentication_missing');
    });

    it('CA-01 beside a client assertion it is one authentication too many', async () => {
      const form = { token: await exchangedToken(bureau), ...authenticatedBy(server) };
      const both = await postQuery(bureau, 'introspect', form, bearerOf(await bureau.adminToken()));
      await expectReason(both, 'invalid_request', 'authentication_methods_several');
      expectActive(await postQuery(bureau, 'introspect', form));
    });

    it('IR-05 A65 it is refused as soon as it is revoked, or its account disabled', async () => {
      const viewer = await createCaller(bureau, 'bearer-viewer', { role: 'viewer' });
      const token = await exchangedToken(bureau);
      const asking = (bearer: string): Promise<Answer> =>
        postQuery(bureau, 'introspect', { token }, bearerOf(bearer));
      const [first, second] = [await tokenOf(bureau, viewer), await tokenOf(bureau, viewer)];
      expectActive(await asking(first));
      expect((await revoke(bureau, viewer, first)).status).toBe(200);
      await expectReason(await asking(first), 'invalid_token', 'token_revoked', 401);
      expectActive(await asking(second));
      await setStatus(viewer.accountId, 'disabled');
      await expectReason(await asking(second), 'invalid_token', 'account_disabled', 401);
    });
  });

  describe('IR-02 what cannot be told about is inactive and nothing else', () => {
    const tampered = (token: string, changes: object): string => {
      const [header, , signature] = token.split('.');
      return `${header}.${encodeSegment({ ...claimsOf(token), ...changes })}.${signature}`;
    };
    it.each<[string, (good: string) => string | Promise<string>]>([
      ['garbage', () => 'garbage'],
      ['a refresh token of another world', () => randomUUID()],
      ['three dots', () => '...'],
      ['unsigned', (good) => `${encodeSegment({ alg: 'none', typ: 'at+jwt' })}.${good.split('.')[1]}.`],
      ['cut short', (good) => good.slice(0, -2)],
      ['with a space', (good) => `${good} `],
      ['of later', (good) => tampered(good, { exp: 4_000_000_000 })],
      ['of somebody else', (good) => tampered(good, { sub: 'x' })],
      ['longer than any token', (good) => `${good}${'A'.repeat(17_000)}`],
      ['a third-party token', () => bureau.goodToken()],
      ['an assertion', () => makeAssertion(administrator)],
      ['of another tenant', () => tokenOfAcme()],
    ])('IR-02 IR-06 %s', async (_title, make) => {
      const good = await exchangedToken(bureau);
      expectInactive(await introspect(bureau, administrator, await make(good)));
      expectActive(await introspect(bureau, administrator, good));
    });

    const tokenOfAcme = async (): Promise<string> => {
      const opened = await bureau.admin('POST', '/tenants', { name: 'acme' });
      const key = ownKeyOf(opened.body.credentials as Credentials);
      const answer = await bureau.token(doors[2]?.form(makeAssertion(key)) ?? {}, { url: '/t/acme/token' });
      const token = answer.body.access_token as string;
      // The control: at home it is active, by an assertion for that tenant's issuer.
      const form = { token, ...authenticatedBy(key) };
      expectActive(await postQuery(bureau, 'introspect', form, { url: '/t/acme/introspect' }));
      return token;
    };

    it('A107 the administrator of one tenant is nobody at another', async () =>
      expectRefused(
        await postQuery(
          bureau,
          'introspect',
          { token: 'x', ...authenticatedBy({ ...administrator, audience: `${issuer}/t/acme` }) },
          { url: '/t/acme/introspect' },
        ),
        400,
        'invalid_client',
      ));

    it('IR-02 an expired token', async () => {
      const token = await exchangedToken(bureau);
      expectActive(await introspect(bureau, administrator, token));
      vi.useFakeTimers({ toFake: ['Date'], now: (Number(claimsOf(token)['exp']) - 1) * 1000 });
      expectActive(await introspect(bureau, administrator, token));
      vi.setSystemTime(Number(claimsOf(token)['exp']) * 1000);
      expectInactive(await introspect(bureau, administrator, token));
    });

    it('IR-09 without a token, or with an empty one, there is no question', async () => {
      for (const form of [{}, { token: '' }])
        await expectReason(
          await postQuery(bureau, 'introspect', { ...form, ...authenticatedBy(server) }),
          'invalid_request',
          'parameter_missing',
        );
    });
  });

  describe('IR-03 each learns of the tokens that concern it', () => {
    const other = 'https://other.example.com';
    const callers: Record<string, OwnKey> = {};
    const tokens: Record<string, string> = {};
    beforeAll(async () => {
      const holdings = { audiences: [api, other] };
      callers['administrator'] = administrator;
      callers['viewer'] = await createCaller(bureau, 'ir03-viewer', { role: 'viewer' });
      callers['auditor'] = await createCaller(bureau, 'ir03-auditor', {
        role: 'auditor',
        audiences: [other],
      });
      callers['the API of the audience'] = await createCaller(bureau, 'ir03-api', { audiences: [api] });
      callers['another API'] = await createCaller(bureau, 'ir03-other', {
        audiences: [`${api}/`, 'https://x.y'],
      });
      callers['an account without audiences'] = await createCaller(bureau, 'ir03-none');
      callers['another without audiences'] = await createCaller(bureau, 'ir03-plain');
      callers['the owner'] = await createCaller(bureau, 'ir03-owner', holdings);
      const [owner] = [callers['the owner']];
      tokens['for the API'] = await tokenOf(bureau, owner, { audience: api });
      tokens['for another'] = await tokenOf(bureau, owner, { audience: other });
      const plain = callers['an account without audiences'];
      tokens['for the issuer'] = await tokenOf(bureau, plain);
      tokens['for the admin API'] = await bureau.adminToken();
    });

    const everything = ['for the API', 'for another', 'for the issuer', 'for the admin API'];
    it.each<[string, readonly string[]]>([
      ['administrator', everything],
      ['viewer', everything],
      ['auditor', everything],
      ['the API of the audience', ['for the API']],
      ['another API', []],
      ['an account without audiences', ['for the issuer']],
      ['another without audiences', []],
      ['the owner', ['for the API', 'for another']],
    ])('IR-03 A105 %s sees %j', async (name, seen) => {
      const caller = callers[name] as OwnKey;
      for (const [kind, token] of Object.entries(tokens)) {
        const answer = await introspect(bureau, caller, token);
        if (seen.includes(kind)) expectActive(answer);
        else expectInactive(answer);
      }
    });

    it('IR-03 A106 it is the role of now that counts', async () => {
      const former = await createCaller(bureau, 'ir03-former', { role: 'viewer' });
      const token = tokens['for the API'] as string;
      expectActive(await introspect(bureau, former, token));
      await patchAccount(former.accountId, { role: null });
      expectInactive(await introspect(bureau, former, token));
    });
  });

  describe('IR-04 what an active token says', () => {
    it.each(['ES256', 'RS256'])(
      'IR-04 exactly the members of the token, field by field: %s',
      async (algorithm) => {
        const caller = await createCaller(bureau, `ir04-${algorithm.toLowerCase()}`, {
          audiences: [api],
          scopes: ['certificates:read'],
          accessTokenAlgorithm: algorithm,
        });
        const token = await tokenOf(bureau, caller);
        const { iss, sub, aud, client_id, scope, exp, iat, jti } = claimsOf(token);
        expect((await introspect(bureau, server, token)).body).toStrictEqual({
          active: true,
          token_type: 'Bearer',
          iss,
          sub,
          aud,
          client_id,
          scope,
          exp,
          iat,
          jti,
        });
        expect({ iss, aud, scope }).toEqual({ iss: issuer, aud: api, scope: 'certificates:read' });
      },
    );

    it('IR-04 an empty scope is there, and nothing of the third-party token is', async () => {
      const token = await exchangedToken(bureau, { scope: 'of-another-world' });
      const { body } = await introspect(bureau, server, token);
      expect(body).toMatchObject({ active: true, scope: '', sub: bureau.account.id });
      expect(JSON.stringify(body)).not.toContain(registered.subject);
      expect(body).not.toHaveProperty('account_name');
    });
  });

  const patchAccount = async (id: string, changes: object): Promise<void> => {
    const answer = await bureau.admin('PATCH', `/service-accounts/${id}`, changes, { 'if-match': '*' });
    expect(answer.status).toBe(200);
  };
  const setStatus = (id: string, status: string): Promise<void> => patchAccount(id, { status });

  describe('IR-05 A65 A71 the full check, at once on this node', () => {
    it('IR-05 A65 the account of the token is disabled, enabled again, deleted', async () => {
      const owner = await createCaller(bureau, 'ir05-owner', { audiences: [api] });
      const token = await tokenOf(bureau, owner);
      expectActive(await introspect(bureau, server, token));
      await setStatus(owner.accountId, 'disabled');
      expectInactive(await introspect(bureau, server, token));
      await setStatus(owner.accountId, 'enabled');
      expectActive(await introspect(bureau, server, token));
      const gone = await bureau.admin('DELETE', `/service-accounts/${owner.accountId}`, undefined, {
        'if-match': '*',
      });
      expect(gone.status).toBe(204);
      expectInactive(await introspect(bureau, server, token));
    });

    it('IR-05 A65 the caller is disabled', async () => {
      const caller = await createCaller(bureau, 'ir05-caller', { audiences: [api] });
      const token = await exchangedToken(bureau);
      expectActive(await introspect(bureau, caller, token));
      await setStatus(caller.accountId, 'disabled');
      await expectReason(await introspect(bureau, caller, token), 'invalid_client', 'account_disabled');
    });

    it('IR-05 IR-12 the token was revoked, and no other', async () => {
      const [token, other] = [await exchangedToken(bureau), await exchangedToken(bureau)];
      expectActive(await introspect(bureau, server, token));
      expect((await revoke(bureau, administrator, token)).status).toBe(200);
      expectInactive(await introspect(bureau, server, token));
      expectInactive(await introspect(bureau, administrator, token));
      expectActive(await introspect(bureau, server, other));
    });

    it('IR-05 A71 the key that signed it was revoked; a new one signs at once', async () => {
      const token = await exchangedToken(bureau);
      expectActive(await introspect(bureau, server, token));
      const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as {
        kid: string;
      };
      const asked = { token };
      const bearer = await bureau.adminToken();
      // Its own ES256 token dies with the key.
      expect((await postQuery(bureau, 'introspect', asked, bearerOf(bearer))).status).toBe(200);
      const withdrawn = await bureau.admin('POST', `/signing-keys/${kid}/revoke`);
      expect(withdrawn.status).toBe(200);
      expectInactive(await introspect(bureau, server, token));
      expectInactive(await introspect(bureau, administrator, token));
      const late = await postQuery(bureau, 'introspect', asked, bearerOf(bearer));
      expect(late).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
      expectActive(await introspect(bureau, server, await exchangedToken(bureau)));
    });
  });
});

describe('introspection beside other kinds of tokens, limits and the trail', () => {
  let bureau: TestBureau;
  let administrator: OwnKey;
  beforeAll(async () => {
    bureau = await openTestBureau({ configuration: { issuer } });
    administrator = ownKeyOf(bureau.credentials);
  });
  afterAll(() => bureau.close());

  it.each(['access_token', 'refresh_token', 'jwt', 'x'.repeat(200), ''])(
    'IR-06 the hint %j finds the token all the same',
    async (token_type_hint) => {
      const token = await exchangedToken(bureau);
      const form = { token, token_type_hint, ...authenticatedBy(administrator) };
      expect((await postQuery(bureau, 'introspect', form)).body).toMatchObject({ active: true });
    },
  );

  it('IR-06 a JWT-SVID of ours is never active', async () => {
    const provider = await bureau.admin('POST', '/credential-providers', {
      name: 'payments-svid',
      serviceAccounts: [bureau.account.id],
      subject: { type: 'literal', value: 'spiffe://example.com/payments' },
      audience: 'my-service.example.com',
    });
    expect(provider.status).toBe(201);
    const svid = await exchangedToken(bureau, {
      requested_token_type: urn.jwt,
      audience: 'my-service.example.com',
    });
    const answer = await introspect(bureau, administrator, svid);
    expect(answer).toMatchObject({ status: 200, body: { active: false } });
    const same = await introspect(bureau, administrator, await exchangedToken(bureau));
    expect(same.body).toMatchObject({ active: true });
  });

  it('IR-08 signed answers are not offered: who asks for one gets JSON', async () => {
    const form = { token: await exchangedToken(bureau), ...authenticatedBy(administrator) };
    const headers = { ...formHeaders, accept: 'application/token-introspection+jwt' };
    const answer = await postQuery(bureau, 'introspect', form, { headers });
    expect(answer).toMatchObject({ status: 200, body: { active: true } });
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('answers are no activities; a refusal is one, with who asked and never the token', async () => {
    const token = await exchangedToken(bureau);
    const count = async (): Promise<number> =>
      (await bureau.admin('GET', '/activities?limit=200')).body.items.length as number;
    const before = await count();
    expect((await introspect(bureau, administrator, token)).body).toMatchObject({ active: true });
    expect((await introspect(bureau, administrator, 'garbage')).body).toEqual({ active: false });
    expect(await count()).toBe(before);

    const other = { ...administrator, kid: 'unknown' };
    const refused = await introspect(bureau, other, token);
    expectRefused(refused, 400, 'invalid_client');
    const activity = await bureau.activity(refused.body.receipt);
    expect(activity).toMatchObject({
      type: 'token.introspect',
      outcome: 'refused',
      reason: 'account_key_unusable',
      account: { id: administrator.accountId },
    });
    expect(JSON.stringify(activity)).not.toContain(token.split('.')[2]);
    expect(await count()).toBe(before + 1);
  });
});

describe('IR-07 limits', () => {
  it('IR-07 a burst of guesses is 429 at each endpoint, and the token endpoint goes on', async () => {
    const bureau = await openTestBureau({ configuration: { issuer, rateLimit: 20 } });
    try {
      for (const endpoint of ['introspect', 'revoke'] as const) {
        const answers: Answer[] = [];
        for (let index = 0; index < 25; index += 1)
          answers.push(await postQuery(bureau, endpoint, { token: `guess-${index}` }));
        expect(answers.slice(0, 20).map(({ status }) => status)).not.toContain(429);
        for (const answer of answers.slice(20)) expectRefused(answer, 429, 'temporarily_unavailable');
      }
      expect((await bureau.token({})).status).toBe(400);
    } finally {
      await bureau.close();
    }
  });
});
