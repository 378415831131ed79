import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import { addAccountKey, makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { openTestBureau, type TestBureau, urn } from '../support/test-bureau.ts';
import { expectIssued, expectRefused, readIssued, reasonBehind } from '../support/token-answers.ts';

const now = (): number => Math.floor(Date.now() / 1000);

/** Group F of the checklist; own-key assertions at this door (JB-06) are held to group C in client-authentication.test.ts. */
describe('JWT bearer grant (RFC 7523 §2.1)', () => {
  let bureau: TestBureau;
  let token: string;
  beforeAll(async () => {
    bureau = await openTestBureau();
    token = await bureau.goodToken();
  });
  afterAll(() => bureau.close());

  const present = (change: Record<string, string> = {}): Promise<Answer> =>
    bureau.token({ grant_type: urn.jwtBearer, assertion: token, ...change });
  const expectReason = async (answer: Answer, error: string, reason: string): Promise<void> => {
    expectRefused(answer, 400, error);
    expect(await reasonBehind(bureau, answer)).toBe(reason);
  };

  it('JB-01 assertion is required, one JWT', async () => {
    expectIssued(await present());
    await expectReason(await present({ assertion: '' }), 'invalid_request', 'parameter_missing');
    for (const assertion of [`${token} ${token}`, `${token},${token}`, 'garbage', `${token}.`])
      await expectReason(await present({ assertion }), 'invalid_grant', 'token_malformed');
  });

  it.each([
    ['issuer', { iss: 'https://unknown.example' }, {}, 'issuer_unknown'],
    ['no issuer', { iss: undefined }, {}, 'issuer_missing'],
    ['audience', { aud: 'https://elsewhere.example.com' }, {}, 'audience_mismatch'],
    ['two audiences', { aud: ['https://sts.example.com', 'https://b.example'] }, {}, 'audience_several'],
    ['expired', { iat: now() - 60, exp: now() - 1 }, {}, 'expired'],
    ['no exp', { exp: undefined }, {}, 'claim_missing'],
    ['not yet', { nbf: now() + 300 }, {}, 'not_yet_valid'],
    ['future', { iat: now() + 300, exp: now() + 600 }, {}, 'issued_in_the_future'],
    ['life', { iat: now() - 3600, exp: now() + 3601 }, {}, 'lifetime_too_long'],
    ['type', {}, { typ: 'at+jwt' }, 'token_type_not_allowed'],
    ['header', {}, { x5c: ['x'] }, 'token_header_forbidden'],
    ['kid', {}, { kid: 'unknown' }, 'key_unknown'],
    ['bound to a key', { cnf: { jkt: 'x' } }, {}, 'token_bound_to_a_key'],
  ])('JB-02 %s: invalid_grant', async (_title, claims, header, reason) =>
    expectReason(
      await present({ assertion: await bureau.goodToken(claims, header) }),
      'invalid_grant',
      reason,
    ),
  );
  it('JB-02 signature: invalid_grant', async () => {
    const signature = token.split('.')[2] ?? '';
    const forged = `${token.slice(0, -signature.length)}${'A'.repeat(86)}`;
    await expectReason(await present({ assertion: forged }), 'invalid_grant', 'signature_invalid');
    expectIssued(await present());
  });

  it('JB-03 client authentication is optional; what is there is verified and fits the account', async () => {
    const key = await addAccountKey(bureau, bureau.account.id, 'ES256');
    const more = { client_assertion_type: urn.assertionType };
    expectIssued(await present({ ...more, client_assertion: makeAssertion(key) }));
    await expectReason(
      await present({ ...more, client_assertion: makeAssertion(key, { jti: undefined }) }),
      'invalid_client',
      'claim_missing',
    );
    await expectReason(
      await present({ ...more, client_assertion: makeAssertion(ownKeyOf(bureau.credentials)) }),
      'invalid_grant',
      'client_assertion_of_another_account',
    );
    await expectReason(
      await present({ client_secret: 'x' }),
      'invalid_client',
      'client_authentication_unsupported',
    );
  });
  it('JB-03 JB-06 an own-key assertion beside another of the same key: both are spent; one twice is refused', async () => {
    const key = ownKeyOf(bureau.credentials);
    const [one, two] = [makeAssertion(key), makeAssertion(key)];
    const more = { client_assertion_type: urn.assertionType };
    await expectReason(
      await present({ assertion: makeAssertion(key), ...more, client_assertion: one.replace(/.$/, '') }),
      'invalid_client',
      'token_malformed',
    );
    expectIssued(await present({ assertion: one, ...more, client_assertion: two }));
    for (const assertion of [one, two])
      await expectReason(await present({ assertion }), 'invalid_grant', 'replayed');
    const twice = makeAssertion(key);
    await expectReason(
      await present({ assertion: twice, ...more, client_assertion: twice }),
      'invalid_grant',
      'replayed',
    );
  });

  it('JB-03 CA-14 of two assertions a spent one has the code of its place, and the other one is not spent', async () => {
    const key = ownKeyOf(bureau.credentials);
    const [spent, fresh] = [makeAssertion(key), makeAssertion(key)];
    const more = { client_assertion_type: urn.assertionType };
    expectIssued(await present({ assertion: spent }));
    const asClient = await present({ assertion: fresh, ...more, client_assertion: spent });
    await expectReason(asClient, 'invalid_client', 'replayed');
    const asSubject = await present({ assertion: spent, ...more, client_assertion: fresh });
    await expectReason(asSubject, 'invalid_grant', 'replayed');
    const usesShownBy = async (receipt: string): Promise<readonly boolean[]> =>
      (await bureau.admin('GET', `/activities/${receipt}`)).body.checks.flatMap(
        ({ check, ok }: { readonly check: string; readonly ok: boolean }) =>
          check === 'jti.unused' ? [ok] : [],
      );
    expect(await usesShownBy(asClient.body.receipt)).toEqual([false]);
    expect(await usesShownBy(asSubject.body.receipt)).toEqual([true, false]);
    expectIssued(await present({ assertion: fresh }));
  });

  it('CA-14 the activity of a token shows what it used, as the last of its checks, and once', async () => {
    const jti = randomUUID();
    expectIssued(await present({ assertion: makeAssertion(ownKeyOf(bureau.credentials), { jti }) }));
    const { items } = (await bureau.admin('GET', '/activities?outcome=issued&limit=1')).body;
    expect(items[0].checks.at(-1)).toMatchObject({ check: 'jti.unused', presented: jti, ok: true });
    expect(
      items[0].checks.filter(({ check }: { readonly check: string }) => check === 'jti.unused'),
    ).toHaveLength(1);
  });

  it('JB-04 scope: at most what the account holds; contract §3 over invalid_scope: the rest is dropped', async () => {
    expect((await present({ scope: 'certificates:issue' })).body.scope).toBe('certificates:issue');
    const answer = await present({ scope: 'certificates:issue admin' });
    expectIssued(answer);
    expect(readIssued(answer).claims.scope).toBe('certificates:issue');
    await bureau.admin('PATCH', '/settings', { strictScopes: true }, { 'if-match': '*' });
    await expectReason(
      await present({ scope: 'certificates:issue admin' }),
      'invalid_scope',
      'scope_not_held',
    );
    await bureau.admin('PATCH', '/settings', { strictScopes: false }, { 'if-match': '*' });
  });

  it('JB-05 an unknown subject is refused, and no account is made for it', async () => {
    const count = async (): Promise<number> =>
      (await bureau.admin('GET', '/service-accounts?limit=200')).body.items.length;
    const before = await count();
    await expectReason(
      await present({ assertion: await bureau.goodToken({ sub: `repo:acme/${randomUUID()}` }) }),
      'invalid_grant',
      'subject_not_registered',
    );
    expect(await count()).toBe(before);
    expectIssued(await present());
  });

  it('JB-06 an own-key assertion: our issuer as audience, jti once', async () => {
    const key = ownKeyOf(bureau.credentials);
    const assertion = makeAssertion(key);
    const answer = await present({ assertion });
    expectIssued(answer);
    expect(readIssued(answer).claims).toMatchObject({
      sub: key.accountId,
      client_id: key.accountId,
      role: 'administrator',
    });
    await expectReason(await present({ assertion }), 'invalid_grant', 'replayed');
    for (const aud of ['127.0.0.1:8080/token', `${bureau.baseIssuer}/token`])
      await expectReason(
        await present({ assertion: makeAssertion(key, { aud }) }),
        'invalid_grant',
        'audience_mismatch',
      );
  });

  it('JB-07 contract §3 over the checklist: issued_token_type is there at every door', async () => {
    const answer = await present();
    expect(Object.keys(answer.body).sort()).toEqual([
      'access_token',
      'expires_in',
      'issued_token_type',
      'scope',
      'token_type',
    ]);
    expect(answer.body.issued_token_type).toBe(urn.accessToken);
  });
});
