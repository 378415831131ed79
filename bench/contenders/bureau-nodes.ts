import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../test/support/bureau-process.ts';
import type { Child } from '../children.ts';
import type { KnownIssuer } from '../the-exchange.ts';
import type { BureauPlan } from './contender.ts';
import type { Surroundings } from './surroundings.ts';
import { untilReady } from './until-ready.ts';

/** So many a minute that none is refused; what counting costs is in the figures all the same. */
const generousLimit = '10000000';

/** The processes of one Bureau: one, or several with a port each and one database. */
export interface BureauNodes {
  readonly ports: readonly number[];
  readonly issuer: string;
  /** Where the first administrator's credentials are. */
  readonly dataDir: string;
  /** Starts all, one after the other, and waits until each is ready. */
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly pids: () => readonly number[];
}

/**
 * Sets up `bureau serve` as an operator would, from what is built, held to the server's core. Settings are the defaults, but for the rate
 * limits, which are on and so high that none is hit, and what loopback issuers need. The log goes to a file at level info,
 * the default.
 */
export const createNodes = async (
  plan: BureauPlan,
  { nursery, cores, nodeOptions, programs }: Surroundings,
  folder: string,
  databaseUrl: string,
  issuers: readonly KnownIssuer[],
): Promise<BureauNodes> => {
  const ports = await freePorts(plan.nodes ?? 1);
  const issuer = `http://127.0.0.1:${ports[0]}`;
  const dataDirOf = (port: number | undefined): string => join(folder, `node-${port}`);
  const environment = {
    BUREAU_ISSUER: issuer,
    BUREAU_DATABASE_URL: databaseUrl,
    BUREAU_KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    BUREAU_RATE_LIMIT: generousLimit,
    BUREAU_TENANT_RATE_LIMIT: generousLimit,
    BUREAU_STOP_DELAY_SECONDS: '0',
    BUREAU_OUTBOUND_ALLOW: [...new Set(issuers.map(({ jwksUri }) => new URL(jwksUri).host))].join(','),
    ...(plan.workers === 'all' ? { BUREAU_WORKERS: String(availableParallelism()) } : {}),
  };
  const children: Child[] = [];
  return {
    ports,
    issuer,
    dataDir: dataDirOf(ports[0]),
    start: async () => {
      // One after the other, for the first one prepares an empty database.
      for (const port of ports) {
        const dataDir = dataDirOf(port);
        await mkdir(dataDir, { recursive: true });
        const child = nursery.start({
          program: programs.built.program,
          args: [...programs.built.args, 'serve'],
          core: plan.workers === 'all' ? null : (cores?.server ?? null),
          nodeOptions,
          cwd: dataDir,
          outputFile: join(dataDir, 'log'),
          talks: false,
          environment: { ...environment, BUREAU_PORT: String(port), BUREAU_DATA_DIR: dataDir },
        });
        children.push(child);
        await untilReady(`http://127.0.0.1:${port}`, child);
      }
    },
    stop: async () => {
      await Promise.all(children.splice(0).map((child) => child.stop()));
    },
    pids: () => children.map(({ pid }) => pid),
  };
};

const freePorts = async (count: number): Promise<readonly number[]> => {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
};
