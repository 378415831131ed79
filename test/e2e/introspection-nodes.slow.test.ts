// Introspection and revocation where they matter: on several nodes, and after a node was killed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type BureauProcess, postForm, startBureau } from '../support/bureau-process.ts';
import { type OwnKey, ownKeyOf } from '../support/own-key.ts';
import { createPostgresDatabase } from '../support/postgres.ts';
import { createKeyedAccount } from '../support/registered-accounts.ts';
import { authenticatedBy } from '../support/token-query.ts';

const issuer = 'http://127.0.0.1:8080';

const ask = (
  { url }: BureauProcess,
  endpoint: 'introspect' | 'revoke',
  key: OwnKey,
  token: string,
): Promise<Answer> => postForm(`${url}/${endpoint}`, { token, ...authenticatedBy(key) });

const tokenFor = async (node: BureauProcess, key: OwnKey): Promise<string> => {
  const answer = await node.token({ grant_type: 'client_credentials', ...authenticatedBy(key) });
  expect(answer.status).toBe(200);
  return answer.body.access_token as string;
};

describe('two nodes on one PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof createPostgresDatabase>>;
  let dataDir: string;
  let here: BureauProcess;
  let there: BureauProcess;
  let asker: OwnKey;
  let owner: OwnKey;
  beforeAll(async () => {
    [database, dataDir] = await Promise.all([
      createPostgresDatabase(),
      mkdtemp(join(tmpdir(), 'bureau-nodes-')),
    ]);
    const environment = { BUREAU_DATABASE_URL: database.url, BUREAU_ISSUER: issuer };
    here = await startBureau({ dataDir, environment });
    there = await startBureau({ dataDir, environment });
    asker = ownKeyOf(await createKeyedAccount(here.admin, { name: 'asker', role: 'viewer' }));
    owner = ownKeyOf(await createKeyedAccount(here.admin, { name: 'owner' }));
  });
  afterAll(async () => {
    await here?.stop();
    await there?.stop();
    await database?.drop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const isActive = async (node: BureauProcess, token: string): Promise<boolean> =>
    (await ask(node, 'introspect', asker, token)).body.active as boolean;

  it('IR-12 what one revokes is inactive at the other as soon as it is answered, warm or not', async () => {
    for (let round = 0; round < 10; round += 1) {
      const token = await tokenFor(here, owner);
      expect(await isActive(there, token)).toBe(true);
      const [by, at] = round % 2 === 0 ? [here, there] : [there, here];
      expect((await ask(by, 'revoke', owner, token)).status).toBe(200);
      expect(await isActive(at, token)).toBe(false);
      expect(await isActive(by, token)).toBe(false);
    }
  });

  it('CA-14 an assertion spent at one is spent at the other, whatever it was spent on', async () => {
    const form = { token: 'x', ...authenticatedBy(asker) };
    expect((await postForm(`${here.url}/introspect`, form)).status).toBe(200);
    expect((await postForm(`${there.url}/introspect`, form)).body).toMatchObject({ error: 'invalid_client' });
    expect((await postForm(`${there.url}/revoke`, form)).body).toMatchObject({ error: 'invalid_client' });
  });

  it('A65 an account disabled at one is inactive there at once, and at the other within 5 s (contract §7)', async () => {
    const token = await tokenFor(there, owner);
    expect(await isActive(there, token)).toBe(true);
    const path = `/service-accounts/${owner.accountId}`;
    const changed = await here.admin('PATCH', path, { status: 'disabled' }, { 'if-match': '*' });
    expect(changed.status).toBe(200);
    expect(await isActive(here, token)).toBe(false);
    await expect.poll(() => isActive(there, token), { timeout: 5000, interval: 100 }).toBe(false);
  });

  it('A71 a token of a signing key withdrawn at one is inactive there at once, and at the other within 5 s', async () => {
    const token = await tokenFor(there, asker);
    expect(await isActive(there, token)).toBe(true);
    const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
    expect((await here.admin('POST', `/signing-keys/${kid}/revoke`)).status).toBe(200);
    expect(await isActive(here, token)).toBe(false);
    await expect.poll(() => isActive(there, token), { timeout: 5000, interval: 100 }).toBe(false);
    expect(await isActive(there, await tokenFor(there, asker))).toBe(true);
  });
});

describe('a node that is killed', () => {
  it('IR-12 A67 what was revoked before kill -9 is revoked after it, over several rounds', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'bureau-killed-'));
    const environment = { BUREAU_ISSUER: issuer };
    let node = await startBureau({ dataDir, environment });
    try {
      const owner = ownKeyOf(await createKeyedAccount(node.admin, { name: 'owner' }));
      for (let round = 0; round < 3; round += 1) {
        const [revoked, kept] = [await tokenFor(node, owner), await tokenFor(node, owner)];
        expect((await ask(node, 'revoke', owner, revoked)).status).toBe(200);
        await node.kill();
        node = await startBureau({ dataDir, environment });
        expect((await ask(node, 'introspect', owner, revoked)).body).toEqual({ active: false });
        expect((await ask(node, 'introspect', owner, kept)).body).toMatchObject({ active: true });
      }
    } finally {
      await node.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
