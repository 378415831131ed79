// An account is deleted and another one made under its name: nothing of the old one opens anything.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import { makeAssertion, type OwnKey, registerKey } from '../support/own-key.ts';
import { doors, openTestBureau, registered, type TestBureau } from '../support/test-bureau.ts';
import { expectIssued, expectRefused, readIssued, reasonBehind } from '../support/token-answers.ts';

const ownKeyDoors = doors.slice(1);
const any = { 'if-match': '*' };

describe('A73 a name that comes back', () => {
  let bureau: TestBureau;
  let old: { readonly id: string; readonly key: OwnKey & { readonly path: string }; readonly bearer: string };
  let fresh: { readonly id: string; readonly key: OwnKey };
  const subjects = { old: 'repo:acme/old:ref', fresh: 'repo:acme/fresh:ref' } as const;

  const create = async (subject: string, role: string | null): Promise<string> => {
    const created = await bureau.admin('POST', '/service-accounts', {
      name: 'the-name',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      role,
      scopes: ['certificates:read'],
      federations: [
        {
          issuer: bureau.issuer.issuer,
          jwksUri: bureau.issuer.jwksUri,
          subject,
          audience: registered.audience,
        },
      ],
    });
    expect(created.status).toBe(201);
    return created.body.id as string;
  };
  const exchange = async (subject: string, more: Record<string, string> = {}): Promise<Answer> =>
    bureau.token({ ...doors[0]?.form(await bureau.goodToken({ sub: subject })), ...more });
  const callApi = (bearer: string): Promise<Answer> =>
    bureau.inject({ method: 'GET', url: '/api/v1/teams', headers: { authorization: `Bearer ${bearer}` } });

  beforeAll(async () => {
    bureau = await openTestBureau();
    const id = await create(subjects.old, 'administrator');
    const key = await registerKey(bureau, id, 'ES256', { kid: 'the-kid' });
    const signedIn = await bureau.token(ownKeyDoors[0]?.form(makeAssertion(key)) ?? {});
    old = { id, key, bearer: signedIn.body.access_token };
    // Controls, all of them good before.
    expectIssued(signedIn);
    expectIssued(await exchange(subjects.old));
    expect((await callApi(old.bearer)).status).toBe(200);

    expect((await bureau.admin('DELETE', `/service-accounts/${id}`, undefined, any)).status).toBe(204);
    const again = await create(subjects.fresh, null);
    fresh = { id: again, key: await registerKey(bureau, again, 'ES256', { kid: 'the-kid' }) };
  });
  afterAll(() => bureau.close());

  it('A73 has a new id, and no key or role but its own', async () => {
    expect(fresh.id).not.toBe(old.id);
    const { body } = await bureau.admin('GET', `/service-accounts/${fresh.id}`);
    expect(body).toMatchObject({ name: 'the-name', role: null });
    const { items } = (await bureau.admin('GET', `/service-accounts/${fresh.id}/keys`)).body;
    expect(items).toMatchObject([{ kid: 'the-kid', lastUsedAt: null }]);
    expect((await bureau.admin('GET', old.key.path)).status).toBe(404);
  });

  it.each(ownKeyDoors)('A73 the old key is refused at $name, under each name', async ({ form, badToken }) => {
    for (const [key, reason] of [
      [old.key, 'account_unknown'],
      [{ ...old.key, accountId: fresh.id }, 'signature_invalid'],
      [{ ...old.key, accountId: 'the-name' }, 'account_unknown'],
    ] as const) {
      const answer = await bureau.token(form(makeAssertion(key)));
      expectRefused(answer, 400, badToken);
      expect(await reasonBehind(bureau, answer)).toBe(reason);
    }
    const answer = await bureau.token(form(makeAssertion(fresh.key)));
    expectIssued(answer);
    expect(readIssued(answer).claims).toMatchObject({ sub: fresh.id, account_name: 'the-name' });
    expect(readIssued(answer).claims).not.toHaveProperty('role');
  });

  it.each(doors)('A73 the old federation is refused at $name', async ({ form, badToken }) => {
    for (const more of [{}, { client_id: fresh.id }, { client_id: old.id }]) {
      const answer = await bureau.token({ ...form(await bureau.goodToken({ sub: subjects.old })), ...more });
      expectRefused(answer, 400, badToken);
    }
    const answer = await bureau.token(form(await bureau.goodToken({ sub: subjects.fresh })));
    expectIssued(answer);
    expect(readIssued(answer).claims.sub).toBe(fresh.id);
  });

  it('A73 an old token opens nothing, and the new account has not its role', async () => {
    expect(await callApi(old.bearer)).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    const issued = await bureau.token(ownKeyDoors[0]?.form(makeAssertion(fresh.key)) ?? {});
    expect((await callApi(issued.body.access_token)).status).toBe(401);
    // Not even by asking for the audience of the API.
    const asked = {
      ...ownKeyDoors[0]?.form(makeAssertion(fresh.key)),
      audience: `${bureau.baseIssuer}/api/v1`,
    };
    expectRefused(await bureau.token(asked), 400, 'invalid_target');
  });

  it('A73 a key that is taken away and sent again is another key: nothing hangs on its kid', async () => {
    const path = `/service-accounts/${fresh.id}/keys`;
    const before = (await bureau.admin('GET', `${path}/the-kid`)).body;
    expect((await bureau.admin('DELETE', `${path}/the-kid`, undefined, any)).status).toBe(204);
    const replacement = await registerKey(bureau, fresh.id, 'ES256', { kid: 'the-kid' });
    const after = (await bureau.admin('GET', `${path}/the-kid`)).body;
    expect(after.id).not.toBe(before.id);
    expect([after.lastUsedAt, after.thumbprint === before.thumbprint]).toEqual([null, false]);
    const [form] = ownKeyDoors.map((door) => door.form);
    expectRefused(await bureau.token(form?.(makeAssertion(fresh.key)) ?? {}), 400, 'invalid_grant');
    expectIssued(await bureau.token(form?.(makeAssertion(replacement)) ?? {}));
    expect((await bureau.admin('GET', path)).body.items[0].lastUsedAt).not.toBeNull();
  });

  it('A73 the trail knows both by their ids', async () => {
    for (const [id, types] of [
      [old.id, ['service-account.create', 'account-key.create', 'service-account.delete']],
      [fresh.id, ['service-account.create', 'account-key.create']],
    ] as const) {
      const { items } = (await bureau.admin('GET', `/activities?account=${id}&outcome=changed&limit=200`))
        .body;
      const seen = (items as readonly { type: string; account: { name: string } }[]).map(({ type }) => type);
      expect(seen).toEqual(expect.arrayContaining([...types]));
      expect(seen.includes('service-account.delete')).toBe(id === old.id);
    }
  });
});
