import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openBureau } from '../../src/compose.ts';
import { configurationSchema } from '../../src/config/schema.ts';
import { createPostgresDatabase, type PostgresDatabase } from '../support/postgres.ts';
import { openRawDatabase, type RawDatabase } from '../support/raw-database.ts';
import { makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { doors, openTestBureau, type TestBureau, urn } from '../support/test-bureau.ts';
import { introspect } from '../support/token-query.ts';

const kidOf = (token: string): string => decodeProtectedHeader(token).kid ?? '';
const openDatabaseOf = ({ dataDir }: TestBureau): Promise<RawDatabase> =>
  openRawDatabase(`sqlite:${join(dataDir, 'bureau.db')}`);
const exchange = async (bureau: TestBureau) => bureau.token(doors[0]?.form(await bureau.goodToken()) ?? {});
const kidsOf = (answer: { readonly body: { readonly keys: readonly { readonly kid: string }[] } }) =>
  answer.body.keys.map(({ kid }) => kid);

describe('A70 a key that is too old or missing', () => {
  let bureau: TestBureau;
  afterEach(() => bureau.close());

  /** Rotation cannot write, and the keys are changed by `statement`; every node is told to look again. */
  const blockAnd = async (statement: string): Promise<RawDatabase> => {
    const database = await openDatabaseOf(bureau);
    await database.run(`
      begin immediate;
      create trigger blocked_insert before insert on signing_keys begin select raise(abort, 'blocked'); end;
      create trigger blocked_update before update of state on signing_keys
        begin select raise(abort, 'blocked'); end;
      ${statement};
      update revisions set revision = revision + 1;
      commit;
    `);
    return database;
  };
  const brisk = { signingKeyPublishAheadSeconds: 4, publishedMaxAgeSeconds: 1 };
  const longAgo = 90 * 86_400_000;

  it.each([
    ['too old', `update signing_keys set activated_at = activated_at - ${longAgo}`],
    ['missing', 'delete from signing_keys'],
  ])(
    'while rotation is blocked: busy, not ready, and good again by itself: %s',
    async (_title, statement) => {
      bureau = await openTestBureau({ configuration: brisk });
      expect(await exchange(bureau)).toMatchObject({ status: 200 });
      expect(await bureau.inject({ method: 'GET', url: '/readyz' })).toMatchObject({ status: 200 });

      const database = await blockAnd(statement);
      await vi.waitFor(async () => expect((await exchange(bureau)).status).toBe(503), 20_000);
      const busy = await exchange(bureau);
      expect(busy.body).toMatchObject({ error: 'temporarily_unavailable' });
      expect(busy.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(busy.body).not.toHaveProperty('access_token');
      await vi.waitFor(async () => {
        const ready = await bureau.inject({ method: 'GET', url: '/readyz' });
        expect(ready).toMatchObject({ status: 503, body: { failing: ['signing-keys'] } });
      }, 20_000);

      await database.run('begin immediate; drop trigger blocked_insert; drop trigger blocked_update; commit');
      await database.close();
      await vi.waitFor(async () => expect((await exchange(bureau)).status).toBe(200), 20_000);
      await vi.waitFor(
        async () => expect((await bureau.inject({ method: 'GET', url: '/readyz' })).status).toBe(200),
        20_000,
      );
    },
  );
});

describe('A70 A71 signing keys that this server cannot open', () => {
  let bureau: TestBureau;
  afterEach(() => bureau.close());

  /** What `bureau keys rewrap` under another key-encryption key looks like to a server that was not stopped. */
  const sealAnew = async (): Promise<void> => {
    const database = await openDatabaseOf(bureau);
    await database.run(`begin immediate; update signing_keys set sealed_private_key = 'v1.AA.' || kid;
      update revisions set revision = revision + 1; commit`);
    await database.close();
  };
  const get = (url: string) => bureau.inject({ method: 'GET', url });
  const documents = [
    '/.well-known/jwks.json',
    '/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration',
    '/spiffe/.well-known/jwks.json',
    '/spiffe/bundle.json',
  ];
  const expectPublished = async (): Promise<void> => {
    for (const url of documents) expect([url, (await get(url)).status]).toEqual([url, 200]);
  };
  const keyOf = async (algorithm: string) => {
    const { body } = await bureau.admin('GET', '/signing-keys?limit=200');
    const found = (body.items as readonly Record<string, string>[]).find(
      (key) =>
        key['purpose'] === 'access-token' && key['algorithm'] === algorithm && key['state'] === 'active',
    );
    return found?.['kid'] ?? '';
  };

  it('A70 not ready at once, published on, signed on with what was opened, and a withdrawal is done', async () => {
    bureau = await openTestBureau();
    expect(await exchange(bureau)).toMatchObject({ status: 200 });
    expect(await get('/readyz')).toMatchObject({ status: 200 });
    const kid = await keyOf('ES256');
    await sealAnew();
    await vi.waitFor(
      async () =>
        expect(await get('/readyz')).toMatchObject({ status: 503, body: { failing: ['signing-keys'] } }),
      5000,
    );
    await expectPublished();
    expect(await exchange(bureau)).toMatchObject({ status: 200 });

    const revoked = await bureau.admin('POST', `/signing-keys/${kid}/revoke`);
    expect(revoked.status).toBe(200);
    await expectPublished();
    expect(kidsOf(await get('/.well-known/jwks.json'))).not.toContain(kid);
    // What the administrator had was signed with the key that is gone.
    const authorization = `Bearer ${await bureau.adminToken()}`;
    const { body: trail } = await bureau.admin('GET', '/activities?limit=50', undefined, { authorization });
    expect(trail.items).toContainEqual(
      expect.objectContaining({
        type: 'signing-key.revoke',
        details: expect.objectContaining({ kid }),
      }),
    );
    const after = await exchange(bureau);
    expect(after.status).toBe(200);
    expect(kidOf(after.body.access_token)).not.toBe(kid);
    expect(await get('/readyz')).toMatchObject({ status: 503, body: { failing: ['signing-keys'] } });
  });

  it('A70 what was never opened: 503 with Retry-After, published, and good again by itself', async () => {
    bureau = await openTestBureau();
    const tenant = await bureau.admin('POST', '/tenants', { name: 'shut' });
    expect(tenant.status).toBe(201);
    const database = await openDatabaseOf(bureau);
    const rename = (expression: string): Promise<void> =>
      database.run(`begin immediate; update signing_keys set kid = ${expression} where tenant = 'shut';
        update revisions set revision = revision + 1; commit`);
    const signIn = async () =>
      bureau.inject({
        method: 'POST',
        url: '/t/shut/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams({
          grant_type: 'client_credentials',
          client_assertion_type: urn.assertionType,
          client_assertion: makeAssertion(ownKeyOf(tenant.body.credentials)),
        }).toString(),
      });
    // Sealed for other keys than these, as far as anybody can see.
    await rename("'x' || kid");
    await vi.waitFor(async () => expect((await signIn()).status).toBe(503), 5000);
    const refused = await signIn();
    expect(refused).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    for (const url of documents.filter((path) => !path.endsWith('server')))
      expect([url, (await get(`/t/shut${url}`)).status]).toEqual([url, 200]);
    await rename('substr(kid, 2)');
    await database.close();
    await vi.waitFor(async () => expect((await signIn()).status).toBe(200), 20_000);
  });
});

describe('A71 a key that may be in the wrong hands', () => {
  let database: PostgresDatabase;
  let first: TestBureau;
  let second: Awaited<ReturnType<typeof openBureau>>;
  let folder: string;
  afterEach(async () => {
    await second.app.close();
    await second.close();
    await first.close();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(['/.well-known/jwks.json', '/spiffe/.well-known/jwks.json', '/spiffe/bundle.json'])(
    'is gone from %s at once, from another node within 5 s, and with it what it signed',
    async (path) => {
      const purpose = path.startsWith('/spiffe') ? 'jwt-svid' : 'access-token';
      database = await createPostgresDatabase();
      folder = await mkdtemp(join(tmpdir(), 'bureau-second-'));
      const shared = {
        databaseUrl: database.url,
        keyEncryptionKey: randomBytes(32).toString('base64'),
      };
      first = await openTestBureau({ configuration: shared });
      second = await openBureau(
        {
          ...configurationSchema.parse({}),
          issuer: first.baseIssuer,
          dataDir: folder,
          logLevel: 'silent',
          ...shared,
        },
        '0.0.0',
        {},
      );
      const onSecond = async (url: string, bearer?: string) => {
        const answer = await second.app.inject({
          url,
          ...(bearer === undefined ? {} : { headers: { authorization: `Bearer ${bearer}` } }),
        });
        return { status: answer.statusCode, body: JSON.parse(answer.body) };
      };
      const onFirst = (url: string, bearer: string) =>
        first.inject({ method: 'GET', url, headers: { authorization: `Bearer ${bearer}` } });

      const old = await first.adminToken();
      const exchanged = (await exchange(first)).body.access_token as string;
      const { body: list } = await first.admin('GET', '/signing-keys');
      const gone = (list.items as readonly { kid: string; purpose: string; algorithm: string }[]).find(
        (key) => key.purpose === purpose && key.algorithm === 'ES256',
      );
      if (gone === undefined) throw new Error('no key');
      expect(kidsOf(await onSecond(path))).toContain(gone.kid);
      expect((await onSecond('/api/v1/teams', old)).status).toBe(200);
      const api = ownKeyOf(first.credentials);
      expect((await introspect(first, api, exchanged)).body).toMatchObject({ active: true });

      const revoked = await first.admin('POST', `/signing-keys/${gone.kid}/revoke`);
      const revokedAt = performance.now();
      expect(revoked.status).toBe(200);
      expect(kidsOf(await first.inject({ method: 'GET', url: path }))).not.toContain(gone.kid);
      const successor = (
        revoked.body.items as readonly { kid: string; purpose: string; algorithm: string; state: string }[]
      ).find((key) => key.purpose === purpose && key.algorithm === 'ES256');
      expect(successor).toMatchObject({ state: 'active' });
      expect(kidsOf(await first.inject({ method: 'GET', url: path }))).toContain(successor?.kid);

      await vi.waitFor(
        async () => {
          const kids = kidsOf(await onSecond(path));
          expect(kids).not.toContain(gone.kid);
          expect(kids).toContain(successor?.kid);
        },
        { timeout: 5000, interval: 20 },
      );
      console.log(`A71: ${path} of the other node after ${Math.round(performance.now() - revokedAt)} ms`);

      const fresh = await first.adminToken();
      if (purpose === 'jwt-svid') {
        // Keys of one purpose are none of the other's business.
        expect((await onSecond('/api/v1/teams', old)).status).toBe(200);
        return;
      }
      expect(kidOf(old)).toBe(gone.kid);
      expect(kidOf(fresh)).toBe(successor?.kid);
      for (const answer of [await onFirst('/api/v1/teams', old), await onSecond('/api/v1/teams', old)])
        expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
      for (const answer of [await onFirst('/api/v1/teams', fresh), await onSecond('/api/v1/teams', fresh)])
        expect(answer.status).toBe(200);
      expect((await introspect(first, api, exchanged)).body).toEqual({ active: false });
      const again = (await exchange(first)).body.access_token as string;
      expect((await introspect(first, api, again)).body).toMatchObject({ active: true });
    },
    60_000,
  );
});
