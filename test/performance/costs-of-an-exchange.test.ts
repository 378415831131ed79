import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, type Credentials, startBureau } from '../support/bureau-process.ts';
import { type Costs, costsOfOne, readCosts, reportsCosts } from '../support/costs.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { storageEngines, type StoragePlace } from '../support/storage-engines.ts';
import { registered, urn } from '../support/test-bureau.ts';

/** At most; what is not named is not bounded. */
type Bounds = Partial<Costs>;

/** What one token costs through a door, one after the other and thirty at once. */
interface DoorBounds {
  readonly alone: Bounds;
  readonly together: Bounds;
}

/** How the counting goes on an engine. */
interface Plan {
  readonly warmUp: number;
  readonly counted: number;
  readonly doors: { readonly exchange: DoorBounds; readonly ownKey: DoorBounds };
}

/*
 * A guard, not a measurement (that is bench/): what a token uses is counted. Statements, commits and messages have next to
 * no room above what they are; every other bound lies a quarter above what it was when it was set. Whoever goes over one has
 * put something on the path of every token; whoever comes far below one sets it lower. On were: durable activities, replay
 * protection, both rate limits.
 */
const plans: Readonly<Record<'SQLite' | 'PostgreSQL', Plan>> = {
  SQLite: {
    // Until the compiler has seen it all: what it allocates is not the exchange's.
    warmUp: 2400,
    counted: 300,
    doors: {
      exchange: {
        // One transaction: it reads the head of the chain, writes the line and moves the head.
        alone: {
          statements: 5.3,
          commits: 1.05,
          messages: 1.05,
          allocated: 134_000,
          reads: 6,
          writes: 30,
          written: 56_000,
        },
        together: {
          statements: 2,
          commits: 0.25,
          messages: 0.27,
          allocated: 102_000,
          reads: 4,
          writes: 12,
          written: 24_000,
        },
      },
      ownKey: {
        // The single use is a statement more in the same transaction.
        alone: {
          statements: 6.3,
          commits: 1.05,
          messages: 1.05,
          allocated: 112_000,
          reads: 6,
          writes: 38,
          written: 74_000,
        },
        together: {
          statements: 3,
          commits: 0.25,
          messages: 0.27,
          allocated: 88_000,
          reads: 4,
          writes: 13,
          written: 26_000,
        },
      },
    },
  },
  // Only its statements: the rest is much the same.
  PostgreSQL: {
    warmUp: 60,
    counted: 90,
    doors: {
      exchange: { alone: { statements: 1.3 }, together: { statements: 0.25 } },
      ownKey: { alone: { statements: 1.3 }, together: { statements: 0.25 } },
    },
  },
};

describe.skipIf(!existsSync('/proc/self/io')).each(storageEngines)(
  'what a token costs on $engine (counted where there is /proc)',
  ({ engine, createPlace }) => {
    let server: BureauProcess;
    let place: StoragePlace;
    let issuer: FakeIssuer;
    beforeAll(async () => {
      [place, issuer] = await Promise.all([createPlace(), createFakeIssuer()]);
      server = await startBureau({
        environment: {
          ...reportsCosts,
          BUREAU_DATABASE_URL: place.url,
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
      for (const makeForms of Object.values(makers)) {
        for (let sent = 0; sent < warmUp; sent += 60) await sendAll(await makeForms(60), 30);
        await sendAll(await makeForms(30), 1);
      }
    }, 60_000);
    afterAll(async () => {
      await server?.stop();
      await issuer?.close();
      await place?.remove();
    });

    type Form = Readonly<Record<string, string>>;

    const exchangeForms = async (count: number): Promise<readonly Form[]> => {
      const tokens = await Promise.all(
        Array.from({ length: count }, (_, index) =>
          issuer.signToken({ sub: registered.subject, aud: registered.audience, run_id: String(index) }),
        ),
      );
      return tokens.map((token) => ({
        grant_type: urn.tokenExchange,
        subject_token: token,
        subject_token_type: urn.jwt,
      }));
    };

    const ownKeyForms = async (count: number): Promise<readonly Form[]> => {
      const key = ownKeyOf(
        JSON.parse(await readFile(join(server.dataDir, 'admin.json'), 'utf8')) as Credentials,
      );
      return Array.from({ length: count }, () => ({
        grant_type: 'client_credentials',
        client_assertion_type: urn.assertionType,
        client_assertion: makeAssertion(key),
      }));
    };

    const send = async (form: Form): Promise<void> => {
      const { status } = await server.token(form);
      if (status !== 200) throw new Error(`refused with ${status}`);
    };

    const sendAll = async (forms: readonly Form[], atOnce: number): Promise<void> => {
      for (let start = 0; start < forms.length; start += atOnce)
        await Promise.all(forms.slice(start, start + atOnce).map(send));
    };

    const expectWithin = (costs: Costs, wanted: Bounds): void => {
      for (const [name, most] of Object.entries(wanted) as [keyof Costs, number][])
        expect(costs[name], `${name} of one token`).toBeLessThanOrEqual(most);
      // One that counts nothing would keep every bound.
      expect(costs.statements).toBeGreaterThan(0);
    };

    const makers = { exchange: exchangeForms, ownKey: ownKeyForms };
    const { warmUp, counted, doors } = plans[engine];

    /** What one token costs where so many are under way at once. */
    const costsWith = async (makeForms: typeof exchangeForms, atOnce: number): Promise<Costs> => {
      const forms = await makeForms(counted);
      const before = await readCosts(server);
      await sendAll(forms, atOnce);
      return costsOfOne(before, await readCosts(server), counted);
    };

    it.each(['exchange', 'ownKey'] as const)(
      '%s: so much one after the other, and less where thirty come at once and share',
      async (door) => {
        expectWithin(await costsWith(makers[door], 1), doors[door].alone);
        expectWithin(await costsWith(makers[door], 30), doors[door].together);
      },
    );
  },
);
