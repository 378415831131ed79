import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Credentials } from '../support/bureau-process.ts';
import { makeAssertion, type OwnKey, ownKeyOf } from '../support/own-key.ts';
import { doors, openTestBureau, registered, type TestBureau } from '../support/test-bureau.ts';
import { expectIssued, expectRefused, readIssued } from '../support/token-answers.ts';

const issuer = 'https://sts.example.com';
const ownKeyDoors = doors.slice(1);

/** Contract §1 and §3: tenants beside `default`, on every path of the token endpoint and through every door. */
describe('a tenant beside default', () => {
  let bureau: TestBureau;
  let acme: { readonly administrator: OwnKey; readonly bearer: string; readonly account: string };
  beforeAll(async () => {
    bureau = await openTestBureau({ configuration: { issuer } });
    const opened = await bureau.admin('POST', '/tenants', { name: 'acme' });
    expect(opened.status).toBe(201);
    const administrator = ownKeyOf(opened.body.credentials as Credentials);
    const signedIn = await bureau.token(doors[2]?.form(makeAssertion(administrator)) ?? {}, {
      url: '/t/acme/token',
    });
    const bearer = signedIn.body.access_token as string;
    const created = await inAcme(bearer, 'POST', '/service-accounts', {
      name: 'deploy-payments',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      scopes: ['acme:read'],
      audiences: ['https://acme.example.com'],
      federations: [
        {
          issuer: bureau.issuer.issuer,
          jwksUri: bureau.issuer.jwksUri,
          subject: registered.subject,
          audience: registered.audience,
        },
      ],
    });
    expect(created.status).toBe(201);
    acme = { administrator, bearer, account: created.body.id };
  });
  afterAll(() => bureau.close());

  const inAcme = (
    bearer: string,
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body?: unknown,
  ): Promise<Answer> =>
    bureau.inject({
      method,
      url: `/t/acme/api/v1${path}`,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', 'if-match': '*' },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
  const paths = ['/t/acme/token', '/v1/oauth2/v2.0/acme/token'] as const;
  const setTenant = async (status: string): Promise<void> => {
    const changed = await bureau.admin('PATCH', '/tenants/acme', { status }, { 'if-match': '*' });
    expect(changed.status).toBe(200);
  };

  it.each(paths)('%s: every federated door, by the registration of that tenant', async (url) => {
    for (const { form } of doors) {
      const answer = await bureau.token(form(await bureau.goodToken()), { url });
      expectIssued(answer);
      expect(readIssued(answer).claims).toMatchObject({
        iss: `${issuer}/t/acme`,
        sub: acme.account,
        aud: 'https://acme.example.com',
        scope: 'acme:read',
      });
    }
  });

  it.each(paths)('%s: own keys, in each of the three forms of the name', async (url) => {
    const { accountId } = acme.administrator;
    for (const { form } of ownKeyDoors)
      for (const name of [accountId, `acme.${accountId}`, `acme.${accountId}.ExternalServiceAccount`]) {
        const answer = await bureau.token(form(makeAssertion(acme.administrator, { iss: name, sub: name })), {
          url,
        });
        expectIssued(answer);
        expect(readIssued(answer).claims).toMatchObject({
          iss: `${issuer}/t/acme`,
          sub: accountId,
          aud: `${issuer}/t/acme/api/v1`,
        });
      }
  });

  it('CA-06 CA-07 ST-33 A107 nothing of one tenant counts in the other', async () => {
    const { accountId } = acme.administrator;
    for (const { form, badToken } of ownKeyDoors) {
      // Right key, wrong tenant's path or audience or name.
      const cases: [string, string][] = [
        [makeAssertion(acme.administrator), '/token'],
        [makeAssertion(acme.administrator, { aud: issuer }), '/token'],
        [makeAssertion(acme.administrator, { aud: issuer }), '/t/acme/token'],
        [
          makeAssertion(acme.administrator, { iss: `default.${accountId}`, sub: `default.${accountId}` }),
          '/t/acme/token',
        ],
        [makeAssertion(acme.administrator, { iss: `acme.${accountId}`, sub: `acme.${accountId}` }), '/token'],
        [makeAssertion(ownKeyOf(bureau.credentials)), '/t/acme/token'],
        [makeAssertion(ownKeyOf(bureau.credentials), { aud: `${issuer}/t/acme` }), '/t/acme/token'],
      ];
      for (const [assertion, url] of cases)
        expectRefused(await bureau.token(form(assertion), { url }), 400, badToken);
    }
    const token = await bureau.goodToken();
    for (const { form, badToken } of doors) {
      expectRefused(await bureau.token({ ...form(token), client_id: acme.account }), 400, badToken);
      expectRefused(
        await bureau.token({ ...form(token), client_id: bureau.account.id }, { url: '/t/acme/token' }),
        400,
        badToken,
      );
      expectIssued(await bureau.token({ ...form(token), client_id: acme.account }, { url: '/t/acme/token' }));
    }
  });

  it('A38 A107 a token of one tenant opens nothing in the other, and is not exchanged there', async () => {
    const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
    const root = await bureau.adminToken();
    expect(
      (await bureau.inject({ method: 'GET', url: '/t/acme/api/v1/teams', headers: bearer(root) })).status,
    ).toBe(401);
    expect(
      (await bureau.inject({ method: 'GET', url: '/api/v1/teams', headers: bearer(acme.bearer) })).status,
    ).toBe(401);
    expect(
      (await bureau.inject({ method: 'GET', url: '/t/acme/api/v1/teams', headers: bearer(acme.bearer) }))
        .status,
    ).toBe(200);
    for (const { form, badToken } of doors) {
      expectRefused(await bureau.token(form(acme.bearer)), 400, badToken);
      expectRefused(await bureau.token(form(root), { url: '/t/acme/token' }), 400, badToken);
    }
  });

  it('a receipt of the tenant is shown there and nowhere else', async () => {
    const answer = await bureau.token(doors[0]?.form(await bureau.goodToken({ sub: 'x' })) ?? {}, {
      url: '/t/acme/token',
    });
    expectRefused(answer, 400, 'invalid_request');
    const found = await inAcme(acme.bearer, 'GET', `/activities/${answer.body.receipt}`);
    expect(found).toMatchObject({ status: 200, body: { reason: 'subject_not_registered' } });
    expect((await bureau.admin('GET', `/activities/${answer.body.receipt}`)).status).toBe(404);
  });

  it('settings of the tenant are its own', async () => {
    expect(
      (await inAcme(acme.bearer, 'PATCH', '/settings', { accessTokenAlgorithm: 'RS256', strictScopes: true }))
        .status,
    ).toBe(200);
    const token = await bureau.goodToken();
    const form = { ...doors[0]?.form(token), scope: 'acme:read other' };
    expectRefused(await bureau.token(form, { url: '/t/acme/token' }), 400, 'invalid_scope');
    expectIssued(await bureau.token(form));
    expect(
      readIssued(await bureau.token(doors[0]?.form(token) ?? {}, { url: '/t/acme/token' })).header.alg,
    ).toBe('RS256');
    expect(readIssued(await bureau.token(doors[0]?.form(token) ?? {})).header.alg).toBe('ES256');
  });

  it('ST-34 A65 disabled: every door of it is refused with the code of the door, the other tenant goes on', async () => {
    await setTenant('disabled');
    const token = await bureau.goodToken();
    for (const url of paths) {
      for (const { form, badToken } of doors)
        expectRefused(await bureau.token(form(token), { url }), 400, badToken);
      for (const { form, badToken } of ownKeyDoors)
        expectRefused(await bureau.token(form(makeAssertion(acme.administrator)), { url }), 400, badToken);
    }
    expect((await inAcme(acme.bearer, 'GET', '/teams')).status).not.toBe(200);
    for (const { form } of doors) expectIssued(await bureau.token(form(token)));
    await setTenant('enabled');
    for (const url of paths)
      for (const { form } of doors) expectIssued(await bureau.token(form(token), { url }));
    const kept = await inAcme(acme.bearer, 'GET', '/activities?reason=tenant_disabled&limit=50');
    expect(kept.body.items).toHaveLength(10);
  });

  it('ST-34 A65 disabled: a bad request still earns the code of a bad request', async () => {
    await setTenant('disabled');
    expectRefused(
      await bureau.token({ grant_type: 'password' }, { url: '/t/acme/token' }),
      400,
      'unsupported_grant_type',
    );
    expectRefused(await bureau.token('', { url: '/t/acme/token' }), 400, 'invalid_request');
    await setTenant('enabled');
  });

  it.each(['nobody', 'ACME', 'acme ', '%61cme%00', 'constructor', '__proto__'])(
    'A94 %j is no tenant',
    async (name) => {
      for (const url of [`/t/${encodeURI(name)}/token`, `/v1/oauth2/v2.0/${encodeURI(name)}/token`]) {
        const answer = await bureau.token(doors[0]?.form(await bureau.goodToken()) ?? {}, { url });
        expect([url, answer.status, answer.body.error]).toEqual([url, 404, 'invalid_request']);
      }
    },
  );
});
