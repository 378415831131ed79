import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, runBureau, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { doors } from '../support/test-bureau.ts';

/** From a refusal to a registration, through the real process. */
describe('§3 help at registration', () => {
  let bureau: BureauProcess;
  let issuer: FakeIssuer;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bureau-inbox-'));
    issuer = await createFakeIssuer();
    bureau = await startBureau({ environment: { BUREAU_OUTBOUND_ALLOW: `127.0.0.1:${issuer.port}` } });
  });
  afterAll(async () => {
    const { dataDir } = bureau;
    await bureau.stop();
    await rm(dataDir, { recursive: true, force: true });
    await issuer.close();
    await rm(folder, { recursive: true, force: true });
  });

  const [door] = doors;
  const exchange = async (token: string) => bureau.token(door?.form(token) ?? {});
  const inboxOf = async (subject: string) =>
    (await bureau.admin('GET', `/inbox?subject=${encodeURIComponent(subject)}`)).body.items;
  const cli = (...args: string[]) =>
    runBureau([...args, '-p', join(bureau.dataDir, 'admin.json'), '--server', bureau.url], {}, folder);

  it('a refused token is in the inbox, one call proposes, and the same token then works', async () => {
    const subject = 'pipeline:payments:main';
    const token = await issuer.signToken({ sub: subject, aud: bureau.issuer, team: 'payments' });
    const refused = await exchange(token);
    expect(refused.status).toBe(400);
    await exchange(token);

    const [entry, ...others] = await inboxOf(subject);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      issuer: issuer.issuer,
      subject,
      audience: bureau.issuer,
      verified: false,
      count: 2,
      lastReason: 'issuer_unknown',
    });
    expect((await bureau.admin('GET', `/activities/${entry.lastReceipt}`)).body.reason).toBe(
      'issuer_unknown',
    );
    expect((await bureau.admin('GET', `/inbox/${entry.id}`)).body.claims).toMatchObject({ team: 'payments' });

    const proposed = await bureau.admin('POST', `/inbox/${entry.id}/propose`);
    expect(proposed.status).toBe(200);
    expect(proposed.body.trustedIssuer).toEqual({
      known: false,
      id: null,
      jwksUri: issuer.jwksUri,
      how: 'discovery',
    });
    const created = await bureau.admin('POST', '/service-accounts', proposed.body.proposal);
    expect([created.status, created.body]).toEqual([
      201,
      expect.objectContaining({ name: expect.any(String) }),
    ]);
    expect((await exchange(token)).status).toBe(200);
    expect(await inboxOf(subject)).toEqual([]);
  });

  it('the command line proposes from a file, creates, and tells of the inbox', async () => {
    const token = await issuer.signToken({ sub: 'pipeline:cli:main', aud: 'https://sts.example.com' });
    const file = join(folder, 'token.jwt');
    await writeFile(file, `${token}\n`);
    expect((await exchange(token)).status).toBe(400);

    const listed = await cli('inbox', 'list', '--json');
    expect(listed.code).toBe(0);
    expect(listed.stdout).toContain('pipeline:cli:main');
    expect(listed.stdout).not.toContain(token);

    const proposed = await cli('accounts', 'propose', '--token', file, '--name', 'from-cli');
    expect([proposed.code, proposed.stderr]).toEqual([0, expect.stringContaining('verifies the signature')]);
    expect(proposed.stdout + proposed.stderr).not.toContain(token);
    const body = join(folder, 'account.json');
    await writeFile(body, proposed.stdout);
    expect((await cli('accounts', 'create', '--file', body)).code).toBe(0);
    expect((await exchange(token)).status).toBe(200);
  });

  it('what was refused before a restart is counted on after it', async () => {
    const token = await issuer.signToken({ sub: 'pipeline:restart:main', aud: bureau.issuer });
    await exchange(token);
    const { dataDir } = bureau;
    const port = Number(new URL(bureau.url).port);
    await inboxOf('pipeline:restart:main');
    await bureau.kill();
    bureau = await startBureau({
      dataDir,
      port,
      environment: { BUREAU_OUTBOUND_ALLOW: `127.0.0.1:${issuer.port}` },
    });
    await exchange(token);
    expect((await inboxOf('pipeline:restart:main'))[0]).toMatchObject({ count: 2 });
  });
});
