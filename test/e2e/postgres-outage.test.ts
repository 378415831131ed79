import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { doors } from '../support/test-bureau.ts';

describe('PostgreSQL goes away and comes back', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let issuer: FakeIssuer;
  let bureau: BureauProcess;
  beforeAll(async () => {
    [postgres, issuer] = await Promise.all([startPostgres(), createFakeIssuer()]);
    bureau = await startBureau({
      environment: { BUREAU_DATABASE_URL: postgres.url, BUREAU_OUTBOUND_ALLOW: `127.0.0.1:${issuer.port}` },
    });
    const created = await bureau.admin('POST', '/service-accounts', {
      name: 'deploy',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      federations: [
        {
          issuer: issuer.issuer,
          jwksUri: issuer.jwksUri,
          subject: 'a:b',
          audience: 'https://sts.example.com',
        },
      ],
    });
    expect(created.status).toBe(201);
  });
  afterAll(async () => {
    await bureau?.stop();
    await issuer?.close();
  });

  const exchange = async () => {
    const token = await issuer.signToken({ sub: 'a:b', aud: 'https://sts.example.com' });
    return bureau.token(doors[0]?.form(token) ?? {});
  };
  const status = async (path: string) => (await fetch(`${bureau.url}${path}`)).status;

  it('B16 A67 without its store nothing is issued and nothing is changed, and what verifies tokens stays published', async () => {
    expect((await exchange()).status).toBe(200);
    const token = await bureau.adminToken();
    await postgres.stop();

    const answer = await exchange();
    expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    const change = await bureau.admin('POST', '/teams', { name: 'x' }, { authorization: `Bearer ${token}` });
    expect(change).toMatchObject({ status: 503, body: { code: 'temporarily_unavailable' } });

    for (const path of ['/livez', '/.well-known/jwks.json', '/.well-known/openid-configuration'])
      expect([path, await status(path)]).toEqual([path, 200]);
    expect(await (await fetch(`${bureau.url}/readyz`)).json()).toEqual({
      status: 'not ready',
      failing: ['store'],
    });
  });
});
