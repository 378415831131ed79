import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Credentials, freePort, postForm, signAssertion } from '../test/support/bureau-process.ts';
import type { Child, Nursery } from './children.ts';
import { type Contender, type KnownIssuer, theExchange, urns } from './the-exchange.ts';

const startPatienceMs = 30_000;

/** Where the embedded store of the contender is kept in the folder of the run. */
export const databaseOf = (folder: string): string => join(folder, 'bureau', 'bureau.db');

/**
 * Starts the server as `bureau serve` does, held to `core`, and registers one federated account for every issuer.
 * Settings are the defaults, but for the rate limit, which is off, and what loopback issuers need. The log goes to a
 * file at level info, the default.
 */
export const startBureau = async (
  nursery: Nursery,
  folder: string,
  core: number | null,
  issuers: readonly KnownIssuer[],
  nodeOptions: readonly string[],
): Promise<Contender> => {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const dataDir = join(folder, 'bureau');
  await mkdir(dataDir);
  const child = nursery.start({
    program: new URL('../src/main.ts', import.meta.url),
    args: ['serve'],
    core,
    nodeOptions,
    cwd: dataDir,
    outputFile: join(folder, 'bureau.log'),
    talks: false,
    environment: {
      BUREAU_PORT: String(port),
      BUREAU_DATA_DIR: dataDir,
      BUREAU_RATE_LIMIT: 'off',
      BUREAU_OUTBOUND_ALLOW: issuers.map(({ jwksUri }) => new URL(jwksUri).host).join(','),
    },
  });
  await waitUntilReady(issuer, child);
  await register(issuer, dataDir, issuers);
  return {
    name: 'bureau',
    pid: child.pid,
    issuer,
    tokenUrl: `${issuer}/token`,
    jwksUri: `${issuer}/.well-known/jwks.json`,
    body: (subjectToken) =>
      new URLSearchParams({
        grant_type: urns.tokenExchange,
        subject_token: subjectToken,
        subject_token_type: urns.jwt,
      }).toString(),
    stop: () => child.stop(),
  };
};

const waitUntilReady = async (url: string, child: Child): Promise<void> => {
  let over = false;
  void child.ended.then(() => {
    over = true;
  });
  const until = performance.now() + startPatienceMs;
  while (!over && performance.now() < until) {
    const response = await fetch(`${url}/readyz`).catch(() => null);
    await response?.body?.cancel();
    if (response?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the server did not become ready: ${child.errors().trim()}`);
};

const register = async (url: string, dataDir: string, issuers: readonly KnownIssuer[]): Promise<void> => {
  const credentials = JSON.parse(await readFile(join(dataDir, 'admin.json'), 'utf8')) as Credentials;
  const answer = await postForm(`${url}/token`, {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await signAssertion(credentials),
  });
  const response = await fetch(`${url}/api/v1/service-accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${answer.body.access_token}` },
    body: JSON.stringify({
      name: theExchange.account.name,
      owningTeam: theExchange.account.team,
      useCase: 'custom-api-integration',
      scopes: [theExchange.scope],
      audiences: [theExchange.audience],
      federations: issuers.map((known) => ({
        issuer: known.issuer,
        jwksUri: known.jwksUri,
        subject: theExchange.subject,
        audience: theExchange.tokenAudience,
      })),
    }),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`no account was registered: ${response.status} ${text}`);
};
