import { constants, generateKeyPairSync, sign, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HostileKind, hostileTokens } from '../../bench/requests/hostile-tokens.ts';
import { type BureauProcess, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { registered, urn } from '../support/test-bureau.ts';

const requests = 400;
const rounds = 5;

/*
 * Ratios of processor time between subjects of one run, the least of several rounds each, with bounds so wide that no busy
 * machine reaches them: what goes beyond one has become another kind of dear.
 */
describe.skipIf(!existsSync('/proc/self/stat'))('ratios of one run (measured where there is /proc)', () => {
  let server: BureauProcess;
  let issuer: FakeIssuer;
  let primitives: number;
  let good: number;
  beforeAll(async () => {
    issuer = await createFakeIssuer({ algorithm: 'RS256' });
    server = await startBureau({
      environment: { BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}` },
    });
    const created = await server.admin(
      'POST',
      '/service-accounts',
      accountOf('deploy-payments', registered.subject),
    );
    expect(created.status).toBe(201);
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const message = Buffer.alloc(1200, 'a');
    const signature = sign('sha256', message, privateKey);
    const key = { key: publicKey, padding: constants.RSA_PKCS1_PADDING };
    primitives = least(
      Array.from({ length: rounds }, () => {
        const before = process.cpuUsage();
        for (let index = 0; index < requests; index += 1) {
          verify('sha256', message, key, signature);
          sign('sha256', message.subarray(0, 500), signing);
        }
        const { user, system } = process.cpuUsage(before);
        return (user + system) / requests;
      }),
    );
    const tokens = await sign400({});
    await cost(tokens, 200);
    good = await cost(tokens, 200);
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    await issuer?.close();
  });

  const accountOf = (name: string, subject: string) => ({
    name,
    owningTeam: 'default',
    useCase: 'custom-api-integration',
    scopes: ['certificates:read'],
    audiences: ['https://api.example.com'],
    federations: [{ issuer: issuer.issuer, jwksUri: issuer.jwksUri, subject, audience: registered.audience }],
  });

  const sign400 = (claims: Readonly<Record<string, unknown>>): Promise<readonly string[]> =>
    Promise.all(
      Array.from({ length: requests }, (_, index) =>
        issuer.signToken({
          sub: registered.subject,
          aud: registered.audience,
          run_id: String(index),
          ...claims,
        }),
      ),
    );

  const least = (values: readonly number[]): number => Math.min(...values);

  /** Processor time of the server and all its threads so far, in microseconds; the system counts in hundredths of a second. */
  const used = async (): Promise<number> => {
    const fields = (await readFile(`/proc/${server.pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  };

  /** What one request costs the server, in microseconds. */
  const cost = async (tokens: readonly string[], expected: number): Promise<number> => {
    const costs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const before = await used();
      for (let start = 0; start < tokens.length; start += 40)
        await Promise.all(
          tokens.slice(start, start + 40).map(async (token) => {
            const { status } = await server.token({
              grant_type: urn.tokenExchange,
              subject_token: token,
              subject_token_type: urn.jwt,
            });
            if (status !== expected) throw new Error(`answered with ${status}`);
          }),
        );
      costs.push(((await used()) - before) / tokens.length);
    }
    return least(costs);
  };

  it('an exchange costs less than thirty times what its signatures do', () => {
    expect(good / primitives).toBeGreaterThan(1);
    expect(good / primitives).toBeLessThan(30);
  });

  it.each(Object.keys(hostileTokens) as HostileKind[])(
    'A20 A36 a hostile token of 16 KiB costs less than three good ones: %s',
    async (kind) => {
      const [key] = issuer.keys;
      const parts = { issuer: issuer.issuer, kid: key?.kid ?? '' };
      const tokens = Array.from({ length: requests }, (_, number) => hostileTokens[kind](parts, number));
      await cost(tokens, 400);
      expect((await cost(tokens, 400)) / good).toBeLessThan(3);
    },
    60_000,
  );

  it('a thousand other accounts on the issuer cost nothing to speak of', async () => {
    for (let start = 0; start < 1000; start += 20)
      await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const number = start + index;
          const made = await server.admin(
            'POST',
            '/service-accounts',
            accountOf(`other-${number}`, `repo:acme/other-${number}`),
          );
          expect(made.status).toBe(201);
        }),
      );
    const tokens = await sign400({});
    await cost(tokens, 200);
    expect((await cost(tokens, 200)) / good).toBeLessThan(2);
  });
});
