// `bureau token` as pipelines run it: real processes, a real server, and platforms of a few lines on loopback.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LoopbackServer, sendJson, startCli, startLoopbackServer } from '../cli/token/cli-process.ts';
import { type BureauProcess, freePort, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { createSelfSigned } from '../support/tls.ts';

const subject = 'repo:acme/payments:environment:production';
const apiAudience = 'https://api.example.com';
let platform: FakeIssuer;
let bureau: BureauProcess;
let accountId: string;
let folder: string;
let credentials: string;

beforeAll(async () => {
  platform = await createFakeIssuer();
  bureau = await startBureau({ environment: { BUREAU_OUTBOUND_ALLOW: `127.0.0.1:${platform.port}` } });
  const account = await bureau.admin('POST', '/service-accounts', {
    name: 'deploy-payments',
    owningTeam: 'default',
    useCase: 'custom-api-integration',
    scopes: ['certificates:read'],
    audiences: [apiAudience],
    federations: [{ issuer: platform.issuer, subject, audience: bureau.issuer }],
  });
  expect(account.status).toBe(201);
  accountId = account.body.id;
  folder = await mkdtemp(join(tmpdir(), 'bureau-'));
  credentials = join(bureau.dataDir, 'admin.json');
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await bureau.stop();
  await platform.close();
});

const platformToken = (claims: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  platform.signToken({ sub: subject, aud: bureau.issuer, ...claims });

const run = (args: readonly string[], environment: Readonly<Record<string, string>> = {}, input?: string) =>
  startCli(['token', ...args], { environment, ...(input === undefined ? {} : { input }) }).ended;

/** The one line of stdout, as a token of the account. */
const tokenIn = (stdout: string): string => {
  expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  return stdout.trim();
};

/** A fake token endpoint with the discovery document of its address. */
const startTokenServer = async (
  answer: (count: number) => [status: number, body: unknown, headers?: Readonly<Record<string, string>>],
  port = 0,
): Promise<LoopbackServer> => {
  let count = 0;
  const server = await startLoopbackServer(({ method }, response) => {
    if (method === 'GET') {
      const { url } = server;
      return sendJson(response, 200, { issuer: url, token_endpoint: `${url}/token` });
    }
    return sendJson(response, ...answer(++count));
  }, port);
  return server;
};
const issued = (token: string, expiresIn = 900) => ({
  access_token: token,
  token_type: 'Bearer',
  expires_in: expiresIn,
  scope: '',
});

describe('bureau token against a real server (contract §6)', () => {
  it('GitHub Actions: asks the runner, masks both tokens, and prints ours alone', async () => {
    const jwt = await platformToken();
    const github = await startLoopbackServer((_request, response) => sendJson(response, 200, { value: jwt }));
    const { code, stdout, stderr } = await run(['--verbose', '--audience', apiAudience], {
      BUREAU_SERVER: bureau.url,
      GITHUB_ACTIONS: 'true',
      ACTIONS_ID_TOKEN_REQUEST_URL: `${github.url}/idtoken?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-secret',
    });
    await github.close();
    expect(code).toBe(0);
    const token = tokenIn(stdout);
    expect(decodeJwt(token)).toMatchObject({ sub: accountId, aud: apiAudience, iss: bureau.issuer });
    expect(github.requests).toEqual([
      {
        method: 'GET',
        path: `/idtoken?api-version=2.0&audience=${encodeURIComponent(bureau.issuer)}`,
        authorization: 'Bearer runner-secret',
        body: '',
      },
    ]);
    const masks = stderr.split('\n').filter((line) => line.startsWith('::add-mask::'));
    expect(masks).toEqual([`::add-mask::${jwt}`, `::add-mask::${token}`]);
    const rest = stderr.replaceAll(masks[0] ?? '', '').replaceAll(masks[1] ?? '', '');
    expect(rest).not.toMatch(/eyJ|runner-secret/);
    expect(rest).toContain('source: GitHub Actions');
    expect(rest).toContain(`sub=${subject}`);
  });

  it('a file, stdin and a variable', async () => {
    const jwt = await platformToken();
    const file = join(folder, 'platform-token');
    await writeFile(file, `${jwt}\n`, { mode: 0o600 });
    const server = { BUREAU_SERVER: bureau.url };
    for (const end of [
      await run(['-v', '--subject-token-file', file], server),
      await run(['-v'], { ...server, BUREAU_SUBJECT_TOKEN_FILE: file }),
      await run(['-v', '-s', bureau.url, '--subject-token-file', '-'], {}, `${jwt}\n`),
      await run(['-v', '--token-variable', 'STEP_TOKEN'], { ...server, STEP_TOKEN: jwt }),
      await run(['-v'], {
        BUREAU_ISSUER: bureau.url,
        GITLAB_CI: 'true',
        CI_SERVER_URL: platform.issuer,
        X: jwt,
      }),
    ]) {
      expect(end).toMatchObject({ code: 0 });
      expect(decodeJwt(tokenIn(end.stdout)).sub).toBe(accountId);
      expect(end.stderr).not.toContain('eyJ');
    }
  });

  it('a credentials file, in every format', async () => {
    const { code, stdout, stderr } = await run(['-v', '-p', credentials]);
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/eyJ|BEGIN/);
    const { serviceAccountId } = JSON.parse(await readFile(credentials, 'utf8'));
    expect(decodeJwt(tokenIn(stdout)).sub).toBe(serviceAccountId);

    const json = await run(['--json'], { BUREAU_CREDENTIALS: credentials });
    expect(JSON.parse(json.stdout)).toMatchObject({
      token_type: 'Bearer',
      expires_in: 900,
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    const env = await run(['-p', credentials, '--format', 'env', '--audience', `${bureau.issuer}/api/v1`]);
    expect(env.stdout).toMatch(/^BUREAU_ACCESS_TOKEN=[\w.-]+\n$/);
    const header = await run([
      '-p',
      credentials,
      '--format',
      'header',
      '--audience',
      `${bureau.issuer}/api/v1`,
    ]);
    const [name = '', value = ''] = header.stdout.trim().split(': ');
    const answer = await fetch(`${bureau.issuer}/api/v1/teams`, { headers: { [name]: value } });
    expect(answer.status).toBe(200);
  });

  it('exit 1: refused, with a receipt that leads to the activity', async () => {
    const jwt = await platformToken({ sub: 'repo:acme/other' });
    const { code, stdout, stderr } = await run(['-s', bureau.url, '--subject-token', jwt]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^bureau: refused: invalid_request: /);
    expect(stderr).toContain('presented (unverified): ');
    expect(stderr).toContain('sub=repo:acme/other');
    expect(stderr).not.toContain('eyJ');
    const receipt = /bureau activities show ([0-9a-f-]{36})$/m.exec(stderr)?.[1] ?? '';
    const activity = await bureau.admin('GET', `/activities/${receipt}`);
    expect(activity).toMatchObject({ status: 200, body: { outcome: 'refused', subject: 'repo:acme/other' } });
  });

  it('exit 1: a tenant that is not there', async () => {
    const { code, stderr } = await run([
      '-s',
      bureau.url,
      '-t',
      'acme',
      '--subject-token',
      await platformToken(),
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('no such server or tenant');
  });

  it('exit 2: nothing at all, and a word that is no option; a token typed in the wrong place is not repeated', async () => {
    const nothing = await run([]);
    expect(nothing).toMatchObject({ code: 2, stdout: '' });
    expect(nothing.stderr).toContain('nothing here says who this workload is');
    const jwt = await platformToken();
    const wrong = await run([`--subject-tokn=${jwt}`, '-s', bureau.url]);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('--subject-tokn=[token]');
  });

  it('exit 3: nobody there', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { code, stdout, stderr } = await run(['-s', url, '--subject-token', await platformToken()]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('refused the connection: nothing listens there');
  });

  it('exit 3: a certificate that nobody here trusts', async () => {
    const tls = await createFakeIssuer({ tls: createSelfSigned({ hosts: ['127.0.0.1'] }) });
    const { code, stderr } = await run(['-s', tls.url, '--subject-token', await platformToken()]);
    await tls.close();
    expect(code).toBe(3);
    expect(stderr).toMatch(/no trusted TLS connection to .*NODE_EXTRA_CA_CERTS/);
  });

  it('help is printed by the process, also into a pipe that closes early', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: bureau token/);
  });
});

describe('bureau token and a server with moods', () => {
  it('429 and 503 with Retry-After are waited for, and it is said', async () => {
    const server = await startTokenServer((count) => {
      if (count === 1) return [429, {}, { 'retry-after': '1' }];
      return count === 2
        ? [503, {}, { 'retry-after': new Date(Date.now() + 1000).toUTCString() }]
        : [200, issued('a.b.c')];
    });
    const jwt = await platformToken();
    const { code, stdout, stderr } = await run(['-s', server.url, '--subject-token', jwt]);
    await server.close();
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'a.b.c\n' });
    expect(stderr).toMatch(/answered 429, too many requests; trying again in 1 s/);
    expect(stderr).toMatch(/answered 503; trying again in [\d.]+ s/);
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(3);
  });

  it('a wait longer than --max-wait: exit 3 at once', async () => {
    const server = await startTokenServer(() => [429, {}, { 'retry-after': '30' }]);
    const args = ['-s', server.url, '--subject-token', await platformToken(), '--max-wait', '2'];
    const { code, stderr } = await run(args);
    await server.close();
    expect(code).toBe(3);
    expect(stderr).toContain('--max-wait');
  });

  it.each(['the discovery document', 'the token'])(
    '--max-wait is for the body too: %s comes drop by drop and never ends, exit 3',
    async (slow) => {
      const server = await startLoopbackServer(({ method }, response) => {
        if (method === 'GET' && slow === 'the token')
          return sendJson(response, 200, { issuer: server.url, token_endpoint: `${server.url}/token` });
        response.writeHead(200);
        const drops = setInterval(() => response.write(' '), 100);
        response.on('close', () => clearInterval(drops));
      });
      const args = ['-s', server.url, '--subject-token', await platformToken(), '--max-wait', '2'];
      const { code, stderr } = await run(args);
      await server.close();
      expect(code).toBe(3);
      expect(stderr).toMatch(/did not answer in time; gave up, because --max-wait would be over/);
    },
  );

  it('a redirect is not followed, with a token least of all', async () => {
    const thief = await startLoopbackServer((_request, response) => sendJson(response, 200, issued('x.y.z')));
    const server = await startTokenServer(() => [307, {}, { location: `${thief.url}/token` }]);
    const { code } = await run(['-s', server.url, '--subject-token', await platformToken()]);
    await server.close();
    await thief.close();
    expect(code).toBe(1);
    expect(thief.requests).toEqual([]);
  });
});

describe('bureau token --watch', () => {
  const waitFor = <T>(look: () => T | Promise<T>): Promise<T> =>
    vi.waitFor(look, { timeout: 20_000, interval: 50 });

  it('keeps a file fresh, through an outage, and ends with SIGTERM and 0', async () => {
    const file = join(folder, 'access-token');
    const jwt = await platformToken();
    let count = 0;
    const answer = (): [number, unknown] => [200, issued(`fresh.token.${++count}`, 4)];
    const server = await startTokenServer(answer);
    const cli = startCli(['token', '-s', server.url, '--subject-token', jwt, '--watch', file]);
    await waitFor(async () => expect(await readFile(file, 'utf8')).toBe('fresh.token.1\n'));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const first = Date.now();
    await waitFor(async () => expect(await readFile(file, 'utf8')).toBe('fresh.token.2\n'));
    // Before the first one expired.
    expect(Date.now() - first).toBeLessThan(4000);

    await server.close();
    await waitFor(() => expect(cli.stderr()).toContain('no fresh token; the old one stays'));
    expect(await readFile(file, 'utf8')).toMatch(/^fresh\.token\.\d\n$/);
    const before = count;
    const again = await startTokenServer(answer, server.port);
    await waitFor(async () => expect(await readFile(file, 'utf8')).toBe(`fresh.token.${before + 1}\n`));

    cli.kill('SIGTERM');
    expect(await cli.ended).toMatchObject({ code: 0, signal: null, stdout: '' });
    await again.close();
    expect(cli.stderr()).not.toMatch(/eyJ|fresh\.token/);
  });

  it('SIGINT in the middle of a request: 0 too', async () => {
    const server = await startTokenServer((count) => {
      if (count === 1) return [200, issued('a.b.c', 2)];
      cli.kill('SIGINT');
      return [503, {}, { 'retry-after': '60' }];
    });
    const cli = startCli([
      'token',
      '-s',
      server.url,
      '--subject-token',
      await platformToken(),
      '--watch',
      join(folder, 'x'),
    ]);
    expect(await cli.ended).toMatchObject({ code: 0, signal: null, stdout: '' });
    await server.close();
  });

  it('refused at the very first attempt: exit 1, and no file', async () => {
    const file = join(folder, 'never');
    const { code } = await run([
      '-s',
      bureau.url,
      '--subject-token',
      await platformToken({ sub: 'x' }),
      '--watch',
      file,
    ]);
    expect(code).toBe(1);
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });
});
