import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import { doors, openTestBureau, type TestBureau, urn } from '../support/test-bureau.ts';

/** RFC 6749 §5.2: what `error` and `error_description` may be made of. */
const printable = /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/;

const expectRefusal = (answer: Answer, status: number, error: string): void => {
  expect({ status: answer.status, error: answer.body.error }).toEqual({ status, error });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('pragma')).toBe('no-cache');
  expect(answer.body).not.toHaveProperty('access_token');
  expect(answer.body.error_description).toMatch(printable);
  expect(answer.body.receipt).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.body.errors).toEqual([{ code: expect.any(Number), message: answer.body.error_description }]);
};

describe('token endpoint: requests and answers (RFC 6749 §3.2, §5)', () => {
  let bureau: TestBureau;
  let token: string;
  let good: Record<string, string>;
  beforeAll(async () => {
    bureau = await openTestBureau();
    token = await bureau.goodToken();
    good = doors[0]?.form(token) ?? {};
  });
  afterAll(() => bureau.close());

  const encoded = (form: Record<string, string>): string => new URLSearchParams(form).toString();
  const expectGood = (answer: Answer): void =>
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });

  describe('paths (contract §3)', () => {
    it.each([
      '/token',
      '/v1/oauth2/v2.0/default/token',
      '/v1/oauth/token/serviceaccount',
      '/t/default/token',
    ])('%s answers', async (url) => expectGood(await bureau.token(good, { url })));

    it('an unknown tenant is 404 in the shape of OAuth', async () =>
      expectRefusal(await bureau.token(good, { url: '/t/nobody/token' }), 404, 'invalid_request'));
  });

  describe('TR-01 POST only', () => {
    it.each([
      'GET',
      'HEAD',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'TRACE',
      'PROPFIND',
      'QUERY',
      'PURGE',
    ] as const)('%s is 405 with Allow: POST', async (method) => {
      const answer = await bureau.token(good, { method: method as 'GET' });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('POST');
      expect(answer.headers.get('cache-control')).toBe('no-store');
    });
    it('X-HTTP-Method-Override changes nothing', async () => {
      const headers = {
        'x-http-method-override': 'POST',
        'content-type': 'application/x-www-form-urlencoded',
      };
      expect((await bureau.token(good, { method: 'PUT', headers })).status).toBe(405);
    });
    it('POST is the control', async () => expectGood(await bureau.token(good)));
  });

  describe('TR-02 A85 form bodies only', () => {
    it.each([
      'application/x-www-form-urlencoded',
      'application/x-www-form-urlencoded; charset=UTF-8',
      'application/x-www-form-urlencoded;charset=utf-8',
      'Application/X-WWW-Form-URLEncoded; Charset="utf-8"',
    ])('%s is read', async (type) =>
      expectGood(await bureau.token(good, { headers: { 'content-type': type } })),
    );

    it.each([
      'application/json',
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded garbage',
      'application/x-www-form-urlencoded\tx',
      'application/x-www-form-urlencoded; charset=utf-16',
      'application/x-www-form-urlencoded; charset=utf-8; charset=utf-16',
      'application/x-www-form-urlencoded, application/json',
      '',
    ])('%j is refused', async (type) =>
      expectRefusal(await bureau.token(good, { headers: { 'content-type': type } }), 400, 'invalid_request'),
    );

    it('TX-21 a JSON body with the names of other vendors is refused', async () => {
      const payload = JSON.stringify({
        grantType: urn.tokenExchange,
        subjectToken: token,
        subjectTokenType: urn.jwt,
      });
      expectRefusal(
        await bureau.token(payload, { headers: { 'content-type': 'application/json' } }),
        400,
        'invalid_request',
      );
    });
    it('no content type is refused', async () =>
      expectRefusal(await bureau.token('', { headers: {} }), 400, 'invalid_request'));
  });

  describe('TR-03 A87 strict decoding', () => {
    it.each(['%zz', '%', '%f', '%FF%FE', '%00', '%c0%af', '%ed%a0%80', 'é'])(
      '%j in a value is refused',
      async (value) =>
        expectRefusal(await bureau.token(`${encoded(good)}&client_id=${value}`), 400, 'invalid_request'),
    );
    it('+ is a space and %2B a plus', async () => {
      expect(
        (await bureau.token(`${encoded(good)}&scope=certificates:read+certificates:issue`)).body.scope,
      ).toBe('certificates:read certificates:issue');
    });
  });

  describe('TR-04 A82 a known parameter comes once', () => {
    it.each([
      'grant_type',
      'client_id',
      'client_secret',
      'client_assertion',
      'client_assertion_type',
      'assertion',
      'subject_token',
      'subject_token_type',
      'actor_token',
      'actor_token_type',
      'requested_token_type',
      'scope',
      'audience',
      'resource',
    ])('%s twice is refused, equal or not', async (name) => {
      for (const second of [`${name}=x`, `${name}=`])
        expectRefusal(await bureau.token(`${encoded(good)}&${name}=x&${second}`), 400, 'invalid_request');
    });
    it('an unknown parameter twice is ignored twice', async () =>
      expectGood(await bureau.token(`${encoded(good)}&foo=1&foo=2`)));
  });

  describe('TR-05 empty counts as absent', () => {
    it.each([
      'scope',
      'audience',
      'resource',
      'client_id',
      'client_assertion',
      'client_assertion_type',
      'actor_token',
      'requested_token_type',
    ])('%s= behaves like none', async (name) => expectGood(await bureau.token({ ...good, [name]: '' })));
    it('subject_token= is a missing parameter', async () => {
      const answer = await bureau.token({ ...good, subject_token: '' });
      expectRefusal(answer, 400, 'invalid_request');
      expect(await bureau.activity(answer.body.receipt)).toMatchObject({ reason: 'parameter_missing' });
    });
  });

  describe('TR-06 unknown parameters change nothing', () => {
    it.each([
      ['foo', 'bar'],
      ['options', '{}'],
      ['requested_subject', 'root'],
      ['admin', 'true'],
      ['expires_in', '86400'],
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])('%s=%s', async (name, value) => {
      const answer = await bureau.token({ ...good, [name]: value });
      expectGood(answer);
      expect(answer.body).toMatchObject({ expires_in: 900, scope: 'certificates:read certificates:issue' });
    });
  });

  describe('TR-07 A84 parameters stand in the body', () => {
    it('the query is tolerated and ignored', async () => {
      expectGood(await bureau.token(good, { url: '/token?client-request-id=1&grant_type=password' }));
    });
    it('parameters in the query alone are none', async () =>
      expectRefusal(await bureau.token('', { url: `/token?${encoded(good)}` }), 400, 'invalid_request'));
  });

  describe('TR-08 TR-09 A45 grant types to the letter', () => {
    it('absent is invalid_request', async () =>
      expectRefusal(await bureau.token('foo=bar'), 400, 'invalid_request'));
    it.each([
      'password',
      'authorization_code',
      'refresh_token',
      'token-exchange',
      urn.tokenExchange.toUpperCase(),
      `${urn.jwtBearer} `,
      urn.tokenExchange.replace('-', '_'),
      'Client_Credentials',
    ])('%j is unsupported_grant_type', async (type) =>
      expectRefusal(await bureau.token({ ...good, grant_type: type }), 400, 'unsupported_grant_type'),
    );
    it.each(doors)('$name is the control', async ({ form }) => expectGood(await bureau.token(form(token))));
  });

  describe('TR-10 scope grammar', () => {
    it.each([
      'certificates:read certificates:issue',
      'certificates:issue certificates:read',
      'certificates:read certificates:read certificates:issue',
    ])('%j is granted in full', async (scope) =>
      expect(new Set((await bureau.token({ ...good, scope })).body.scope.split(' ')).size).toBe(2),
    );
    it.each([' certificates:read', 'certificates:read ', 'a  b', 'a\tb', 'a"b', 'a\\b', 'ä', 'a\nb'])(
      '%j is invalid_scope',
      async (scope) => expectRefusal(await bureau.token({ ...good, scope }), 400, 'invalid_scope'),
    );
  });

  describe('TR-11 A20 A83 A86 sizes', () => {
    it('a body of 64 KiB + 1 is 413', async () =>
      expectRefusal(await bureau.token(`foo=${'a'.repeat(64 * 1024 - 3)}`), 413, 'invalid_request'));
    it('a body of 64 KiB is read', async () => {
      const body = encoded(good);
      expectGood(await bureau.token(`${body}&foo=${'a'.repeat(64 * 1024 - body.length - 5)}`));
    });
    it('a token of 16 KiB + 1 is refused, one just below is read', async () => {
      const short = await bureau.goodToken({ filler: '' });
      const filler = (length: number): Promise<string> => bureau.goodToken({ filler: 'a'.repeat(length) });
      const most = Math.floor(((16 * 1024 - short.length) * 3) / 4) - 4;
      const large = await filler(most);
      expect(large.length).toBeGreaterThan(16 * 1024 - 16);
      expectGood(await bureau.token({ ...good, subject_token: large }));
      expectRefusal(
        await bureau.token({ ...good, subject_token: await filler(most + 20) }),
        400,
        'invalid_request',
      );
    });
    it('41 parameters, or 20,000, are refused', async () => {
      for (const count of [41, 20_000])
        expectRefusal(
          await bureau.token(
            Array.from({ length: count }, (_unused, index) => `${index}`)
              .join('&')
              .slice(0, 65_000),
          ),
          400,
          'invalid_request',
        );
    });
    it.each(['grant_type[]=x', 'a[b]=c', '__proto__=x', 'constructor=y'])(
      '%s alone is no grant',
      async (body) => expectRefusal(await bureau.token(body), 400, 'invalid_request'),
    );
  });

  it('TR-14 A96 no CORS on the token endpoint', async () => {
    const headers = {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      'content-type': 'application/x-www-form-urlencoded',
    };
    for (const method of ['OPTIONS', 'POST'] as const) {
      const answer = await bureau.token(good, { method, headers });
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('TR-15 the parameters of another grant are not looked at', async () => {
    const before = bureau.issuer.hits();
    expectGood(await bureau.token({ ...good, assertion: 'garbage' }));
    expectGood(
      await bureau.token({
        ...doors[1]?.form(token),
        subject_token: 'garbage',
        subject_token_type: 'garbage',
      }),
    );
    expect(bureau.issuer.hits()).toBe(before);
  });

  describe('RS answers', () => {
    it('RS-01 RS-02 RS-03 RS-04 a success is complete and not stored', async () => {
      const answer = await bureau.token(good);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('pragma')).toBe('no-cache');
      expect(Object.keys(answer.body).sort()).toEqual([
        'access_token',
        'expires_in',
        'issued_token_type',
        'scope',
        'token_type',
      ]);
      expect(answer.body).toMatchObject({
        token_type: 'Bearer',
        expires_in: 900,
        issued_token_type: urn.accessToken,
      });
    });

    it('RS-05 no refresh token, and none can be asked for', async () => {
      expect((await bureau.token(good)).body).not.toHaveProperty('refresh_token');
      expectRefusal(
        await bureau.token({
          ...good,
          requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token',
        }),
        400,
        'invalid_request',
      );
    });

    it('RS-07 RS-08 nothing of a token reaches a description', async () => {
      const hostile = ['"', '\\', '\n', '😀', 'secret-claim-value'];
      for (const value of hostile) {
        const answer = await bureau.token({ ...good, subject_token: await bureau.goodToken({ sub: value }) });
        expectRefusal(answer, 400, 'invalid_request');
        expect(JSON.stringify(answer.body)).not.toContain('secret-claim-value');
      }
    });

    it.each(doors)('RS-09 A99 $name: one body for every cause', async ({ form, badToken }) => {
      const account = bureau.account.id;
      const now = Math.floor(Date.now() / 1000);
      const [header, payload] = token.split('.');
      const bad = [
        'garbage',
        `${header}.${payload}.`,
        `${header}.${payload}.AAAA`,
        await bureau.goodToken({ iss: 'https://unknown.example' }),
        await bureau.goodToken({ sub: 'somebody-else' }),
        await bureau.goodToken({ aud: 'https://elsewhere.example' }),
        await bureau.goodToken({ aud: [] }),
        await bureau.goodToken({ exp: now - 1 }),
        await bureau.goodToken({ iat: now - 8000, exp: now + 60 }),
        await bureau.goodToken({ iat: now + 300 }),
        await bureau.goodToken({ nbf: now + 300 }),
        await bureau.goodToken({ sub: undefined }),
        await bureau.goodToken({}, { kid: 'unknown' }),
        await bureau.goodToken({}, { typ: 'dpop+jwt' }),
        await bureau.goodToken({ cnf: { jkt: 'x' } }),
        await bureau.goodToken({ iss: account, sub: account }),
      ];
      const answers = await Promise.all(bad.map((each) => bureau.token(form(each))));
      for (const answer of answers) expectRefusal(answer, 400, badToken);
      const shown = new Set(answers.map(({ body }) => JSON.stringify({ ...body, receipt: '' })));
      expect(shown.size).toBe(1);
      const headers = new Set(answers.map((answer) => [...answer.headers.keys()].sort().join()));
      expect(headers.size).toBe(1);
      // The control, and the other half of the rule: inside, the causes are told apart.
      expectGood(await bureau.token(form(token)));
      const reasons = await Promise.all(
        answers.map(async ({ body }) => (await bureau.activity(body.receipt)).reason),
      );
      expect(new Set(reasons).size).toBeGreaterThan(8);
    });

    it('RS-10 CA-01 a challenge only where the Authorization header was used', async () => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Basic YTpi' };
      const answer = await bureau.token({ grant_type: 'client_credentials' }, { headers });
      expectRefusal(answer, 401, 'invalid_client');
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm="[^"]+"$/);
      const without = await bureau.token({ grant_type: 'client_credentials' });
      expectRefusal(without, 400, 'invalid_client');
      expect(without.headers.get('www-authenticate')).toBeNull();
    });

    it('A45 CA-01 two ways of client authentication are refused, and nothing is burnt', async () => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Basic YTpi' };
      const form = doors[2]?.form(token) ?? {};
      expectRefusal(await bureau.token(form, { headers }), 400, 'invalid_request');
      expectRefusal(await bureau.token({ ...form, client_secret: 'x' }), 400, 'invalid_request');
      expectGood(await bureau.token(form));
    });

    it('FX-07 client attestation and URL client ids are refused, not ignored', async () => {
      const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        'oauth-client-attestation': 'x',
      };
      expectRefusal(await bureau.token(good, { headers }), 400, 'invalid_client');
      expectRefusal(
        await bureau.token({ ...good, client_id: 'https://client.example/metadata.json' }),
        400,
        'invalid_request',
      );
    });
  });
});
