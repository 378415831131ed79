// Explain against the real process: the same answers as the token endpoint, and the command line.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, freePort, runBureau, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { createRandom } from '../support/random-pairs.ts';
import { urn } from '../support/test-bureau.ts';

let issuer: FakeIssuer;
let single: FakeIssuer;
let bureau: BureauProcess;
beforeAll(async () => {
  [issuer, single] = [await createFakeIssuer(), await createFakeIssuer()];
  const places = [issuer, single].map(({ host, port }) => `${host}:${port}`);
  bureau = await startBureau({ environment: { BUREAU_OUTBOUND_ALLOW: places.join(',') } });
});
afterAll(async () => {
  await bureau?.stop();
  await issuer?.close();
  await single?.close();
});

const audience = 'https://sts.example.com';
const account = (name: string, members: object, federation: object): object => ({
  name,
  owningTeam: 'default',
  useCase: 'custom-api-integration',
  scopes: ['payments:deploy', 'payments:read'],
  audiences: ['https://api.example.com', 'https://b.example.com'],
  federations: [{ issuer: issuer.issuer, jwksUri: issuer.jwksUri, audience, ...federation }],
  ...members,
});

const create = async (body: object): Promise<string> => {
  const created = await bureau.admin('POST', '/service-accounts', body);
  if (created.status !== 201) throw new Error(JSON.stringify(created.body));
  return created.body.id as string;
};

describe('over HTTP', () => {
  it('200 random pairs: explain says what /token then does', async () => {
    const ids = [
      await create(account('exact', {}, { subject: 'repo:acme/exact:ref:main' })),
      await create(
        account(
          'condition',
          { capToSubjectExpiry: true, scopes: ['payments:read'] },
          {
            subjectPattern: 'repo:acme/condition:*',
            conditions: [{ claim: 'owner_id', equals: '7' }],
          },
        ),
      ),
      await create(account('disabled', { status: 'disabled' }, { subjectPattern: 'repo:acme/disabled:*' })),
      await create(
        account('other', {}, { subjectPattern: 'repo:acme/exact:*', audience: 'https://two.example' }),
      ),
    ];
    const seed = 715;
    const random = createRandom(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const reasons = new Map<string, number>();

    for (let pair = 0; pair < 200; pair += 1) {
      const now = Math.floor(Date.now() / 1000);
      const life = pick([600, 600, 600, 600, 600, 600, 600, 90_000]);
      const token = await issuer.signToken(
        {
          sub: `repo:acme/${pick(['exact', 'exact', 'exact', 'condition', 'condition', 'disabled', 'nobody'])}:ref:main`,
          aud: pick([
            audience,
            audience,
            audience,
            'https://two.example',
            'https://no.example',
            [audience, 'x'],
            audience,
            audience,
            audience,
          ]),
          owner_id: pick(['7', '7', '7', '8']),
          iat: now - pick([0, 0, 0, 0, 0, 0, 0, 5000]),
          exp: now + pick([life, life, life, life, life, life, life, -5]),
          ...(random() < 0.05 ? { iss: 'https://nobody.example' } : {}),
        },
        random() < 0.05 ? { kid: 'unknown' } : {},
      );
      const grant = pick([
        { place: 'subject_token', more: { grant_type: urn.tokenExchange, subject_token_type: urn.jwt } },
        { place: 'assertion', more: { grant_type: urn.jwtBearer } },
        {
          place: 'client_assertion',
          more: { grant_type: 'client_credentials', client_assertion_type: urn.assertionType },
        },
      ]);
      const parameters = {
        ...grant.more,
        ...(random() < 0.1 ? { client_id: pick([...ids, 'nobody']) } : {}),
        ...(random() < 0.25 ? { scope: pick(['payments:read', 'payments:read', 'unheld', 'a  b']) } : {}),
        ...(random() < 0.1 ? { audience: pick(['https://b.example.com', 'https://no.example']) } : {}),
      };
      const explained = await bureau.admin('POST', '/explain', { token, parameters });
      const sent = await bureau.token({ ...parameters, [grant.place]: token });
      const { items } = (await bureau.admin('GET', '/activities?limit=1&type=token')).body;
      const activity = items[0];
      expect(explained.status).toBe(200);
      const { body } = explained;
      const said = [
        body.reason,
        body.error?.status ?? 200,
        body.error?.error,
        body.account?.id ?? null,
        body.door,
      ];
      const done = [
        activity.reason,
        sent.status,
        sent.body.error,
        activity.account?.id ?? null,
        activity.door,
      ];
      expect(said, `seed ${seed}, pair ${pair}`).toEqual(done);
      if (sent.status === 200) {
        const { granted } = body;
        expect([
          granted.scope,
          granted.audience,
          granted.tokenType,
          granted.expiresIn - sent.body.expires_in,
        ]).toEqual([
          sent.body.scope,
          activity.audience,
          sent.body.token_type,
          // A second may have passed in between for an account that ends with the token.
          body.account.id === ids[1] ? expect.toBeOneOf([0, 1]) : 0,
        ]);
      }
      reasons.set(activity.reason, (reasons.get(activity.reason) ?? 0) + 1);
    }
    expect((reasons.get('issued') ?? 0) / 200).toBeGreaterThan(0.2);
    expect(reasons.size).toBeGreaterThanOrEqual(10);
  });

  it('a single-use token still works after any number of explains, once', async () => {
    const registered = await bureau.admin('POST', '/trusted-issuers', {
      issuer: single.issuer,
      jwksUri: single.jwksUri,
      replay: 'single-use',
    });
    expect(registered.status).toBe(201);
    await create({
      ...account('single', {}, {}),
      federations: [{ issuer: single.issuer, audience, subject: 'job:1' }],
    });
    const token = await single.signToken({ sub: 'job:1', aud: audience, jti: crypto.randomUUID() });
    const explained = await Promise.all(
      Array.from({ length: 20 }, () => bureau.admin('POST', '/explain', { token })),
    );
    expect(explained.map(({ body }) => body.outcome)).toEqual(explained.map(() => 'issued'));
    const form = { grant_type: urn.jwtBearer, assertion: token };
    expect((await bureau.token(form)).status).toBe(200);
    expect((await bureau.token(form)).body.error).toBe('invalid_grant');
    expect((await bureau.admin('POST', '/explain', { token })).body.reason).toBe('replayed');
  });
});

describe('bureau explain', () => {
  const run = (...args: readonly string[]) =>
    runBureau(['explain', ...args], { BUREAU_CREDENTIALS: join(bureau.dataDir, 'admin.json') });
  const fileOf = async (name: string, text: string): Promise<string> => {
    const path = join(bureau.dataDir, name);
    await writeFile(path, text);
    return path;
  };

  it('exit code 0, 1, 2 and 3; the token is never printed', async () => {
    const claims = { sub: 'repo:acme/cli:ref:main', aud: audience };
    const token = await issuer.signToken(claims);
    const tokenFile = await fileOf('token.jwt', `${token}\n`);
    const proposed = await fileOf(
      'account.json',
      JSON.stringify(account('cli', {}, { subject: claims.sub })),
    );
    const refused = await run('--token-file', tokenFile);
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('subject_not_registered')]);
    const issued = await run('--token-file', tokenFile, '--proposed', proposed);
    expect([issued.code, issued.stdout]).toEqual([0, expect.stringContaining('would be issued')]);
    const json = await run('--token-file', tokenFile, '--json', '--param', 'scope=payments:read');
    expect([json.code, JSON.parse(json.stdout)]).toEqual([
      1,
      expect.objectContaining({ outcome: 'refused' }),
    ]);
    const claimsFile = await fileOf('claims.json', JSON.stringify({ iss: issuer.issuer, ...claims }));
    const byClaims = await run('--claims', claimsFile, '--proposed', proposed);
    expect([byClaims.code, byClaims.stdout]).toEqual([0, expect.stringContaining('Not verified')]);
    expect((await run('--token-file', 'nobody')).code).toBe(2);
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    expect((await run('--token-file', tokenFile, '--server', nowhere, '--max-wait', '0')).code).toBe(3);
    for (const { stdout, stderr } of [refused, issued, json, byClaims])
      expect(stdout + stderr).not.toContain(token);
  });
});
