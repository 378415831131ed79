// What introspection and revocation share with the token endpoint before anything is decided: paths, methods, forms, limits.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import { type OwnKey, ownKeyOf } from '../support/own-key.ts';
import { openTestBureau, type TestBureau } from '../support/test-bureau.ts';
import { expectRefused, reasonBehind } from '../support/token-answers.ts';
import { authenticatedBy, exchangedToken, postQuery } from '../support/token-query.ts';

let bureau: TestBureau;
let administrator: OwnKey;
let token: string;
beforeAll(async () => {
  bureau = await openTestBureau();
  administrator = ownKeyOf(bureau.credentials);
  token = await exchangedToken(bureau);
});
afterAll(() => bureau.close());

describe.each(['introspect', 'revoke'] as const)('/%s', (endpoint) => {
  const good = (): Record<string, string> => ({ token, ...authenticatedBy(administrator) });
  const encoded = (form: Record<string, string>): string => new URLSearchParams(form).toString();
  const expectGood = (answer: Answer): void => expect(answer.status).toBe(200);
  const post = (form: Record<string, string> | string, options = {}): Promise<Answer> =>
    postQuery(bureau, endpoint, form, options);

  it.each(['', '/t/default'])('contract §4 answers at %s/…', async (prefix) =>
    expectGood(await post(good(), { url: `${prefix}/${endpoint}` })),
  );
  it.each(['/t/nobody', '/t/%00', `/t/${'x'.repeat(300)}`])(
    'a tenant that does not exist, %.20s, is 404 in the shape of OAuth',
    async (prefix) =>
      expectRefused(await post(good(), { url: `${prefix}/${endpoint}` }), 404, 'invalid_request'),
  );

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'] as const)(
    'TR-01 TR-14 %s is 405 with Allow: POST, and without CORS',
    async (method) => {
      const answer = await post(good(), {
        method,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          origin: 'https://evil.example',
          'access-control-request-method': 'POST',
        },
      });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('POST');
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    },
  );
  it('TR-14 POST from a page gets no CORS headers', async () => {
    const answer = await post(good(), {
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' },
    });
    expectGood(answer);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x', ''])(
    'TR-02 %j is no form',
    async (type) =>
      expectRefused(await post(good(), { headers: { 'content-type': type } }), 400, 'invalid_request'),
  );
  it.each(['%zz', '%FF%FE', '%00', 'é'])('TR-03 A87 %j in a value is refused', async (value) => {
    const proof = authenticatedBy(administrator);
    expectRefused(await post(`${encoded(proof)}&token=${value}`), 400, 'invalid_request');
    expectGood(await post(`${encoded(proof)}&token=value`));
  });
  it.each([
    'token',
    'token_type_hint',
    'client_id',
    'client_assertion',
    'client_assertion_type',
    'client_secret',
  ])('TR-04 A82 %s twice is refused, equal or not', async (name) => {
    const form = good();
    delete form[name];
    for (const pair of [`${name}=x&${name}=x`, `${name}=x&${name}=`]) {
      const answer = await post(`${encoded(form)}&${pair}`);
      expectRefused(answer, 400, 'invalid_request');
      expect(await reasonBehind(bureau, answer)).toBe('parameter_repeated');
    }
  });
  it('TR-06 parameters of other endpoints are unknown here, twice as well', async () =>
    expectGood(await post(`${encoded(good())}&scope=a&scope=b&grant_type=x&grant_type=y&foo=1&foo=2`)));
  it('TR-07 A84 the query counts for nothing', async () => {
    expectGood(await post(good(), { url: `/${endpoint}?token=a&token=b&client_secret=x` }));
    expectRefused(await post('', { url: `/${endpoint}?${encoded(good())}` }), 400, 'invalid_client');
  });
  it('TR-11 A86 a body over 64 KiB is 413, a parameter too many is 400', async () => {
    expectRefused(await post({ ...good(), more: 'x'.repeat(65_536) }), 413, 'invalid_request');
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`p${index}`, '1']));
    expectRefused(await post({ ...good(), ...many }), 400, 'invalid_request');
  });

  it('A65 a disabled tenant answers nobody, and its tokens are told of again when it is enabled', async () => {
    const name = `switched-${endpoint}`;
    const opened = await bureau.admin('POST', '/tenants', { name });
    const key = ownKeyOf(opened.body.credentials);
    const url = `/t/${name}/${endpoint}`;
    const ask = (): Promise<Answer> => post({ token: 'x', ...authenticatedBy(key) }, { url });
    const set = (status: string): Promise<Answer> =>
      bureau.admin('PATCH', `/tenants/${name}`, { status }, { 'if-match': '*' });
    expectGood(await ask());
    await set('disabled');
    expectRefused(await ask(), 400, 'invalid_client');
    await set('enabled');
    expectGood(await ask());
  });

  it('is counted in the metrics by what it is, whoever asks', async () => {
    const door = endpoint === 'introspect' ? 'introspection' : 'revocation';
    expectGood(await post(good()));
    expectRefused(await post({ token }), 400, 'invalid_client');
    const { body } = await bureau.inject({ method: 'GET', url: '/metrics' });
    expect(body).toContain(
      `bureau_token_requests_total{door="${door}",outcome="answered",reason="answered"}`,
    );
    expect(body).toContain(
      `bureau_token_requests_total{door="${door}",outcome="refused",reason="client_authentication_missing"}`,
    );
  });
});
