// Assertions with an account's own key at both doors that take them, each refusal beside the same assertion without the defect.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import { createFakeIssuerKey } from '../support/fake-issuer.ts';
import { makeAssertion, type Members, type OwnKey, registerKey } from '../support/own-key.ts';
import { doors, openTestBureau, type TestBureau } from '../support/test-bureau.ts';
import { expectIssued, expectRefused, reasonBehind } from '../support/token-answers.ts';

const issuer = 'https://sts.example.com';
const ownKeyDoors = doors.slice(1);
const now = (): number => Math.floor(Date.now() / 1000);
const year = 31_536_000;

let bureau: TestBureau;
beforeAll(async () => {
  bureau = await openTestBureau({ configuration: { issuer } });
});
afterAll(() => bureau.close());

let made = 0;
const createAccount = async (): Promise<string> => {
  made += 1;
  const created = await bureau.admin('POST', '/service-accounts', {
    name: `own-key-${made}`,
    owningTeam: 'default',
    useCase: 'custom-api-integration',
  });
  expect(created.status).toBe(201);
  return created.body.id as string;
};

describe.each(ownKeyDoors)('A60 a wrong assertion at $name', ({ form, badToken }) => {
  let key: OwnKey;
  let rsa: OwnKey;
  let other: OwnKey;
  beforeAll(async () => {
    const account = await createAccount();
    key = await registerKey(bureau, account, 'ES256');
    rsa = await registerKey(bureau, account, 'RS256');
    other = await registerKey(bureau, await createAccount(), 'ES256');
  });

  type Wrong = () => { readonly assertion: string; readonly more?: Record<string, string> };
  const claims =
    (changes: () => Members): Wrong =>
    () => ({ assertion: makeAssertion(key, changes()) });
  const named = (name: () => unknown): Wrong => claims(() => ({ iss: name(), sub: name() }));
  const table: readonly (readonly [string, string, Wrong])[] = [
    ['iss ≠ sub: iss of another client', 'account_unknown', claims(() => ({ iss: other.accountId }))],
    ['iss ≠ sub: sub of another client', 'account_unknown', claims(() => ({ sub: other.accountId }))],
    ['iss ≠ sub: sub of nobody', 'account_unknown', claims(() => ({ sub: randomUUID() }))],
    ['no sub', 'account_unknown', claims(() => ({ sub: undefined }))],
    ['no iss', 'issuer_missing', claims(() => ({ iss: undefined }))],
    ['neither', 'issuer_missing', claims(() => ({ iss: undefined, sub: undefined }))],
    ['a list for a name', 'issuer_missing', named(() => [key.accountId])],
    ['an unknown client', 'account_unknown', named(() => randomUUID())],
    [
      'the key of another client, with its kid',
      'account_key_unusable',
      () => ({ assertion: makeAssertion({ ...other, accountId: key.accountId }) }),
    ],
    [
      'the key of another client, under our kid',
      'signature_invalid',
      () => ({ assertion: makeAssertion({ ...other, accountId: key.accountId, kid: key.kid }) }),
    ],
    [
      'the key of another client, without kid',
      'signature_invalid',
      () => ({ assertion: makeAssertion({ ...other, accountId: key.accountId }, {}, { kid: undefined }) }),
    ],
    ['the name of another client', 'account_key_unusable', named(() => other.accountId)],
    ['expired 1 s ago', 'expired', claims(() => ({ iat: now() - 60, exp: now() - 1 }))],
    ['expired 5 min ago', 'expired', claims(() => ({ iat: now() - 600, exp: now() - 300 }))],
    ['a life of 3601 s', 'lifetime_too_long', claims(() => ({ iat: now() - 60, exp: now() + 3541 }))],
    ['a life of a year', 'expires_too_far_ahead', claims(() => ({ exp: now() + year }))],
    [
      'a life of a year without iat',
      'expires_too_far_ahead',
      claims(() => ({ iat: undefined, exp: now() + year })),
    ],
    [
      'a life of a year that is nearly over',
      'lifetime_too_long',
      claims(() => ({ iat: now() - year + 60, exp: now() + 60 })),
    ],
    ['iat in the future', 'issued_in_the_future', claims(() => ({ iat: now() + 120, exp: now() + 180 }))],
    ['no exp', 'claim_missing', claims(() => ({ exp: undefined }))],
    [
      'PS256 with an RS256 key',
      'account_key_unusable',
      () => ({ assertion: makeAssertion({ ...rsa, algorithm: 'PS256' }) }),
    ],
    [
      'RS512 with an RS256 key',
      'account_key_unusable',
      () => ({ assertion: makeAssertion({ ...rsa, algorithm: 'RS512' }) }),
    ],
    [
      'PS256 with an RS256 key, without kid',
      'account_key_unusable',
      () => ({ assertion: makeAssertion({ ...rsa, algorithm: 'PS256' }, {}, { kid: undefined }) }),
    ],
    [
      'client_id of another client',
      'client_id_mismatch',
      () => ({ assertion: makeAssertion(key), more: { client_id: other.accountId } }),
    ],
    [
      'client_id of nobody',
      'client_id_mismatch',
      () => ({ assertion: makeAssertion(key), more: { client_id: randomUUID() } }),
    ],
    ['the audience of another server', 'audience_mismatch', claims(() => ({ aud: 'https://other.example' }))],
    [
      'our audience and another',
      'audience_several',
      claims(() => ({ aud: [issuer, 'https://other.example'] })),
    ],
  ];

  it.each(table)('A60 %s', async (_what, reason, wrong) => {
    const { assertion, more = {} } = wrong();
    const answer = await bureau.token({ ...form(assertion), ...more });
    expectRefused(answer, 400, badToken);
    expect(await reasonBehind(bureau, answer)).toBe(reason);
    for (const control of [key, rsa, other]) expectIssued(await bureau.token(form(makeAssertion(control))));
  });

  it('A60 every one of them has the same answer', async () => {
    const bodies = new Set<string>();
    for (const [, , wrong] of table) {
      const { assertion, more = {} } = wrong();
      const { body } = await bureau.token({ ...form(assertion), ...more });
      bodies.add(JSON.stringify({ ...body, receipt: null }));
    }
    expect(bodies.size).toBe(1);
  });

  it.each<[string, () => Members, Record<string, string>]>([
    ['60 s', () => ({}), {}],
    ['3600 s', () => ({ exp: now() + 3600 }), {}],
    ['no iat', () => ({ iat: undefined }), {}],
    ['iat 30 s ahead', () => ({ iat: now() + 30 }), {}],
    ['an array of one audience', () => ({ aud: [issuer] }), {}],
  ])('A60 control: %s', async (_what, changes, more) =>
    expectIssued(await bureau.token({ ...form(makeAssertion(key, changes())), ...more })),
  );
  it('A60 control: client_id that is right', async () =>
    expectIssued(await bureau.token({ ...form(makeAssertion(key)), client_id: key.accountId })));
});

describe.each(ownKeyDoors)('A61 a key or an account that was taken away, at $name', ({ form, badToken }) => {
  let account: string;
  let key: OwnKey & { readonly path: string };
  let spare: OwnKey;
  const accountPath = (): string => `/service-accounts/${account}`;
  beforeEach(async () => {
    account = await createAccount();
    key = await registerKey(bureau, account, 'ES256');
    spare = await registerKey(bureau, account, 'ES256');
    // Warm: the server has seen both.
    for (const each of [key, spare]) expectIssued(await send(each));
  });
  const send = (by: OwnKey, header: Members = {}): Promise<Answer> =>
    bureau.token(form(makeAssertion(by, {}, header)));
  const refused = async (by: OwnKey, reason: string, header: Members = {}): Promise<void> => {
    const answer = await send(by, header);
    expectRefused(answer, 400, badToken);
    expect(await reasonBehind(bureau, answer)).toBe(reason);
  };
  const change = async (path: string, body: unknown): Promise<void> => {
    expect((await bureau.admin('PATCH', path, body, { 'if-match': '*' })).status).toBe(200);
  };
  const remove = async (path: string): Promise<void> => {
    expect((await bureau.admin('DELETE', path, undefined, { 'if-match': '*' })).status).toBe(204);
  };

  it('A61 a disabled key, on the next request, by its kid and without; enabled again it works', async () => {
    await change(key.path, { status: 'disabled' });
    await refused(key, 'account_key_unusable');
    await refused(key, 'signature_invalid', { kid: undefined });
    expectIssued(await send(spare));
    await change(key.path, { status: 'enabled' });
    expectIssued(await send(key));
  });

  it('A61 a key that ends, although nobody changes anything then; prolonged it works', async () => {
    const expiresAt = Date.now() + 1500;
    await change(key.path, { expiresAt: new Date(expiresAt).toISOString() });
    const early = await send(key);
    // On a machine that is slow enough the end came first; then there is no control, and the rest holds all the same.
    if (Date.now() < expiresAt) expectIssued(early);
    while (Date.now() < expiresAt) await new Promise((resolve) => setTimeout(resolve, 20));
    await refused(key, 'account_key_unusable');
    await refused(key, 'signature_invalid', { kid: undefined });
    expectIssued(await send(spare));
    await change(key.path, { expiresAt: null });
    expectIssued(await send(key));
  });

  it('A61 a deleted key, also under the kid of one that is still there', async () => {
    await remove(key.path);
    await refused(key, 'account_key_unusable');
    await refused(key, 'signature_invalid', { kid: undefined });
    await refused({ ...key, kid: spare.kid }, 'signature_invalid');
    expectIssued(await send(spare));
  });

  it('A61 the last key: without any the account cannot sign in', async () => {
    await remove(key.path);
    await remove(`${accountPath()}/keys/${spare.kid}`);
    for (const each of [key, spare])
      for (const header of [{}, { kid: undefined }]) await refused(each, 'account_key_unusable', header);
    const again = await registerKey(bureau, account, 'ES256');
    expectIssued(await send(again));
  });

  it('A61 a disabled account, whatever its keys; enabled again it works', async () => {
    await change(accountPath(), { status: 'disabled' });
    for (const each of [key, spare]) await refused(each, 'account_disabled');
    await change(key.path, { status: 'disabled' });
    await refused(key, 'account_disabled');
    await change(accountPath(), { status: 'enabled' });
    await refused(key, 'account_key_unusable');
    expectIssued(await send(spare));
  });

  it('A61 a deleted account', async () => {
    await remove(accountPath());
    for (const each of [key, spare]) await refused(each, 'account_unknown');
  });

  it('A61 an assertion made before, and never used, is refused all the same', async () => {
    const assertions = [makeAssertion(key), makeAssertion(spare)];
    await remove(key.path);
    const [first, second] = [
      await bureau.token(form(assertions[0] ?? '')),
      await bureau.token(form(assertions[1] ?? '')),
    ];
    expectRefused(first, 400, badToken);
    expectIssued(second);
  });

  it('A61 a public key that is taken away is not taken over by who held it elsewhere', async () => {
    const { privateKey, publicKey } = await createFakeIssuerKey('ES256');
    const neighbour = await createAccount();
    const body = { publicKey: publicKey.export({ type: 'spki', format: 'pem' }), kid: 'shared' };
    for (const id of [account, neighbour])
      expect((await bureau.admin('POST', `/service-accounts/${id}/keys`, body)).status).toBe(201);
    const shared = { ...key, kid: 'shared', privateKey };
    for (const id of [account, neighbour]) expectIssued(await send({ ...shared, accountId: id }));
    await remove(`${accountPath()}/keys/shared`);
    await refused(shared, 'account_key_unusable');
    expectIssued(await send({ ...shared, accountId: neighbour }));
  });
});
