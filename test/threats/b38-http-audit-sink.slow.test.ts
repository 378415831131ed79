// Declared: what cannot be written down does not happen (503), and a log that nobody reads stops nobody.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BureauProcess, freePort, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { doors, registered } from '../support/test-bureau.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

describe('B38 A115 a store that is full', () => {
  let issuer: FakeIssuer;
  let bureau: BureauProcess;
  beforeEach(async () => {
    issuer = await createFakeIssuer();
    bureau = await startBureau({
      environment: { BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}` },
    });
  });
  afterEach(async () => {
    setRoom('unlimited');
    await bureau.stop();
    await issuer.close();
  });
  /** Every write of the process to a file beyond so many bytes fails from now on, as on a disk that is full. */
  const setRoom = (bytes: number | 'unlimited'): void =>
    void execFileSync('prlimit', ['--pid', String(bureau.pid), `--fsize=${bytes}:`]);

  it('B38 A115 no token leaves and no change is made while nothing can be kept; no line is missing afterwards', async () => {
    const federations = [
      {
        issuer: issuer.issuer,
        jwksUri: issuer.jwksUri,
        subject: registered.subject,
        audience: registered.audience,
      },
    ];
    const account = { name: 'deploy', owningTeam: 'default', useCase: 'custom-api-integration', federations };
    expect((await bureau.admin('POST', '/service-accounts', account)).status).toBe(201);
    const token = await issuer.signToken({ sub: registered.subject, aud: registered.audience });
    const issued: string[] = [];
    const exchange = async (): Promise<number> => {
      const [{ form }] = doors as [(typeof doors)[0]];
      const { status, body, headers } = await bureau.token(form(token));
      if (status === 200) issued.push(jtiOf(body.access_token as string));
      else {
        expect([status, body.error]).toEqual([503, 'temporarily_unavailable']);
        expect(body).not.toHaveProperty('access_token');
        expect(headers.get('retry-after')).not.toBeNull();
      }
      return status;
    };
    expect(await exchange()).toBe(200);

    setRoom(1);
    const statuses = await Promise.all(Array.from({ length: 20 }, exchange));
    expect(new Set(statuses)).toEqual(new Set([503]));
    expect((await bureau.admin('POST', '/teams', { name: 'unmade' })).status).toBe(503);
    expect((await bureau.token({ grant_type: 'password' })).status).toBe(503);
    const ready = await fetch(`${bureau.url}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { failing: ['store'] }]);
    expect(await (await fetch(`${bureau.url}/metrics`)).text()).toContain(
      'bureau_store_up{engine="sqlite"} 0',
    );

    // The control: with room again, everything goes on.
    setRoom('unlimited');
    expect(await exchange()).toBe(200);
    expect((await bureau.admin('GET', '/teams/unmade')).status).toBe(404);
    const { items } = (await bureau.admin('GET', '/activities?outcome=issued&limit=200')).body;
    const kept = new Set(items.map(({ jti }: { jti: string }) => jti));
    expect(issued.filter((jti) => !kept.has(jti))).toEqual([]);
    expect(issued).toHaveLength(2);
    expect((await bureau.admin('GET', '/activities/verify')).body.ok).toBe(true);
  }, 60_000);
});

describe('B38 a log that nobody reads', () => {
  let dataDir: string;
  let url: string;
  let child: ChildProcess;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'bureau-log-'));
  });
  afterEach(async () => {
    child.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });
  const start = async (stdout: number | 'pipe'): Promise<{ readonly ended: Promise<number | null> }> => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    child = spawn(process.execPath, [main, 'serve'], {
      env: {
        BUREAU_PORT: String(port),
        BUREAU_DATA_DIR: dataDir,
        BUREAU_RATE_LIMIT: 'off',
        BUREAU_STOP_DELAY_SECONDS: '0',
      },
      cwd: dataDir,
      stdio: ['ignore', stdout, 'ignore'],
    });
    return { ended: new Promise((resolve) => child.on('exit', resolve)) };
  };
  const untilReady = async (): Promise<void> => {
    for (;;) {
      const answer = await fetch(`${url}/readyz`).catch(() => null);
      if (answer?.status === 200) return;
      expect(child.exitCode).toBeNull();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  /** More lines than any pipe holds; each is answered. */
  const serveMany = async (): Promise<void> => {
    for (let index = 0; index < 100; index += 1) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/livez`)));
      for (const answer of answers) {
        expect(answer.status).toBe(200);
        await answer.text();
      }
    }
  };

  it('B38 a slow reader: every request is answered, and the server ends when it is told to', async () => {
    const { ended } = await start('pipe');
    child.stdout?.pause();
    await untilReady();
    await serveMany();
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  }, 60_000);

  it('B38 a closed pipe: the same, and the lines that are lost are counted', async () => {
    const { ended } = await start('pipe');
    child.stdout?.destroy();
    await untilReady();
    await serveMany();
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const [, dropped = '0'] = /^bureau_log_lines_dropped_total (\d+)$/m.exec(metrics) ?? [];
    expect(Number(dropped)).toBeGreaterThan(1500);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  }, 60_000);

  it('B38 a full disk under the log: the same', async () => {
    const full = openSync('/dev/full', 'w');
    const { ended } = await start(full);
    await untilReady();
    closeSync(full);
    await serveMany();
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  }, 60_000);
});

const jtiOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string }).jti;
