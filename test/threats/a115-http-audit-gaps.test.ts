// Each decision and each change has its one line in the trail, and no route takes one away or alters it.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminOperations } from '../../src/admin-api/operations.ts';
import type { Answer } from '../support/bureau-process.ts';
import { makeAssertion, type OwnKey, ownKeyOf } from '../support/own-key.ts';
import { doors, openTestBureau, registered, type TestBureau, urn } from '../support/test-bureau.ts';
import { readIssued } from '../support/token-answers.ts';

const any = { 'if-match': '*' };

describe('A115 audit gaps', () => {
  let bureau: TestBureau;
  let own: OwnKey;
  /** What the trail has to show beyond what it shows now, by type and reason. */
  const expected: string[] = [];
  /** Receipts of refusals and `jti`s of tokens, each of which has to be found once. */
  const receipts: string[] = [];
  const issued: string[] = [];
  let before = 0;

  const trail = async (): Promise<readonly Record<string, unknown>[]> => {
    const lines: Record<string, unknown>[] = [];
    let cursor: string | null = null;
    do {
      const page: Answer = await bureau.admin(
        'GET',
        `/activities?limit=200${cursor === null ? '' : `&cursor=${cursor}`}`,
      );
      lines.push(...(page.body.items as Record<string, unknown>[]));
      cursor = page.body.nextCursor as string | null;
    } while (cursor !== null);
    return lines;
  };

  beforeAll(async () => {
    bureau = await openTestBureau({ configuration: { strangerActivities: 100_000 } });
    own = ownKeyOf(bureau.credentials);
    before = (await trail()).length;
  });
  afterAll(() => bureau.close());

  const change = async (
    type: string,
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<Answer> => {
    const answer = await bureau.admin(method, path, body, any);
    expect([path, answer.status < 300]).toEqual([path, true]);
    expected.push(type);
    return answer;
  };
  /** What is refused by the admin API is no change, and leaves no line. */
  const refuseChange = async (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown) => {
    expect((await bureau.admin(method, path, body, any)).status).toBeGreaterThanOrEqual(400);
  };
  const decide = (answer: Answer, type = 'token'): void => {
    if (answer.status === 200 && typeof answer.body.access_token === 'string')
      issued.push(readIssued(answer).claims.jti);
    else receipts.push(answer.body.receipt as string);
    expected.push(`${type} ${answer.status === 200 ? 'issued' : 'refused'}`);
  };

  it('A115 a mixed run: exactly one line for each decision and each change, and none for what only reads', async () => {
    // Decisions, good and bad, at every door and at once.
    const tokens = await Promise.all([
      bureau.goodToken(),
      bureau.goodToken({ sub: 'x' }),
      bureau.goodToken({ aud: 'x' }),
      bureau.goodToken({ exp: 1 }),
      bureau.goodToken({ iss: 'https://nobody.example' }),
      bureau.goodToken({}, { kid: 'x' }),
      Promise.resolve('garbage'),
    ]);
    const requests = doors.flatMap(({ form }) => tokens.map((token) => form(token)));
    for (const answer of await Promise.all(requests.map((form) => bureau.token(form)))) decide(answer);
    for (let index = 0; index < 5; index += 1) {
      const assertion = makeAssertion(own);
      // The first time, and again.
      for (let time = 0; time < 2; time += 1)
        decide(
          await bureau.token({
            grant_type: 'client_credentials',
            client_assertion_type: urn.assertionType,
            client_assertion: assertion,
          }),
        );
    }
    for (const form of [{}, { grant_type: 'password' }, { grant_type: 'a', b: 'c' }])
      decide(await bureau.token(form));
    decide(await bureau.inject({ method: 'GET', url: '/token' }));
    decide(
      await bureau.token('{}', {
        headers: { 'content-type': 'application/json' },
      }),
    );

    // Changes of every kind, and what is refused in between.
    const account = {
      name: 'mixed',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      federations: [
        {
          issuer: bureau.issuer.issuer,
          subject: `${registered.subject}:mixed`,
          audience: registered.audience,
        },
      ],
    };
    const { id } = (await change('service-account.create', 'POST', '/service-accounts', account)).body;
    await refuseChange('POST', '/service-accounts', account);
    await change('service-account.change', 'PATCH', `/service-accounts/${id}`, { description: 'x' });
    const key = await change('account-key.create', 'POST', `/service-accounts/${id}/keys`, {
      generate: 'ES256',
    });
    await change('account-key.change', 'PATCH', `/service-accounts/${id}/keys/${key.body.id}`, {
      status: 'disabled',
    });
    await change('account-key.delete', 'DELETE', `/service-accounts/${id}/keys/${key.body.id}`);
    for (const target of [
      { account: id },
      { issuer: bureau.issuer.issuer, subject: 'x' },
      { issuer: bureau.issuer.issuer, keyId: 'x' },
    ]) {
      const blocked = await change('block.create', 'POST', '/blocks', { target, reason: 'a drill' });
      await refuseChange('POST', '/blocks', { target, reason: 'again' });
      await change('block.delete', 'DELETE', `/blocks/${blocked.body.id}`);
      await refuseChange('DELETE', `/blocks/${blocked.body.id}`);
    }
    const issuer = await change('trusted-issuer.create', 'POST', '/trusted-issuers', {
      issuer: 'https://mixed.example',
      jwks: { keys: [bureau.issuer.keys[0]?.jwk] },
    });
    await change('trusted-issuer.change', 'PATCH', `/trusted-issuers/${issuer.body.id}`, {
      status: 'disabled',
    });
    await change('trusted-issuer.delete', 'DELETE', `/trusted-issuers/${issuer.body.id}`);
    await change('team.create', 'POST', '/teams', { name: 'mixed' });
    await change('team.change', 'PATCH', '/teams/mixed', { description: 'x' });
    await change('team.delete', 'DELETE', '/teams/mixed');
    await change('use-case.create', 'POST', '/use-cases', { name: 'mixed', scopes: ['a'] });
    await change('use-case.change', 'PATCH', '/use-cases/mixed', { scopes: ['a', 'b'] });
    await change('use-case.delete', 'DELETE', '/use-cases/mixed');
    await change('settings.change', 'PATCH', '/settings', { strictScopes: true });
    await change('settings.change', 'PATCH', '/settings', { strictScopes: false });
    await change('service-account.delete', 'DELETE', `/service-accounts/${id}`);

    // What only reads.
    for (const path of [
      '/teams',
      '/blocks',
      '/activities',
      `/service-accounts/${bureau.account.id}`,
      '/inbox',
    ])
      expect((await bureau.admin('GET', path)).status).toBe(200);
    await bureau.admin('POST', '/explain', { token: await bureau.goodToken() });

    const lines = await trail();
    const added = lines.slice(0, lines.length - before);
    const shown = added.map(({ type, outcome }) =>
      String(type).startsWith('token') ? `${String(type)} ${String(outcome)}` : String(type),
    );
    expect(shown.toSorted()).toEqual(expected.toSorted());
    const ids = added.map(({ id: line }) => line);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(receipts).size).toBe(receipts.length);
    expect(receipts.filter((receipt) => !ids.includes(receipt))).toEqual([]);
    const jtis = added.flatMap(({ jti }) => (typeof jti === 'string' ? [jti] : []));
    expect(jtis.toSorted()).toEqual(issued.toSorted());
    // Changes say who.
    for (const { outcome, actor } of added) if (outcome === 'changed') expect(actor).not.toBeNull();
    expect((await bureau.admin('GET', '/activities/verify')).body).toMatchObject({ ok: true });
  }, 60_000);

  it('A115 no operation changes, adds or deletes an activity', async () => {
    const operations = Object.values(adminOperations).filter(({ path }) => path.startsWith('/activities'));
    expect(operations.length).toBeGreaterThan(2);
    expect(new Set(operations.map(({ method }) => method))).toEqual(new Set(['GET']));
    const lines = await trail();
    const { id } = lines[0] ?? {};
    for (const path of ['/activities', `/activities/${String(id)}`, `/activities/${randomUUID()}`])
      for (const method of ['POST', 'PATCH', 'DELETE'] as const) {
        const { status } = await bureau.admin(method, path, method === 'DELETE' ? undefined : {}, any);
        expect([method, path, status]).toEqual([method, path, 405]);
      }
    expect(await trail()).toEqual(lines);
  });
});
