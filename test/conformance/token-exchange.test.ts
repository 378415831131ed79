import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import { createFakeIssuerKey } from '../support/fake-issuer.ts';
import { makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { openTestBureau, registered, type TestBureau, urn } from '../support/test-bureau.ts';
import { expectIssued, expectRefused, readIssued, reasonBehind } from '../support/token-answers.ts';

const api = 'https://api.example.com';
const other = 'https://other.example.com';
const type = (name: string): string => `urn:ietf:params:oauth:token-type:${name}`;
const now = (): number => Math.floor(Date.now() / 1000);

/** Group E of the checklist. Where the contract decides otherwise, the title says so. */
describe('token exchange (RFC 8693)', () => {
  let bureau: TestBureau;
  let token: string;
  beforeAll(async () => {
    bureau = await openTestBureau();
    token = await bureau.goodToken();
  });
  afterAll(() => bureau.close());

  const exchange = (change: Record<string, string> = {}): Promise<Answer> =>
    bureau.token({
      grant_type: urn.tokenExchange,
      subject_token: token,
      subject_token_type: urn.jwt,
      ...change,
    });
  const expectReason = async (answer: Answer, error: string, reason: string): Promise<void> => {
    expectRefused(answer, 400, error);
    expect(await reasonBehind(bureau, answer)).toBe(reason);
  };
  const patch = async (body: unknown): Promise<void> => {
    const path = `/service-accounts/${bureau.account.id}`;
    expect((await bureau.admin('PATCH', path, body, { 'if-match': '*' })).status).toBe(200);
  };
  const set = async (body: unknown): Promise<void> => {
    expect((await bureau.admin('PATCH', '/settings', body, { 'if-match': '*' })).status).toBe(200);
  };

  it('TX-01 subject_token and subject_token_type are both required', async () => {
    expectIssued(await exchange());
    for (const missing of ['subject_token', 'subject_token_type'])
      await expectReason(await exchange({ [missing]: '' }), 'invalid_request', 'parameter_missing');
  });

  it('TX-02 TX-17 TX-18 TX-19 delegation is not offered: an actor token is refused, not ignored, with or without its type', async () => {
    for (const actor of [
      { actor_token: token },
      { actor_token: token, actor_token_type: urn.jwt },
      { actor_token_type: urn.jwt },
    ] as Record<string, string>[])
      await expectReason(await exchange(actor), 'invalid_request', 'actor_token_unsupported');
    expectIssued(await exchange());
  });
  it('TX-18 TX-19 may_act and nested actors of the subject token give nobody anything', async () => {
    const act = { sub: bureau.credentials.serviceAccountId, act: { sub: 'root' } };
    const answer = await exchange({ subject_token: await bureau.goodToken({ act, may_act: { sub: 'x' } }) });
    expectIssued(answer);
    expect(readIssued(answer).claims.sub).toBe(bureau.account.id);
  });

  describe('TX-03 TX-04 the declared type', () => {
    it.each([urn.jwt, urn.idToken])('TX-03 %s', async (subject_token_type) =>
      expectIssued(await exchange({ subject_token_type })),
    );
    it.each([
      urn.accessToken,
      type('refresh_token'),
      type('saml1'),
      type('saml2'),
      type('jwt-svid'),
      urn.jwt.toUpperCase(),
      'jwt',
      `${urn.jwt} `,
    ])(
      'TX-03 TX-20 %s is unsupported (contract §3: our own tokens are not exchanged again)',
      async (subject_token_type) =>
        expectReason(
          await exchange({ subject_token_type }),
          'invalid_request',
          'subject_token_type_unsupported',
        ),
    );
    it.each(['opaque', 'gho_16C7e42F292c6912E7710c838347Ae178B4a', '<saml:Assertion/>'])(
      'TX-04 %s declared as a JWT',
      async (subject_token) => {
        for (const subject_token_type of [urn.jwt, urn.idToken])
          await expectReason(
            await exchange({ subject_token, subject_token_type }),
            'invalid_request',
            'token_malformed',
          );
      },
    );
  });

  describe('TX-05 a bad subject token is invalid_request', () => {
    it.each([
      ['expired', { iat: now() - 600, exp: now() - 1 }, 'expired'],
      ['wrong issuer', { iss: 'https://unknown.example' }, 'issuer_unknown'],
      ['wrong subject', { sub: 'repo:acme/other:environment:production' }, 'subject_not_registered'],
      ['wrong audience', { aud: 'https://elsewhere.example.com' }, 'audience_mismatch'],
      ['lives too long', { exp: now() + 7300 }, 'lifetime_too_long'],
    ])('TX-05 %s', async (_title, claims, reason) =>
      expectReason(
        await exchange({ subject_token: await bureau.goodToken(claims) }),
        'invalid_request',
        reason,
      ),
    );
    it('TX-05 bad signature', async () => {
      const [published] = bureau.issuer.keys;
      const stranger = { ...(await createFakeIssuerKey('ES256')), kid: published?.kid ?? '' };
      const forged = await bureau.issuer.signToken(
        { sub: registered.subject, aud: registered.audience },
        {},
        stranger,
      );
      await expectReason(await exchange({ subject_token: forged }), 'invalid_request', 'signature_invalid');
    });
    it('TX-05 an assertion of an own key is no subject token', async () =>
      expectReason(
        await exchange({ subject_token: makeAssertion(ownKeyOf(bureau.credentials)) }),
        'invalid_request',
        'issuer_unknown',
      ));
    it('TX-05 control', async () => expectIssued(await exchange()));
  });

  describe('TX-06 TX-07 TX-08 TX-09 targets', () => {
    it.each([
      [{}, api],
      [{ audience: other }, other],
      [{ resource: other }, other],
      [{ audience: other, resource: other }, other],
    ])('TX-06 TX-08 %j', async (asked: Record<string, string>, aud) => {
      const answer = await exchange(asked);
      expectIssued(answer);
      expect(readIssued(answer).claims.aud).toBe(aud);
    });
    it.each([
      ['TX-06 unknown', { audience: 'https://unknown.example' }, 'target_not_allowed'],
      ['TX-06 unknown', { resource: 'https://unknown.example' }, 'target_not_allowed'],
      [
        'TX-06 the admin API without a role',
        { audience: 'http://127.0.0.1:8080/api/v1' },
        'target_not_allowed',
      ],
      [
        'TX-06 the admin API of another tenant',
        { audience: 'http://127.0.0.1:8080/t/acme/api/v1' },
        'target_not_allowed',
      ],
      ['TX-06 other case', { audience: api.toUpperCase() }, 'target_not_allowed'],
      ['TX-06 trailing slash', { audience: `${api}/` }, 'target_not_allowed'],
      ['TX-06 two in one', { audience: `${api} ${other}` }, 'target_not_allowed'],
      ['TX-07 relative', { resource: '/v1' }, 'target_malformed'],
      ['TX-07 no scheme', { resource: 'api.example.com' }, 'target_malformed'],
      ['TX-07 fragment', { resource: `${api}#x` }, 'target_malformed'],
      ['TX-08 two APIs', { audience: api, resource: other }, 'targets_several'],
      ['TX-09 the aud of the presented token', { audience: registered.audience }, 'target_not_allowed'],
    ])('%s %j', async (_title, asked: Record<string, string>, reason) =>
      expectReason(await exchange(asked), 'invalid_target', reason),
    );
    it('TX-08 contract §3 over RFC 8693: repeated targets are refused, even of one value', async () => {
      const form = new URLSearchParams({
        grant_type: urn.tokenExchange,
        subject_token: token,
        subject_token_type: urn.jwt,
      });
      for (const name of ['audience', 'resource'])
        await expectReason(
          await bureau.token(`${form.toString()}&${name}=${api}&${name}=${api}`),
          'invalid_request',
          'parameter_repeated',
        );
    });
  });

  describe('TX-10 TX-12 what is asked for', () => {
    it('TX-10 TX-11 an access token, asked for or not, and it says so', async () => {
      for (const asked of [{}, { requested_token_type: urn.accessToken }] as Record<string, string>[]) {
        const answer = await exchange(asked);
        expectIssued(answer);
        expect(answer.body.issued_token_type).toBe(urn.accessToken);
      }
      const answer = await exchange({ subject_token_type: urn.idToken });
      expect(answer.body.issued_token_type).toBe(urn.accessToken);
    });
    it.each(['id_token', 'refresh_token', 'id-jag', 'txn_token', 'saml2'])(
      'TX-10 %s is invalid_request',
      async (name) =>
        expectReason(
          await exchange({ requested_token_type: type(name) }),
          'invalid_request',
          'requested_token_type_unsupported',
        ),
    );
    it('TX-10 TX-12 a JWT-SVID without a credential provider to make it is refused, never answered with a Bearer token', async () => {
      const refused = async (asked: Record<string, string>, reason: string, error = 'invalid_request') =>
        expectReason(await exchange(asked), error, reason);
      await refused({ requested_token_type: urn.jwt }, 'svid_target_missing');
      await refused({ credential_provider: 'payments-svid' }, 'credential_provider_unknown');
      const audience = 'https://api.example.com';
      await refused({ requested_token_type: urn.jwt, audience }, 'target_not_allowed', 'invalid_target');
    });
  });

  describe('TX-13 without client credentials', () => {
    it('TX-13 the federation speaks for itself; client_id narrows', async () => {
      expectIssued(await exchange());
      expectIssued(await exchange({ client_id: bureau.account.id }));
    });
    it('TX-13 A42 the client_id of another account and of nobody look the same', async () => {
      const answers = await Promise.all(
        [bureau.credentials.serviceAccountId, randomUUID()].map((client_id) => exchange({ client_id })),
      );
      for (const answer of answers) await expectReason(answer, 'invalid_request', 'client_id_mismatch');
      const [one, two] = answers.map(({ body }) => ({ ...body, receipt: '' }));
      expect(one).toEqual(two);
    });
    it('TX-13 credentials that are present are verified', async () => {
      const more = { client_assertion_type: urn.assertionType };
      await expectReason(
        await exchange({ ...more, client_assertion: 'x' }),
        'invalid_client',
        'token_malformed',
      );
      expectIssued(await exchange({ ...more, client_assertion: token }));
    });
  });

  describe('TX-14 scope', () => {
    const all = 'certificates:read certificates:issue';
    it.each([
      ['none asked: all the account holds', '', all],
      ['a subset', 'certificates:read', 'certificates:read'],
      [
        'contract §3 over invalid_scope: what is not held is dropped',
        'certificates:read admin',
        'certificates:read',
      ],
      ['contract §3: possibly nothing is left', 'admin openid', ''],
    ])('TX-14 %s', async (_title, scope, granted) => {
      const answer = await exchange({ scope });
      expectIssued(answer);
      expect(answer.body.scope).toBe(granted);
      expect(readIssued(answer).claims.scope).toBe(granted);
    });
    it('TX-14 the scope of the subject token has no influence', async () => {
      const subject_token = await bureau.goodToken({
        scope: 'admin',
        scp: ['admin'],
        roles: ['administrator'],
        role: 'administrator',
      });
      const answer = await exchange({ subject_token });
      expect(answer.body.scope).toBe(all);
      expect(readIssued(answer).claims).not.toHaveProperty('role');
    });
    it('TX-14 contract §3: a tenant with strictScopes refuses instead', async () => {
      await set({ strictScopes: true });
      await expectReason(
        await exchange({ scope: 'certificates:read admin' }),
        'invalid_scope',
        'scope_not_held',
      );
      expectIssued(await exchange({ scope: 'certificates:read' }));
      await set({ strictScopes: false });
      expectIssued(await exchange({ scope: 'certificates:read admin' }));
    });
  });

  describe('TX-15 life', () => {
    const short = { iat: now() - 10, exp: now() + 300 };
    it('TX-15 900 s, whatever is left of the subject token', async () => {
      const { claims } = readIssued(await exchange({ subject_token: await bureau.goodToken(short) }));
      expect(claims.exp - claims.iat).toBe(900);
    });
    it('TX-15 capToSubjectExpiry ends with it, and never lengthens', async () => {
      await patch({ capToSubjectExpiry: true });
      const answer = await exchange({ subject_token: await bureau.goodToken(short) });
      const { claims } = readIssued(answer);
      expect(claims.exp).toBe(short.exp);
      expect(answer.body.expires_in).toBe(claims.exp - claims.iat);
      expectIssued(await exchange({ subject_token: await bureau.goodToken({ exp: now() + 7000 }) }));
      await patch({ capToSubjectExpiry: false });
      expectIssued(await exchange({ subject_token: await bureau.goodToken(short) }));
    });
  });

  it('TX-16 impersonation: no act, and nothing of the subject token is copied', async () => {
    const foreign = {
      act: { sub: 'x' },
      email: 'x@y',
      groups: ['g'],
      azp: 'x',
      client_id: 'x',
      nonce: 'x',
      jti: 'theirs',
    };
    const { claims } = readIssued(await exchange({ subject_token: await bureau.goodToken(foreign) }));
    expect(Object.keys(claims).sort()).toEqual(
      ['account_name', 'aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'owning_team', 'scope', 'sub'].sort(),
    );
    expect(claims.jti).not.toBe('theirs');
    expect(claims.client_id).toBe(bureau.account.id);
  });

  it('TX-20 ST-29 A38 A39 what we issued is not exchanged again, by whatever type it is declared', async () => {
    const own = (await exchange()).body.access_token;
    for (const subject_token_type of [urn.jwt, urn.idToken])
      await expectReason(
        await exchange({ subject_token: own, subject_token_type }),
        'invalid_request',
        'token_of_our_own',
      );
    await expectReason(
      await exchange({ subject_token: own, subject_token_type: urn.accessToken }),
      'invalid_request',
      'subject_token_type_unsupported',
    );
  });

  it('TX-21 names of other vendors change nothing', async () => {
    const answer = await exchange({
      options: '{"userProject":"x"}',
      identity_provider_id: 'x',
      service_account_id: bureau.credentials.serviceAccountId,
      subjectToken: 'x',
      requestedTokenType: 'x',
    });
    expectIssued(answer);
    expect(readIssued(answer).claims.sub).toBe(bureau.account.id);
  });
});
