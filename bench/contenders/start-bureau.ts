import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../test/support/bureau-process.ts';
import type { Child } from '../children.ts';
import { memoryOfProcess, processesBelow } from '../processes.ts';
import { seedAccounts } from '../seed-accounts.ts';
import type { KnownIssuer } from '../the-exchange.ts';
import { createAdministrator, register } from './administer.ts';
import type { Contender, Registrations, ServerPlan } from './contender.ts';
import { openPostgresStore, openSqliteStore, type Store } from './open-store.ts';
import type { Surroundings } from './surroundings.ts';
import { untilReady } from './until-ready.ts';

/** So many a minute that none is refused; what counting costs is in the figures all the same. */
const generousLimit = '10000000';

/** How a Bureau is set up. */
export type BureauPlan = Extract<ServerPlan, { readonly kind: 'bureau' }>;

/**
 * Starts the server as `bureau serve` does, held to its core, registers what the load needs and seeds what the plan says.
 * Settings are the defaults, but for the rate limits, which are on and so high that none is hit, and what loopback issuers
 * need. The log goes to a file at level info, the default.
 *
 * @param seedIssuers whose tokens become seeded accounts
 */
export const startBureau = async (
  plan: BureauPlan,
  surroundings: Surroundings,
  registrations: Registrations,
  seedIssuers: readonly KnownIssuer[],
): Promise<Contender> => {
  const folder = await mkdtemp(join(surroundings.folder, 'bureau-'));
  const store =
    plan.store === 'postgresql' ? await openPostgresStore(surroundings) : await openSqliteStore(folder);
  const ports = await freePorts(plan.nodes ?? 1);
  const issuer = `http://127.0.0.1:${ports[0]}`;
  const environment = {
    BUREAU_ISSUER: issuer,
    BUREAU_DATABASE_URL: store.url,
    BUREAU_KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    BUREAU_RATE_LIMIT: generousLimit,
    BUREAU_TENANT_RATE_LIMIT: generousLimit,
    BUREAU_STOP_DELAY_SECONDS: '0',
    BUREAU_OUTBOUND_ALLOW: [
      ...new Set([...registrations.issuers, ...seedIssuers].map(({ jwksUri }) => new URL(jwksUri).host)),
    ].join(','),
    ...(plan.workers === 'all' ? { BUREAU_WORKERS: String(availableParallelism()) } : {}),
  };
  const startAll = async (): Promise<readonly Child[]> => {
    const children: Child[] = [];
    // One after the other, for the first one prepares an empty database.
    for (const port of ports) {
      const dataDir = join(folder, `node-${port}`);
      await mkdir(dataDir, { recursive: true });
      const child = surroundings.nursery.start({
        program: new URL('../../src/main.ts', import.meta.url),
        args: ['serve'],
        core: plan.workers === 'all' ? null : (surroundings.cores?.server ?? null),
        nodeOptions: surroundings.nodeOptions,
        cwd: dataDir,
        outputFile: join(dataDir, 'log'),
        talks: false,
        environment: { ...environment, BUREAU_PORT: String(port), BUREAU_DATA_DIR: dataDir },
      });
      children.push(child);
      await untilReady(`http://127.0.0.1:${port}`, child);
    }
    return children;
  };

  let children = await startAll();
  const administer = createAdministrator(issuer, join(folder, `node-${ports[0]}`));
  const { keyAccountId } = await register(administer, registrations);
  if (plan.accounts !== undefined) {
    surroundings.say(`  seeding ${plan.accounts.toLocaleString('en')} accounts`);
    await stopAll(children);
    await seed(plan, store, seedIssuers);
    children = await startAll();
  }
  const pids = children.map(({ pid }) => pid);
  // What a start left behind is collected before it is weighed.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return {
    kind: 'bureau',
    tokenUrls: ports.map((port) => `http://127.0.0.1:${port}/token`),
    issuer,
    jwksUri: `${issuer}/.well-known/jwks.json`,
    serverPids: pids,
    databasePids: store.pids,
    kept: ['D', 'S', 'L'],
    ownKey: { clientId: keyAccountId, audience: issuer },
    exchangeMembers: {},
    bytesAtRest: processesBelow(pids).reduce((sum, pid) => sum + (memoryOfProcess(pid) ?? 0), 0),
    change: async () => {
      await administer('PATCH', `/service-accounts/${keyAccountId}`, {
        description: randomBytes(8).toString('hex'),
      });
    },
    stop: async () => {
      await stopAll(children);
      const issued = await store.countIssued();
      await store.close();
      return issued;
    },
  };
};

const stopAll = async (children: readonly Child[]): Promise<void> => {
  await Promise.all(children.map((child) => child.stop()));
};

const seed = async (plan: BureauPlan, store: Store, issuers: readonly KnownIssuer[]): Promise<void> => {
  await seedAccounts({
    databaseUrl: store.url,
    accounts: plan.accounts ?? 0,
    issuers: issuers.map((known) => ({ ...known, jwks: null })),
  });
};

const freePorts = async (count: number): Promise<readonly number[]> => {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
};
