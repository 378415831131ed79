import { execFileSync, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Answer,
  type Credentials,
  freePort,
  postForm,
  signAssertion,
} from '../../test/support/bureau-process.ts';
import { nodeOnCore } from '../cores.ts';
import type { Startable } from '../start-programs.ts';

/** A server under test. */
export interface Server {
  readonly port: number;
  readonly pid: number;
  admin(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Registers one account with a federation for each issuer. */
  register(
    name: string,
    issuers: readonly { readonly issuer: string; readonly jwksUri: string }[],
  ): Promise<void>;
  stop(): Promise<void>;
}

/** What the tokens of the load show. */
export const shown = {
  subject: 'repo:acme/payments:environment:production',
  audience: 'https://sts.example.com',
};

/** Comes with Linux (util-linux, BusyBox), not with a package of ours. */
const taskset = 'taskset';

/** Holds all threads of a process to a core, where the system can. */
export const holdTo = (core: number | null, pid: number): void => {
  if (core !== null)
    execFileSync(taskset, ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' });
};

/**
 * `bureau serve` with default settings but for the rate limit and what loopback issuers need; its log goes to a file.
 *
 * @param startable what it is started from
 */
export const startServer = async (
  { program, args: programArgs }: Startable,
  core: number | null,
  environment: Readonly<Record<string, string>>,
): Promise<Server> => {
  const folder = await mkdtemp(join(tmpdir(), 'bureau-overload-'));
  const port = await freePort();
  const log = openSync(join(folder, 'server.log'), 'a', 0o600);
  const [command, args] = nodeOnCore(core, [fileURLToPath(program), ...programArgs, 'serve']);
  const child = spawn(command, args, {
    cwd: folder,
    env: {
      NODE_ENV: 'production',
      PATH: process.env['PATH'] ?? '',
      BUREAU_PORT: String(port),
      BUREAU_DATA_DIR: folder,
      BUREAU_RATE_LIMIT: 'off',
      BUREAU_STOP_DELAY_SECONDS: '0',
      ...environment,
    },
    stdio: ['ignore', log, log],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.on('exit', kill);
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const until = performance.now() + 30_000;
  while ((await fetch(`${url}/readyz`).catch(() => null))?.status !== 200) {
    if (child.exitCode !== null || performance.now() > until)
      throw new Error(
        `the server did not become ready: ${await readFile(join(folder, 'server.log'), 'utf8')}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const credentials = JSON.parse(await readFile(join(folder, 'admin.json'), 'utf8')) as Credentials;
  const signIn = await postForm(`${url}/token`, {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await signAssertion(credentials),
  });
  const admin: Server['admin'] = async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${signIn.body.access_token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: await response.json().catch(() => null),
    };
  };
  return {
    port,
    pid: child.pid ?? 0,
    admin,
    register: async (name, issuers) => {
      const answer = await admin('POST', '/service-accounts', {
        name,
        owningTeam: 'default',
        useCase: 'custom-api-integration',
        scopes: ['certificates:read'],
        audiences: ['https://api.example.com'],
        federations: issuers.map(({ issuer, jwksUri }) => ({ issuer, jwksUri, ...shown })),
      });
      if (answer.status !== 201) throw new Error(`not registered: ${JSON.stringify(answer.body)}`);
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      process.off('exit', kill);
      await rm(folder, { recursive: true, force: true });
    },
  };
};
