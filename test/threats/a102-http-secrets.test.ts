// Everything at the most verbose level, then a search for every secret that was used.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Credentials, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer } from '../support/fake-issuer.ts';
import { makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { sendRaw } from '../support/raw-http.ts';
import { doors, registered, urn } from '../support/test-bureau.ts';

it('RS-12 A102 at trace level no token, assertion, key or password is in the log, the metrics, an activity, the export, the inbox or the database', async () => {
  const issuer = await createFakeIssuer();
  const encryptionKey = Buffer.alloc(32, 7).toString('base64');
  const bureau = await startBureau({
    environment: {
      BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}`,
      BUREAU_LOG_LEVEL: 'trace',
      BUREAU_KEY_ENCRYPTION_KEY: encryptionKey,
    },
  });
  try {
    const credentials = JSON.parse(await readFile(join(bureau.dataDir, 'admin.json'), 'utf8')) as Credentials;
    const key = ownKeyOf(credentials);
    const bearer = await bureau.adminToken();
    const federations = [
      {
        issuer: issuer.issuer,
        jwksUri: issuer.jwksUri,
        subject: registered.subject,
        audience: registered.audience,
      },
    ];
    const account = { name: 'deploy', owningTeam: 'default', useCase: 'custom-api-integration', federations };
    expect((await bureau.admin('POST', '/service-accounts', account)).status).toBe(201);
    const sign = (claims: object = {}, header: object = {}): Promise<string> =>
      issuer.signToken({ sub: registered.subject, aud: registered.audience, ...claims }, { ...header });

    const tokens = [
      await sign(),
      await sign({ sub: 'x' }),
      await sign({ exp: 1 }),
      await sign({}, { kid: 'x' }),
      `${await sign()}x`,
      await sign({ aud: 'x' }),
    ];
    const issued: string[] = [bearer];
    for (const token of tokens)
      for (const { form } of doors) {
        const answer = await bureau.token(form(token));
        if (answer.status === 200) issued.push(answer.body.access_token);
      }
    const assertions = [
      makeAssertion(key),
      makeAssertion(key, { aud: 'x' }),
      makeAssertion(key, {}, { alg: 'none' }),
    ];
    for (const assertion of [...assertions, ...assertions])
      for (const { form } of doors)
        issued.push((await bureau.token(form(assertion))).body.access_token ?? '');
    // In every wrong place, too.
    const [token = ''] = tokens;
    await bureau.token({ grant_type: token, client_id: token, scope: token, audience: token });
    await bureau.token({ grant_type: urn.tokenExchange, subject_token: 'x', subject_token_type: token });
    await bureau.token({}, `/token?subject_token=${token}`);
    await bureau.token({}, `/t/${token}/token`);
    await fetch(`${bureau.url}/${token}`);
    await fetch(`${bureau.url}/token`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, cookie: `session=${token}` },
    });
    await fetch(`${bureau.url}/token`, { method: 'POST', headers: { 'content-type': token }, body: token });
    await fetch(`${bureau.url}/api/v1/teams`, {
      headers: { authorization: `Bearer ${token}`, 'if-match': token },
    });
    await bureau.admin('POST', '/teams', { name: token, password: token });
    await bureau.admin('POST', '/service-accounts', {
      ...account,
      name: 'hunter2-secret',
      key: { d: credentials.privateKey },
    });
    await sendRaw(bureau.url, `POST /token HTTP/1.1\r\nHost: x\r\nAuthorization : Bearer ${token}\r\n\r\n`);

    for (const tried of tokens) await bureau.admin('POST', '/explain', { token: tried });
    const made = await bureau.admin('POST', '/service-accounts', {
      ...account,
      name: 'generated',
      federations: [],
      key: { generate: 'ES256' },
    });
    expect(made.status).toBe(201);
    const blocked = await bureau.admin('POST', '/blocks', {
      target: { account: made.body.id },
      reason: 'a drill',
    });
    expect(blocked.status).toBe(201);

    const trail = JSON.stringify((await bureau.admin('GET', '/activities?limit=200')).body);
    const stories: unknown[] = [];
    for (const { id } of (JSON.parse(trail) as { items: { id: string }[] }).items)
      stories.push((await bureau.admin('GET', `/activities/${id}`)).body);
    const receipts = JSON.stringify(stories);
    const [exported, inbox] = await Promise.all(
      ['/activities/export', '/inbox'].map(async (path) => {
        const answer = await fetch(`${bureau.url}/api/v1${path}`, {
          headers: { authorization: `Bearer ${bearer}` },
        });
        expect([path, answer.status]).toEqual([path, 200]);
        return answer.text();
      }),
    );
    const metrics = await (await fetch(`${bureau.url}/metrics`)).text();
    expect(issued.filter((text) => text !== '').length).toBeGreaterThan(3);
    await bureau.kill();
    const log = `${bureau.lines().join('\n')}\n${bureau.errors()}`;
    // Positive control: at this level there is something to search, and the search finds what is there.
    expect(bureau.lines().length).toBeGreaterThan(20);
    expect(log).toContain('"status":400');
    expect(trail).toContain('subject_not_registered');
    expect(receipts).toContain('subject_not_registered');
    expect(exported).toContain('subject_not_registered');
    expect(inbox).toContain(issuer.issuer);
    // What is kept on disk, write-ahead log included: all but the keys to it, and the first administrator's file.
    const files = (await readdir(bureau.dataDir)).filter((name) => name.startsWith('bureau.db'));
    const database = (
      await Promise.all(files.map((name) => readFile(join(bureau.dataDir, name), 'latin1')))
    ).join('\n');
    expect(database).toContain('subject_not_registered');

    const pem = [credentials.privateKey, made.body.credentials.privateKey as string]
      .join('\n')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('-----'));
    const signatures = [...tokens, ...assertions, ...issued]
      .map((text) => text.split('.')[2] ?? '')
      .filter((text) => text.length > 20);
    const secrets = [...pem, ...signatures, encryptionKey, 'PRIVATE KEY', '"d":'];
    for (const [name, text] of Object.entries({ log, trail, receipts, exported, inbox, database, metrics })) {
      for (const secret of secrets) expect([name, text?.includes(secret)]).toEqual([name, false]);
    }
    expect(log).not.toMatch(/eyJ/);
    expect(metrics).not.toMatch(/eyJ/);
  } finally {
    await bureau.stop();
    await issuer.close();
  }
}, 90_000);
