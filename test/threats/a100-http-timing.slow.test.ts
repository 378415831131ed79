// How long a refusal takes, over real sockets. What there is to learn from it is written down in .github/SECURITY.md.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, startBureau } from '../support/bureau-process.ts';
import {
  createFakeIssuer,
  createFakeIssuerKey,
  type FakeIssuer,
  type FakeIssuerKey,
} from '../support/fake-issuer.ts';
import { doors, registered } from '../support/test-bureau.ts';

const rounds = 2000;

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;

describe('A100 timing', () => {
  let issuer: FakeIssuer;
  let bureau: BureauProcess;
  let stranger: FakeIssuerKey;
  let known: string;
  beforeAll(async () => {
    issuer = await createFakeIssuer();
    stranger = await createFakeIssuerKey('ES256');
    bureau = await startBureau({
      environment: {
        BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}`,
        BUREAU_LOG_LEVEL: 'silent',
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
    known = created.body.id;
  });
  afterAll(async () => {
    await bureau.stop();
    await issuer.close();
  });

  it('A100 an unknown account, a known one with a wrong subject and a known one with a bad signature cost alike', async () => {
    const kid = issuer.keys[0]?.kid;
    const sign = (claims: object = {}, key?: FakeIssuerKey): Promise<string> =>
      issuer.signToken({ sub: registered.subject, aud: registered.audience, ...claims }, { kid }, key);
    const unknownId = '00000000-0000-4000-8000-000000000000';
    const form = doors[1]?.form ?? (() => ({}));
    const cases: Readonly<Record<string, () => Promise<Record<string, string>>>> = {
      'unknown account': async () => ({
        ...form(await sign({ sub: 'repo:acme/unknown' })),
        client_id: unknownId,
      }),
      'wrong subject': async () => ({ ...form(await sign({ sub: 'repo:acme/unknown' })), client_id: known }),
      'bad signature': async () => ({ ...form(await sign({}, stranger)), client_id: known }),
    };
    const times = new Map(Object.keys(cases).map((name) => [name, [] as number[]]));
    for (let round = 0; round < rounds + 100; round += 1)
      for (const [name, make] of Object.entries(cases)) {
        const body = await make();
        const startedAt = performance.now();
        const { status } = await bureau.token(body);
        const took = performance.now() - startedAt;
        expect(status).toBe(400);
        // The first rounds warm up.
        if (round >= 100) times.get(name)?.push(took);
      }
    const medians = Object.fromEntries([...times].map(([name, values]) => [name, median(values)]));
    const spread = Math.max(...Object.values(medians)) - Math.min(...Object.values(medians));
    expect({ medians, alike: spread <= 0.5 }).toEqual({ medians, alike: true });
  }, 300_000);
});
