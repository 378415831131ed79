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
    // Until the compiler has seen it all: what it allocates is not the exchange's.
    for (let round = 0; round < 8; round += 1) await exchangeAll(30, 0);
    await exchangeAll(1, 0);
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

  const exchangeAll = async (atOnce: number, from: number): Promise<void> => {
    for (let start = from; start < from + exchanges; start += atOnce)
      await Promise.all(tokens.slice(start, start + atOnce).map(exchange));
  };

  /** What one exchange costs where `atOnce` of them are under way. */
  const costsWith = async (atOnce: number, from: number): Promise<Costs> => {
    const before = await readCosts(server);
    await exchangeAll(atOnce, from);
    return costsOfOne(before, await readCosts(server), exchanges);
  };

  /** Goes beyond a bound only where something was added to the path of every token. */
  const expectWithin = (costs: Costs, bounds: Costs): void => {
    for (const name of Object.keys(bounds) as (keyof Costs)[])
      expect(costs[name], `${name} of one exchange`).toBeLessThanOrEqual(bounds[name]);
  };

  it('one after the other: one message to the store, and so many system calls and bytes', async () => {
    expectWithin(await costsWith(1, exchanges), {
      allocated: 165_000,
      messages: 1.1,
      reads: 6,
      writes: 31,
      written: 60_000,
    });
  });

  it('thirty at once share messages, commits and writes', async () => {
    expectWithin(await costsWith(30, 2 * exchanges), {
      allocated: 130_000,
      messages: 0.3,
      reads: 4,
      writes: 12,
      written: 24_000,
    });
  });
});
