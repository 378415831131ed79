// A switch that is turned off stops every path that leads through it, at once; a store that does not answer is never a yes.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Credentials } from '../support/bureau-process.ts';
import { signAssertion } from '../support/bureau-process.ts';
import { makeAssertion, type OwnKey, ownKeyOf, registerKey } from '../support/own-key.ts';
import { openRawDatabase } from '../support/raw-database.ts';
import { type StoragePlace, storageEngines } from '../support/storage-engines.ts';
import { doors, openTestBureau, registered, type TestBureau, urn } from '../support/test-bureau.ts';
import {
  authenticatedBy,
  createCaller,
  introspect,
  type QueryEndpoint,
  revoke,
  tokenOf,
} from '../support/token-query.ts';
import { expectIssued } from '../support/token-answers.ts';

const issuer = 'https://sts.example.com';

/** A tenant of its own with one account that has a federation, two keys and a role, and its administrator. */
interface World {
  readonly tenant: string;
  readonly account: string;
  readonly trustedIssuer: string;
  readonly subject: string;
  readonly key: OwnKey & { readonly id: string };
  readonly administrator: OwnKey;
  readonly admin: TestBureau['admin'];
}

let bureau: TestBureau;
let made = 0;

const createWorld = async (): Promise<World> => {
  made += 1;
  const tenant = `world-${made}`;
  const created = await bureau.admin('POST', '/tenants', { name: tenant });
  expect(created.status).toBe(201);
  const signedIn = await bureau.token(
    {
      grant_type: 'client_credentials',
      client_assertion_type: urn.assertionType,
      client_assertion: await signAssertion(created.body.credentials as Credentials),
    },
    { url: `/t/${tenant}/token` },
  );
  expectIssued(signedIn);
  const admin: TestBureau['admin'] = (method, path, body, headers = {}) =>
    bureau.inject({
      method,
      url: `/t/${tenant}/api/v1${path}`,
      headers: {
        authorization: `Bearer ${signedIn.body.access_token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
  const subject = `repo:acme/${tenant}`;
  const account = await admin('POST', '/service-accounts', {
    name: 'switched',
    owningTeam: 'default',
    useCase: 'custom-api-integration',
    role: 'viewer',
    federations: [
      {
        issuer: bureau.issuer.issuer,
        jwksUri: bureau.issuer.jwksUri,
        subject,
        audience: registered.audience,
      },
    ],
  });
  expect(account.status).toBe(201);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const added = await admin('POST', `/service-accounts/${account.body.id}/keys`, {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
  });
  expect(added.status).toBe(201);
  const [trustedIssuer] = (await admin('GET', '/trusted-issuers')).body.items;
  return {
    tenant,
    account: account.body.id,
    trustedIssuer: trustedIssuer.id,
    subject,
    key: {
      id: added.body.id,
      kid: added.body.kid,
      accountId: account.body.id,
      algorithm: 'ES256',
      privateKey,
      audience: `${issuer}/t/${tenant}`,
    },
    administrator: ownKeyOf(created.body.credentials as Credentials),
    admin,
  };
};

/** A way in that ends at the account of a world. */
interface Path {
  readonly name: string;
  /** What it needs to be on, beside the account and the tenant. */
  readonly needs: 'federation' | 'key' | 'both' | 'nothing';
  readonly take: (world: World, bearer: string) => Promise<Answer>;
  readonly refusal: readonly [number, string];
}
const token = ({ tenant }: World, form: Record<string, string>): Promise<Answer> =>
  bureau.token(form, { url: `/t/${tenant}/token` });
/** A question about a token that was issued before, or about none. */
const query = (
  { tenant }: World,
  endpoint: QueryEndpoint,
  about: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  bureau.token(
    { token: about === '' ? 'none' : about, ...form },
    {
      url: `/t/${tenant}/${endpoint}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    },
  );
const thirdParty = ({ subject }: World): Promise<string> =>
  bureau.goodToken({ sub: subject, jti: randomUUID() });
const api = ({ tenant }: World, path: string, bearer: string): Promise<Answer> =>
  bureau.inject({
    method: 'GET',
    url: `/t/${tenant}/api/v1${path}`,
    headers: { authorization: `Bearer ${bearer}` },
  });

const paths: readonly Path[] = [
  ...doors.map(
    ({ name, badToken, form }): Path => ({
      name: `${name} with a third-party token`,
      needs: 'federation',
      take: async (world) => token(world, form(await thirdParty(world))),
      refusal: [400, badToken],
    }),
  ),
  ...doors.slice(1).map(
    ({ name, badToken, form }): Path => ({
      name: `${name} with an own key`,
      needs: 'key',
      take: (world) => token(world, form(makeAssertion(world.key))),
      refusal: [400, badToken],
    }),
  ),
  {
    name: 'token exchange with a client assertion beside it',
    needs: 'both',
    take: async (world) =>
      token(world, {
        ...doors[0]?.form(await thirdParty(world)),
        client_assertion_type: urn.assertionType,
        client_assertion: makeAssertion(world.key),
      }),
    refusal: [400, 'invalid_client|invalid_request'],
  },
  {
    name: 'a token that was issued before, at the admin API',
    needs: 'nothing',
    take: (world, bearer) => api(world, '/teams', bearer),
    refusal: [401, 'invalid_token'],
  },
  {
    name: 'introspection with an own key',
    needs: 'key',
    take: (world, bearer) => query(world, 'introspect', bearer, authenticatedBy(world.key)),
    refusal: [400, 'invalid_client'],
  },
  {
    name: 'introspection with a third-party token',
    needs: 'federation',
    take: async (world, bearer) =>
      query(world, 'introspect', bearer, {
        client_assertion_type: urn.assertionType,
        client_assertion: await thirdParty(world),
      }),
    refusal: [400, 'invalid_client'],
  },
  {
    name: 'introspection with a token that was issued before',
    needs: 'nothing',
    take: (world, bearer) =>
      query(world, 'introspect', bearer, {}, { authorization: `Bearer ${bearer || 'none'}` }),
    refusal: [401, 'invalid_token'],
  },
  {
    name: 'revocation with an own key',
    needs: 'key',
    take: (world) => query(world, 'revoke', '', authenticatedBy(world.key)),
    refusal: [400, 'invalid_client'],
  },
  {
    name: 'revocation with a third-party token',
    needs: 'federation',
    take: async (world) =>
      query(world, 'revoke', '', {
        client_assertion_type: urn.assertionType,
        client_assertion: await thirdParty(world),
      }),
    refusal: [400, 'invalid_client'],
  },
  {
    name: 'a token that was issued before, as an administrator sees it in introspection',
    needs: 'nothing',
    take: async (world, bearer) => {
      const answer = await query(world, 'introspect', bearer, authenticatedBy(world.administrator));
      return answer.body.active === true
        ? answer
        : { ...answer, status: 400, body: { error: answer.body.error ?? 'inactive' } };
    },
    refusal: [400, 'inactive|invalid_client'],
  },
];

const any = { 'if-match': '*' };
type Switch = Readonly<Record<'off' | 'on', (world: World) => Promise<Answer>>> & {
  readonly name: string;
  /** What the paths need that it takes away. */
  readonly stops: readonly Path['needs'][];
};
const patch = (path: (world: World) => string, off: object, on: object) => ({
  off: (world: World) => world.admin('PATCH', path(world), off, any),
  on: (world: World) => world.admin('PATCH', path(world), on, any),
});
const accountPath = ({ account }: World): string => `/service-accounts/${account}`;
/** A kill switch, and its undoing. */
const block = (target: (world: World) => Promise<object> | object) => ({
  off: async (world: World) =>
    world.admin('POST', '/blocks', { target: await target(world), reason: 'a drill' }),
  on: async (world: World) => {
    const [thrown] = (await world.admin('GET', '/blocks')).body.items;
    return world.admin('DELETE', `/blocks/${thrown.id}`, undefined, any);
  },
});
const everything = ['federation', 'key', 'both', 'nothing'] as const;
const disabled = { status: 'disabled' };
const enabled = { status: 'enabled' };

const switches: readonly Switch[] = [
  { name: 'the account', stops: everything, ...patch(accountPath, disabled, enabled) },
  {
    name: 'the key',
    stops: ['key', 'both'],
    ...patch((world) => `${accountPath(world)}/keys/${world.key.id}`, disabled, enabled),
  },
  {
    name: 'the trusted issuer',
    stops: ['federation', 'both'],
    ...patch(({ trustedIssuer }) => `/trusted-issuers/${trustedIssuer}`, disabled, enabled),
  },
  {
    name: 'the federation',
    stops: ['federation', 'both'],
    off: (world) => world.admin('PATCH', accountPath(world), { federations: [] }, any),
    on: (world) =>
      world.admin(
        'PATCH',
        accountPath(world),
        {
          federations: [
            { issuer: bureau.issuer.issuer, subject: world.subject, audience: registered.audience },
          ],
        },
        any,
      ),
  },
  {
    name: 'the tenant',
    stops: everything,
    off: ({ tenant }) => bureau.admin('PATCH', `/tenants/${tenant}`, disabled, any),
    on: ({ tenant }) => bureau.admin('PATCH', `/tenants/${tenant}`, enabled, any),
  },
  { name: 'a block of the account', stops: everything, ...block(({ account }) => ({ account })) },
  {
    name: 'a block of the federation',
    stops: ['federation', 'both'],
    ...block(async (world) => ({
      federation: (await world.admin('GET', accountPath(world))).body.federations[0].id,
    })),
  },
  {
    name: 'a block of the trusted issuer',
    stops: ['federation', 'both'],
    ...block(({ trustedIssuer }) => ({ trustedIssuer })),
  },
  {
    name: 'a block of the foreign subject',
    stops: ['federation', 'both'],
    ...block(({ subject }) => ({ issuer: bureau.issuer.issuer, subject })),
  },
  {
    name: 'a block of the foreign key',
    stops: ['federation', 'both'],
    ...block(() => ({ issuer: bureau.issuer.issuer, keyId: bureau.issuer.keys[0]?.kid })),
  },
];
const isDone = ({ status }: Answer): boolean => [200, 201, 204].includes(status);

describe('A65 A66 switches', () => {
  beforeAll(async () => {
    bureau = await openTestBureau({ configuration: { issuer } });
  });
  afterAll(() => bureau.close());

  describe.each(switches)('A65 $name turned off', ({ stops, off, on }) => {
    let world: World;
    let bearer: string;
    beforeAll(async () => {
      world = await createWorld();
      const signedIn = await paths[0]?.take(world, '');
      bearer = signedIn?.body.access_token as string;
      // Warm: every path was taken before.
      for (const { take } of paths) expect((await take(world, bearer)).status).toBe(200);
      expect(isDone(await off(world))).toBe(true);
    });

    it.each(paths)(
      'A65 stops what leads through it, and nothing else: $name',
      async ({ needs, take, refusal }) => {
        const answer = await take(world, bearer);
        if (!stops.includes(needs)) {
          expect(answer.status).toBe(200);
          return;
        }
        expect(answer.body).not.toHaveProperty('access_token');
        const [status, code] = refusal;
        expect(answer.status).toBe(status);
        expect(code.split('|')).toContain(answer.body.error ?? answer.body.code);
      },
    );

    it('A65 turned on again every path is open', async () => {
      expect(isDone(await on(world))).toBe(true);
      for (const { take } of paths) expect((await take(world, bearer)).status).toBe(200);
    });
  });

  it('A65 the matrix is whole: each path is stopped by some switch, each switch stops some path', () => {
    for (const { needs } of paths) expect(switches.some(({ stops }) => stops.includes(needs))).toBe(true);
    for (const { stops } of switches) expect(paths.some(({ needs }) => stops.includes(needs))).toBe(true);
    expect(new Set(switches.map(({ name }) => name)).size).toBe(10);
  });

  it.each(switches)(
    'A66 $name turned off under load: no token for what began after the answer',
    async ({ stops, off, on }) => {
      const world = await createWorld();
      const affected = paths.filter(({ needs }) => stops.includes(needs) && needs !== 'nothing');
      let late = 0;
      let issued = 0;
      for (let round = 0; round < 8; round += 1) {
        let acknowledged = false;
        let over = false;
        const load = affected.flatMap((path) =>
          Array.from({ length: 2 }, async () => {
            while (!over) {
              const after = acknowledged;
              const { status } = await path.take(world, '');
              if (status !== 200) continue;
              issued += 1;
              if (after) late += 1;
            }
          }),
        );
        const before = issued;
        while (issued < before + 10) await new Promise((resolve) => setImmediate(resolve));
        expect(isDone(await off(world))).toBe(true);
        acknowledged = true;
        for (const path of affected) expect((await path.take(world, '')).status).not.toBe(200);
        over = true;
        await Promise.all(load);
        expect(isDone(await on(world))).toBe(true);
      }
      expect(late).toBe(0);
      expect(issued).toBeGreaterThanOrEqual(80);
    },
    60_000,
  );
});

describe.each(storageEngines)('A67 a store that fails, on $engine', ({ engine, createPlace }) => {
  let place: StoragePlace;
  beforeEach(async () => {
    place = await createPlace();
    bureau = await openTestBureau({ configuration: { issuer, databaseUrl: place.url } });
  });
  afterEach(async () => {
    await bureau.close();
    await place.remove();
  });

  /** A table that is not there fails every statement that needs it, and nothing else. */
  const run = async (statement: string): Promise<void> => {
    const database = await openRawDatabase(place.url);
    await database.run(engine === 'SQLite' ? `pragma legacy_alter_table = on; ${statement}` : statement);
    await database.close();
  };
  const hide = (table: string) => run(`alter table ${table} rename to hidden_${table}`);
  const show = (table: string) => run(`alter table hidden_${table} rename to ${table}`);
  const openKey = async (): Promise<OwnKey> => {
    const created = await bureau.admin('POST', '/service-accounts', {
      name: `account-${randomUUID()}`,
      owningTeam: 'default',
      useCase: 'custom-api-integration',
    });
    return registerKey(bureau, created.body.id, 'ES256');
  };
  let strictScopes = false;
  const expectBusy = (answer: Answer): void => {
    expect([500, 503]).toContain(answer.status);
    expect(answer.body).not.toHaveProperty('access_token');
    expect(answer.body).not.toHaveProperty('credentials');
    expect(['temporarily_unavailable', 'server_error', 'internal_fault']).toContain(
      answer.body.error ?? answer.body.code,
    );
  };

  it.each(['account_keys', 'service_accounts', 'used_jtis', 'activities', 'blocks'])(
    'A67 without %s an assertion is neither accepted nor called bad',
    async (table) => {
      for (const { form } of doors.slice(1)) {
        const key = await openKey();
        // What is known of the tenant is read anew from now on, its blocks too.
        strictScopes = !strictScopes;
        expect((await bureau.admin('PATCH', '/settings', { strictScopes }, any)).status).toBe(200);
        await hide(table);
        for (let attempt = 0; attempt < 2; attempt += 1)
          expectBusy(await bureau.token(form(makeAssertion(key))));
        await show(table);
        expectIssued(await bureau.token(form(makeAssertion(key))));
      }
    },
  );

  it.each(['account_keys', 'service_accounts', 'activities', 'revisions'])(
    'A67 without %s no change of keys is acknowledged, none is half done, and what was acknowledged is there',
    async (table) => {
      const key = await openKey();
      const keys = `/service-accounts/${key.accountId}/keys`;
      const kept = (await bureau.admin('GET', keys)).body.items;
      const [{ id }] = kept;
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      await hide(table);
      for (const answer of [
        await bureau.admin('POST', keys, { generate: 'ES256' }),
        await bureau.admin('POST', keys, { publicKey: publicKey.export({ type: 'spki', format: 'pem' }) }),
        await bureau.admin('PATCH', `${keys}/${id}`, { status: 'disabled' }, any),
        await bureau.admin('DELETE', `${keys}/${id}`, undefined, any),
        await bureau.admin('POST', '/service-accounts', {
          name: 'lost',
          owningTeam: 'default',
          useCase: 'custom-api-integration',
          key: { generate: 'ES256' },
        }),
      ])
        expectBusy(answer);
      await show(table);
      expect((await bureau.admin('GET', keys)).body.items).toEqual(kept);
      expect((await bureau.admin('GET', '/service-accounts?q=lost')).body.items).toEqual([]);
      for (const { form } of doors.slice(1)) expectIssued(await bureau.token(form(makeAssertion(key))));
      expect((await bureau.admin('PATCH', `${keys}/${id}`, { status: 'disabled' }, any)).status).toBe(200);
      for (const { form } of doors.slice(1))
        expect((await bureau.token(form(makeAssertion(key)))).status).toBe(400);
    },
  );

  it.each(['revoked_tokens', 'service_accounts', 'used_jtis'])(
    'A67 IR-05 without %s no token is called active, and none inactive',
    async (table) => {
      const owner = await createCaller(bureau, 'owner', { audiences: ['https://api.example.com'] });
      const asker = await createCaller(bureau, 'asker', { role: 'viewer' });
      const owned = await tokenOf(bureau, owner);
      await hide(table);
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const answer = await introspect(bureau, asker, owned);
        expectBusy(answer);
        expect(answer.body).not.toHaveProperty('active');
      }
      await show(table);
      expect((await introspect(bureau, asker, owned)).body).toMatchObject({ active: true });
    },
  );

  it.each(['revoked_tokens', 'activities', 'used_jtis'])(
    'A67 IR-12 without %s no revocation is acknowledged, and none is half done',
    async (table) => {
      const owner = await createCaller(bureau, 'owner');
      const owned = await tokenOf(bureau, owner);
      const { jti } = JSON.parse(Buffer.from(owned.split('.')[1] ?? '', 'base64url').toString());
      const recorded = async (): Promise<number> =>
        (await bureau.admin('GET', `/activities?type=token.revoke&jti=${jti}`)).body.items.length;
      await hide(table);
      expectBusy(await revoke(bureau, owner, owned));
      await show(table);
      expect((await introspect(bureau, owner, owned)).body).toMatchObject({ active: true });
      expect(await recorded()).toBe(0);
      expect((await revoke(bureau, owner, owned)).status).toBe(200);
      expect((await introspect(bureau, owner, owned)).body).toEqual({ active: false });
      expect(await recorded()).toBe(1);
    },
  );
});
