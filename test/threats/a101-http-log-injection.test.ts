// Text that would like to be more than text, in every place a stranger can write, against the real process.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { sendRaw } from '../support/raw-http.ts';
import { doors, registered } from '../support/test-bureau.ts';

/** Each holds a word of its own by which it would be found. */
const hostile = [
  'inject\r\n{"level":30,"msg":"ready"}',
  'inject\n\n',
  'inject\u001b[2J\u001b[31m',
  'inject\u009b31m',
  'inject\u2028\u2029',
  'inject\u0085',
  'inject\u202e\u2066',
  'inject","level":60,"admin":true,"x":"',
  'inject\\"}',
  'inject\u0000',
  'inject\ufeff',
  'inject${jndi:ldap://x}%s%d%o',
] as const;

describe('A101 log injection', () => {
  let issuer: FakeIssuer;
  let bureau: BureauProcess;
  let sent = 0;
  const receipts: string[] = [];
  beforeAll(async () => {
    issuer = await createFakeIssuer();
    bureau = await startBureau({
      environment: {
        BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}`,
        BUREAU_LOG_LEVEL: 'trace',
        BUREAU_TRUST_PROXY: '127.0.0.1',
        BUREAU_STRANGER_ACTIVITIES: '100000',
      },
    });
    const created = await bureau.admin('POST', '/service-accounts', {
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
    expect(created.status).toBe(201);
    // The token of the administrator, and the account.
    sent = 2;
  });
  afterAll(async () => {
    await bureau.stop();
    await issuer.close();
  });

  const tokenOf = (claims: object = {}, header: object = {}): Promise<string> =>
    issuer.signToken({ sub: registered.subject, aud: registered.audience, ...claims }, { ...header });
  const form = doors[0]?.form ?? (() => ({}));
  const refuse = async (body: Record<string, string>, path?: string): Promise<void> => {
    sent += 1;
    const answer = await bureau.token(body, path);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    receipts.push(answer.body.receipt as string);
  };

  it.each(hostile)('A101 %j in every claim, header member and parameter', async (text) => {
    for (const claims of [
      { iss: `https://idp.example/${text}` },
      { iss: text },
      { sub: text },
      { sub: `spiffe://${text}` },
      { aud: text },
      { aud: [text, registered.audience] },
      { jti: [text] },
      { exp: text },
      { iat: text },
      { nbf: text },
      { cnf: { [text]: text } },
      { [text]: text, exp: 1 },
    ])
      await refuse(form(await tokenOf(claims)));
    for (const header of [{ kid: text }, { typ: text }, { [text]: text, typ: 'at+jwt' }, { jku: text }])
      await refuse(form(await tokenOf({}, header)));
    const good = form(await tokenOf());
    for (const name of Object.keys(good)) await refuse({ ...good, [name]: text });
    for (const name of ['audience', 'resource', 'client_id', 'requested_token_type', 'actor_token'])
      await refuse({ ...good, [name]: text });
    await refuse({ ...good, [text]: text, scope: `${text}"` });
    await refuse(good, `/t/${encodeURIComponent(text)}/token?${encodeURIComponent(text)}`);
  });

  it('A101 raw bytes in header fields and targets, and in what a proxy says of the client', async () => {
    const raw = [
      `GET /livez?inject%0d%0a HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: inject\u0085"}{", 10.0.0.1\r\nConnection: close\r\n\r\n`,
      `GET /inject%1b[31m HTTP/1.1\r\nHost: inject\r\nUser-Agent: inject"\\\r\nConnection: close\r\n\r\n`,
      `GET /livez HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: inject","level":60\r\nConnection: close\r\n\r\n`,
    ];
    for (const request of raw) {
      sent += 1;
      expect((await sendRaw(bureau.url, request)).statuses.length).toBe(1);
    }
  });

  it('A101 each receipt leads to one activity, whose text shows nothing that acts', async () => {
    expect(new Set(receipts).size).toBe(receipts.length);
    expect(receipts.length).toBeGreaterThan(200);
    for (const receipt of receipts) {
      sent += 1;
      const { status, body } = await bureau.admin('GET', `/activities/${receipt}`);
      expect([status, body.id]).toEqual([200, receipt]);
      const checks = JSON.stringify(body.checks);
      expect(checks).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    }
    sent += 1;
    const { body } = await bureau.admin('GET', '/activities?outcome=refused&limit=1');
    expect(body.items).toHaveLength(1);
  });

  it('A101 each line of the log is JSON of ours: one for each request, and no word of a stranger', async () => {
    const requests = () => bureau.lines().filter((line) => line.includes('"msg":"request"'));
    const deadline = Date.now() + 5000;
    while (requests().length < sent && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 50));
    for (const line of bureau.lines()) {
      const entry = JSON.parse(line) as Record<string, unknown>;
      expect(entry['level']).not.toBe(60);
      expect(entry['admin']).toBeUndefined();
    }
    expect(bureau.lines().filter((line) => line.includes('"msg":"ready"'))).toHaveLength(1);
    expect(requests()).toHaveLength(sent);
    // The control: what is looked for would be seen, for a tenant, an account and a receipt of ours are there.
    expect(requests().filter((line) => receipts.some((receipt) => line.includes(receipt))).length).toBe(
      receipts.length,
    );
    expect(bureau.lines().join('\n')).not.toContain('inject');
    expect(bureau.errors()).toBe('');
  });
});
