import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryOfProcess, processesBelow } from '../processes.ts';
import { seedAccounts } from '../seed-accounts.ts';
import type { KnownIssuer } from '../the-exchange.ts';
import { createAdministrator, register } from './administer.ts';
import { type BureauNodes, createNodes } from './bureau-nodes.ts';
import type { BureauPlan, Contender, Registrations } from './contender.ts';
import { openPostgresStore, openSqliteStore, type Store } from './open-store.ts';
import type { Surroundings } from './surroundings.ts';

/** What a start left behind is collected before it is weighed. */
const restMs = 1000;

/**
 * Starts Bureau, registers what the load needs and seeds what the plan says.
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
  const nodes = await createNodes(plan, surroundings, folder, store.url, [
    ...registrations.issuers,
    ...seedIssuers,
  ]);
  const end = async (): Promise<void> => {
    await nodes.stop();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return await prepare(plan, nodes, store, surroundings, registrations, seedIssuers, end);
  } catch (error) {
    await end();
    throw error;
  }
};

const prepare = async (
  plan: BureauPlan,
  nodes: BureauNodes,
  store: Store,
  { say }: Surroundings,
  registrations: Registrations,
  seedIssuers: readonly KnownIssuer[],
  end: () => Promise<void>,
): Promise<Contender> => {
  await nodes.start();
  const administer = createAdministrator(nodes.issuer, nodes.dataDir);
  const { keyAccountId } = await register(administer, registrations);
  if (plan.accounts !== undefined) {
    say(`  seeding ${plan.accounts.toLocaleString('en')} accounts`);
    await nodes.stop();
    await seedAccounts({
      databaseUrl: store.url,
      accounts: plan.accounts,
      issuers: seedIssuers.map((known) => ({ ...known, jwks: null })),
    });
    await nodes.start();
  }
  const before = await store.measure();
  await new Promise((resolve) => setTimeout(resolve, restMs));
  const pids = nodes.pids();
  return {
    kind: 'bureau',
    tokenUrls: nodes.ports.map((port) => `http://127.0.0.1:${port}/token`),
    issuer: nodes.issuer,
    jwksUri: `${nodes.issuer}/.well-known/jwks.json`,
    serverPids: pids,
    databasePids: store.pids,
    kept: ['D', 'S', 'L'],
    ownKey: { clientId: keyAccountId, audience: nodes.issuer },
    exchangeMembers: {},
    bytesAtRest: processesBelow(pids).reduce((sum, pid) => sum + (memoryOfProcess(pid) ?? 0), 0),
    change: async () => {
      await administer('PATCH', `/service-accounts/${keyAccountId}`, {
        description: randomBytes(8).toString('hex'),
      });
    },
    stop: async () => {
      await nodes.stop();
      const { issued, bytes } = await store.measure();
      await end();
      return { issued, grownBytes: bytes - before.bytes };
    },
  };
};
