import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import { addAccountKey, makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { doors, openTestBureau, type TestBureau, urn } from '../support/test-bureau.ts';
import { expectIssued, expectRefused, readIssued, reasonBehind } from '../support/token-answers.ts';

/** Group G of the checklist. */
describe('client credentials (RFC 6749 §4.4)', () => {
  let bureau: TestBureau;
  let token: string;
  beforeAll(async () => {
    bureau = await openTestBureau();
    token = await bureau.goodToken();
  });
  afterAll(() => bureau.close());

  const authenticate = (assertion: string, more: Record<string, string> = {}): Promise<Answer> =>
    bureau.token({ ...doors[2]?.form(assertion), ...more });
  const expectReason = async (answer: Answer, error: string, reason: string): Promise<void> => {
    expectRefused(answer, 400, error);
    expect(await reasonBehind(bureau, answer)).toBe(reason);
  };
  const set = async (body: unknown): Promise<void> => {
    expect((await bureau.admin('PATCH', '/settings', body, { 'if-match': '*' })).status).toBe(200);
  };

  it.each([
    ['nothing', {}],
    ['client_id alone', { client_id: 'x' }],
    ['a subject token', { subject_token: 'x', subject_token_type: urn.jwt }],
    ['an assertion of the other grant', { assertion: 'x' }],
  ])('CC-01 %s is no authentication', async (_title, more: Record<string, string>) => {
    await expectReason(
      await bureau.token({ grant_type: 'client_credentials', ...more }),
      'invalid_client',
      'client_authentication_missing',
    );
    expectIssued(await authenticate(makeAssertion(ownKeyOf(bureau.credentials))));
  });

  describe('CC-02 federatedClientAssertion', () => {
    it('CC-02 on by default: the request of vcert, path and all', async () => {
      const answer = await bureau.token(doors[2]?.form(token) ?? {}, {
        url: '/v1/oauth2/v2.0/default/token',
      });
      expectIssued(answer);
      expect(answer.body.expires_in).toBe(900);
    });
    it('CC-02 off: invalid_client; own keys and the other doors go on', async () => {
      await set({ federatedClientAssertion: false });
      await expectReason(await authenticate(token), 'invalid_client', 'federated_assertion_off');
      expectIssued(await authenticate(makeAssertion(ownKeyOf(bureau.credentials))));
      for (const { form } of doors.slice(0, 2)) {
        expectIssued(await bureau.token(form(token)));
        const beside = { client_assertion_type: urn.assertionType, client_assertion: token };
        await expectReason(
          await bureau.token({ ...form(token), ...beside }),
          'invalid_client',
          'federated_assertion_off',
        );
      }
      await set({ federatedClientAssertion: true });
      expectIssued(await authenticate(token));
    });
    it('CC-02 a bad one is invalid_client', async () => {
      await expectReason(
        await authenticate(await bureau.goodToken({ sub: 'x' })),
        'invalid_client',
        'subject_not_registered',
      );
    });
  });

  describe('CC-03 one path, by registration', () => {
    it('CC-03 a federated token signed with a key of the client', async () => {
      const key = await addAccountKey(bureau, bureau.account.id, 'ES256');
      await expectReason(
        await authenticate(
          makeAssertion(key, {
            iss: bureau.issuer.issuer,
            sub: 'repo:acme/payments:environment:production',
            aud: 'https://sts.example.com',
          }),
        ),
        'invalid_client',
        'key_unknown',
      );
      expectIssued(await authenticate(makeAssertion(key)));
    });
    it('CC-03 an own-key assertion signed with a key of the issuer', async () => {
      const { id } = bureau.account;
      const claims = { iss: id, sub: id, aud: bureau.baseIssuer, jti: randomUUID() };
      await expectReason(
        await authenticate(await bureau.goodToken(claims)),
        'invalid_client',
        'account_key_unusable',
      );
    });
    it('CC-03 iss of the one, sub of the other', async () => {
      const { id } = bureau.account;
      await expectReason(
        await authenticate(await bureau.goodToken({ sub: id })),
        'invalid_client',
        'subject_not_registered',
      );
      await expectReason(
        await authenticate(await bureau.goodToken({ iss: id })),
        'invalid_client',
        'account_unknown',
      );
    });
    it('CC-03 both paths leave their own door in the activity', async () => {
      const doorsOf = async (reason: string): Promise<string[]> =>
        (await bureau.admin('GET', `/activities?reason=${reason}&limit=50`)).body.items.map(
          ({ door }: { door: string }) => door,
        );
      expectIssued(await authenticate(token));
      expect((await doorsOf('issued'))[0]).toBe('client-credentials-federated');
      expectIssued(await authenticate(makeAssertion(ownKeyOf(bureau.credentials))));
      expect((await doorsOf('issued'))[0]).toBe('client-credentials-own-key');
    });
  });

  it('CC-04 sub and client_id are the id of the account, and nobody chooses it', async () => {
    const { claims } = readIssued(await authenticate(token));
    expect(claims).toMatchObject({ sub: bureau.account.id, client_id: bureau.account.id });
    const { id: _id, ...chosen } = {
      id: 'root',
      name: 'chosen',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
    };
    expect(
      (await bureau.admin('POST', '/service-accounts', { ...chosen, id: 'root@example.com' })).status,
    ).toBe(422);
    expect((await bureau.admin('POST', '/service-accounts', { ...chosen, clientId: 'root' })).status).toBe(
      422,
    );
  });

  it('CC-05 without scope: what the account holds, said explicitly', async () => {
    expect((await authenticate(token)).body.scope).toBe('certificates:read certificates:issue');
  });
  it('CC-05 contract §3 over invalid_scope: an account that holds none gets an empty scope', async () => {
    const answer = await authenticate(makeAssertion(ownKeyOf(bureau.credentials)));
    expectIssued(answer);
    expect(answer.body.scope).toBe('');
    expect(readIssued(answer).claims.scope).toBe('');
  });
});
