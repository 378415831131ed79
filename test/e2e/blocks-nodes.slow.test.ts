// A kill switch on two real nodes: at once where it was thrown, within five seconds on the other (contract §7).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BureauProcess, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { createPostgresDatabase } from '../support/postgres.ts';
import { doors, registered } from '../support/test-bureau.ts';

let database: Awaited<ReturnType<typeof createPostgresDatabase>>;
let dataDir: string;
let issuer: FakeIssuer;
let here: BureauProcess;
let there: BureauProcess;
let account: { readonly id: string; readonly federations: readonly { readonly id: string }[] };
beforeAll(async () => {
  [database, dataDir, issuer] = await Promise.all([
    createPostgresDatabase(),
    mkdtemp(join(tmpdir(), 'bureau-nodes-')),
    createFakeIssuer(),
  ]);
  const environment = {
    BUREAU_DATABASE_URL: database.url,
    BUREAU_ISSUER: 'http://127.0.0.1:8080',
    BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}`,
  };
  here = await startBureau({ dataDir, environment });
  there = await startBureau({ dataDir, environment });
  const created = await here.admin('POST', '/service-accounts', {
    name: 'deploy',
    owningTeam: 'default',
    useCase: 'custom-api-integration',
    federations: [
      {
        issuer: issuer.issuer,
        jwksUri: issuer.jwksUri,
        subject: registered.subject,
        audience: registered.audience,
      },
    ],
  });
  account = created.body;
});
afterAll(async () => {
  await here?.stop();
  await there?.stop();
  await issuer?.close();
  await database?.drop();
  await rm(dataDir, { recursive: true, force: true });
});

const exchange = async (node: BureauProcess): Promise<number> => {
  const token = await issuer.signToken({ sub: registered.subject, aud: registered.audience });
  return (await node.token(doors[0]?.form(token) ?? {})).status;
};
/** Waits, five seconds at most, until the node answers so; its last answer. */
const settle = async (node: BureauProcess, wanted: number): Promise<number> => {
  const deadline = Date.now() + 5000;
  let status = await exchange(node);
  while (status !== wanted && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    status = await exchange(node);
  }
  return status;
};

it('A65 A66 each kind of block holds at once where it was thrown and within 5 s on the other node, and so does its undoing', async () => {
  const { items } = (await here.admin('GET', '/trusted-issuers')).body;
  const targets = [
    { account: account.id },
    { federation: account.federations[0]?.id },
    { trustedIssuer: items[0].id },
    { issuer: issuer.issuer, subject: registered.subject },
    { issuer: issuer.issuer, keyId: issuer.keys[0]?.kid },
  ];
  for (const [index, target] of targets.entries()) {
    // Warm on both.
    expect([await settle(here, 200), await settle(there, 200)]).toEqual([200, 200]);
    const [by, at] = index % 2 === 0 ? [here, there] : [there, here];
    const blocked = await by.admin('POST', '/blocks', { target, reason: 'a drill' });
    expect(blocked.status).toBe(201);
    expect(await exchange(by)).toBe(400);
    expect(await settle(at, 400)).toBe(400);
    const gone = await at.admin('DELETE', `/blocks/${blocked.body.id}`, undefined, { 'if-match': '*' });
    expect(gone.status).toBe(204);
    expect(await exchange(at)).toBe(200);
    expect(await settle(by, 200)).toBe(200);
  }
}, 60_000);
