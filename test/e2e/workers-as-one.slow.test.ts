// Several processes on one port are one server to whoever talks to it (contract §2, §3, §7).
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BureauProcess,
  type Credentials,
  freePort,
  runBureau,
  startBureau,
} from '../support/bureau-process.ts';
import { makeAssertion, type OwnKey, ownKeyOf } from '../support/own-key.ts';
import { doors } from '../support/test-bureau.ts';
import {
  countThreads,
  isAlive,
  overNewConnection,
  until,
  workersOf,
  workersThatAnswered,
} from '../support/workers.ts';

const ownKeyForm = (assertion: string): Record<string, string> => doors[2]?.form(assertion) ?? {};
/** So many that each of two workers gets one, but for one time in a million. */
const enough = 20;
const times = <T>(count: number, act: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_one, index) => act(index)));
const statuses = (answers: readonly { readonly status: number }[]): readonly number[] => [
  ...new Set(answers.map(({ status }) => status)),
];

describe('two workers on SQLite', () => {
  let bureau: BureauProcess;
  let administrator: OwnKey;
  beforeAll(async () => {
    bureau = await startBureau({ environment: { BUREAU_WORKERS: '2' } });
    const credentials = await readFile(join(bureau.dataDir, 'admin.json'), 'utf8');
    administrator = ownKeyOf(JSON.parse(credentials) as Credentials);
  });
  afterAll(() => bureau?.stop());

  const token = (assertion: string) =>
    overNewConnection(`${bureau.url}/token`, { method: 'POST', form: ownKeyForm(assertion) });
  const createKey = async (name: string): Promise<OwnKey> => {
    const created = await bureau.admin('POST', '/service-accounts', {
      name,
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      key: { generate: 'ES256' },
    });
    expect(created.status).toBe(201);
    return ownKeyOf(created.body.credentials as Credentials);
  };

  it('one ready line, two processes, and both answer', async () => {
    expect(bureau.lines().filter((line) => line.includes('"msg":"ready"'))).toHaveLength(1);
    expect(await workersOf(bureau)).toHaveLength(2);
    expect(statuses(await times(enough, () => overNewConnection(`${bureau.url}/readyz`)))).toEqual([200]);
    expect(await until(async () => workersThatAnswered(bureau).size === 2)).toBe(true);
  });

  it('A40 an assertion works once, whichever workers get it', async () => {
    for (let round = 0; round < 10; round += 1) {
      const assertion = makeAssertion(administrator);
      const answers = await times(8, () => token(assertion));
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
        200,
        ...Array<number>(7).fill(400),
      ]);
    }
  });

  it('A65 A66 a block thrown at one worker holds in all of them when it is answered, and so does its undoing', async () => {
    const key = await createKey('to-be-blocked');
    const spare = await createKey('not-blocked');
    // Warm: every worker knows the account.
    expect(statuses(await times(enough, () => token(makeAssertion(key))))).toEqual([200]);
    for (let round = 0; round < 5; round += 1) {
      const block = await bureau.admin('POST', '/blocks', {
        target: { account: key.accountId },
        reason: 'drill',
      });
      expect(block.status).toBe(201);
      expect(statuses(await times(enough, () => token(makeAssertion(key))))).toEqual([400]);
      expect(statuses(await times(enough, () => token(makeAssertion(spare))))).toEqual([200]);
      const undone = await bureau.admin('DELETE', `/blocks/${block.body.id}`, undefined, { 'if-match': '*' });
      expect(undone.status).toBe(204);
      expect(statuses(await times(enough, () => token(makeAssertion(key))))).toEqual([200]);
    }
  });

  it('an account made through one worker is known to all when it is answered', async () => {
    for (let round = 0; round < 5; round += 1) {
      const key = await createKey(`fresh-${round}`);
      expect(statuses(await times(enough, () => token(makeAssertion(key))))).toEqual([200]);
    }
  });

  it('A71 a signing key that was revoked through one worker is published by none when it is answered', async () => {
    const listed = await bureau.admin('GET', '/signing-keys');
    const [active] = listed.body.items.filter(
      (key: { readonly state: string; readonly purpose: string; readonly algorithm: string }) =>
        key.state === 'active' && key.purpose === 'access-token' && key.algorithm === 'RS256',
    );
    const revoked = await bureau.admin('POST', `/signing-keys/${active.kid}/revoke`);
    expect(revoked.status).toBe(200);
    const sets = await times(enough, () => overNewConnection(`${bureau.url}/.well-known/jwks.json`));
    expect(sets.filter(({ text }) => text.includes(active.kid))).toEqual([]);
  });

  it('B41 /metrics tells of all workers, whichever is scraped', async () => {
    const count = async (): Promise<readonly string[]> =>
      (await times(enough, () => overNewConnection(`${bureau.url}/metrics`))).map(
        ({ text }) =>
          /^bureau_token_requests_total\{.*reason="grant_type_unknown".*\} (\d+)$/m.exec(text)?.[1] ?? '',
      );
    await times(30, () =>
      overNewConnection(`${bureau.url}/token`, { method: 'POST', form: { grant_type: 'password' } }),
    );
    expect(new Set(await count())).toEqual(new Set(['30']));
    const { text } = await overNewConnection(`${bureau.url}/metrics`);
    expect(text).toMatch(/^bureau_build_info\{version="[^"]+"\} 1$/m);
    expect(text).toMatch(/^bureau_workers 2$/m);
    expect(text).toMatch(/^bureau_store_up\{engine="sqlite"\} 1$/m);
    expect(text).toMatch(/^bureau_token_request_duration_seconds_bucket\{le="\+Inf",.*\} \d+$/m);
  });

  it('a receipt of strangers that are summed up is found through any worker', async () => {
    const other = await startBureau({
      environment: { BUREAU_WORKERS: '2', BUREAU_STRANGER_ACTIVITIES: '4' },
    });
    const refused = await times(30, () =>
      overNewConnection(`${other.url}/token`, { method: 'POST', form: { grant_type: 'password' } }),
    );
    const receipts = new Set(refused.map(({ text }) => (JSON.parse(text) as { receipt: string }).receipt));
    // Four of their own and one of the summary of each worker, and a few that were not told in time.
    expect(receipts.size).toBeLessThanOrEqual(12);
    const headers = { authorization: `Bearer ${await other.adminToken()}` };
    for (const receipt of receipts)
      expect(
        statuses(
          await times(4, () => overNewConnection(`${other.url}/api/v1/activities/${receipt}`, { headers })),
        ),
      ).toEqual([200]);
    await other.stop();
  });

  it('the trail of two writers verifies, with a chain for each', async () => {
    const report = await bureau.admin('GET', '/activities/verify');
    expect(report.body).toMatchObject({ ok: true });
    expect(report.body.heads.map(({ writer }: { readonly writer: string }) => writer).toSorted()).toEqual([
      'embedded',
      'embedded-2',
    ]);
  });

  it('RL-03 a limit of an address holds over all workers', async () => {
    const limited = await startBureau({
      environment: { BUREAU_WORKERS: '2', BUREAU_RATE_LIMIT: '20' },
    });
    const ask = () =>
      overNewConnection(`${limited.url}/token`, { method: 'POST', form: { grant_type: 'password' } });
    const first: number[] = [];
    for (let index = 0; index < 40; index += 1) first.push((await ask()).status);
    // Told within some hundredths of a second: a machine that is busy may need more of them.
    expect(first.slice(0, 20)).toEqual(Array<number>(20).fill(400));
    await sleep(500);
    expect(statuses(await times(enough, ask))).toEqual([429]);
    await limited.stop();
  });
});

describe('the process that looks after the workers', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'bureau-workers-'));
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));
  // The issuer stays what it was at the first start, whatever port a server gets.
  const workers = { BUREAU_WORKERS: '2', BUREAU_ISSUER: 'http://127.0.0.1:8080' };

  it('SIGTERM: requests under way are answered, exit 0, and nobody is left', async () => {
    const bureau = await startBureau({
      dataDir,
      environment: { ...workers, BUREAU_STOP_DELAY_SECONDS: '1' },
    });
    const pids = await workersOf(bureau);
    const stopped = bureau.stop();
    await sleep(200);
    const answers = await times(enough, () => overNewConnection(`${bureau.url}/livez`));
    expect(statuses(answers)).toEqual([200]);
    expect(statuses(await times(4, () => overNewConnection(`${bureau.url}/readyz`)))).toEqual([503]);
    expect(await stopped).toBe(0);
    expect(await Promise.all(pids.map(isAlive))).toEqual([false, false]);
    expect(bureau.errors()).toBe('');
  });

  it('its own end by SIGKILL is the end of the workers, and the port is free again', async () => {
    const bureau = await startBureau({ dataDir, environment: workers });
    const pids = await workersOf(bureau);
    await bureau.kill();
    // They learn it by the end of their channel: a machine that is busy may need some hundredths of a second for it.
    const areGone = async (): Promise<boolean> => !(await Promise.all(pids.map(isAlive))).includes(true);
    expect(await until(areGone, 5000)).toBe(true);
    const port = Number(new URL(bureau.url).port);
    const again = await startBureau({ dataDir, port, environment: workers });
    expect(await again.stop()).toBe(0);
  });

  it('a worker has one thread of V8 beside its own, and as many as the operator says', async () => {
    const helpersOfEach = async (bureau: BureauProcess): Promise<readonly number[]> =>
      Promise.all((await workersOf(bureau)).map(async (pid) => countThreads(pid, 'node-V8Worker')));
    const bureau = await startBureau({ dataDir, environment: workers });
    expect(await helpersOfEach(bureau)).toEqual([1, 1]);
    await bureau.stop();
    const told = await startBureau({
      dataDir,
      environment: { ...workers, NODE_OPTIONS: '--v8-pool-size=3' },
    });
    expect(await helpersOfEach(told)).toEqual([3, 3]);
    await told.stop();
  });

  it('a worker that is killed is replaced, and the others go on', async () => {
    const bureau = await startBureau({ dataDir, environment: workers });
    const [victim = 0] = await workersOf(bureau);
    process.kill(victim, 'SIGKILL');
    const isReplaced = async (): Promise<boolean> => {
      const now = await workersOf(bureau);
      return now.length === 2 && !now.includes(victim);
    };
    expect(await until(isReplaced)).toBe(true);
    expect(await until(async () => bureau.lines().some((line) => line.includes('a worker ended')))).toBe(
      true,
    );
    expect(statuses(await times(enough, () => overNewConnection(`${bureau.url}/livez`)))).toEqual([200]);
    expect(bureau.lines().filter((line) => line.includes('"msg":"ready"'))).toHaveLength(1);
    expect(await bureau.stop()).toBe(0);
  });

  it.each([
    ['with workers', { BUREAU_WORKERS: '2' }],
    ['alone', {}],
  ])('EADDRINUSE: a second server %s on the port of the first is refused', async (_what, environment) => {
    const port = await freePort();
    const first = await startBureau({ dataDir, port, environment: workers });
    const elsewhere = await mkdtemp(join(tmpdir(), 'bureau-second-'));
    const second = await runBureau(['serve'], {
      BUREAU_PORT: String(port),
      BUREAU_DATA_DIR: elsewhere,
      ...environment,
    });
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`127.0.0.1:${port} is taken`);
    expect((await overNewConnection(`${first.url}/livez`)).status).toBe(200);
    await first.stop();
    await rm(elsewhere, { recursive: true });
  });

  it('EADDRINUSE: two servers that start on one port at the same moment do not share it', async () => {
    const port = await freePort();
    const folders = await times(2, () => mkdtemp(join(tmpdir(), 'bureau-both-')));
    const starts = await Promise.allSettled(
      folders.map((folder) => startBureau({ dataDir: folder, port, environment: workers })),
    );
    const started = starts.filter((start) => start.status === 'fulfilled');
    const refused = starts.filter((start) => start.status === 'rejected');
    expect(started).toHaveLength(1);
    expect(String(refused[0]?.reason)).toMatch(/is taken by another process/);
    for (const { value } of started) expect(await value.stop()).toBe(0);
    for (const folder of folders) await rm(folder, { recursive: true });
  });

  it('a metrics port that is taken is found, and every process ends', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const run = await runBureau(['serve'], {
      ...workers,
      BUREAU_PORT: String(await freePort()),
      BUREAU_DATA_DIR: dataDir,
      BUREAU_METRICS_PORT: String(port),
    });
    taken.close();
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`127.0.0.1:${port} is taken by another process; set BUREAU_METRICS_PORT`);
  });

  it.each(['0', 'many', '1.5'])('BUREAU_WORKERS=%s: exit 78, and what is allowed', async (value) => {
    const run = await runBureau(['serve'], { BUREAU_WORKERS: value, BUREAU_DATA_DIR: dataDir });
    expect(run.code).toBe(78);
    expect(run.stderr).toContain('BUREAU_WORKERS: must be auto, or a whole number from 1 to 64');
  });

  it('what a worker cannot start with is said once, with its exit code', async () => {
    const run = await runBureau(['serve'], {
      ...workers,
      BUREAU_PORT: String(await freePort()),
      BUREAU_DATA_DIR: dataDir,
      BUREAU_KEY_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    });
    expect(run.code).toBe(78);
    expect(run.stderr.trim().split('\n')).toEqual([expect.stringContaining('key-encryption key')]);
  });

  it('BUREAU_METRICS_PORT: one listener for all workers', async () => {
    const port = await freePort();
    const bureau = await startBureau({
      dataDir,
      environment: { ...workers, BUREAU_METRICS_PORT: String(port) },
    });
    const answers = await times(enough, () => overNewConnection(`http://127.0.0.1:${port}/metrics`));
    expect(statuses(answers)).toEqual([200]);
    expect((await overNewConnection(`${bureau.url}/metrics`)).status).toBe(404);
    await bureau.stop();
  });

  it('fewer workers after a restart: every line is still there and verifies', async () => {
    const { BUREAU_ISSUER } = workers;
    const bureau = await startBureau({ dataDir, environment: { BUREAU_ISSUER } });
    const report = await bureau.admin('GET', '/activities/verify');
    expect(report.body).toMatchObject({ ok: true });
    expect(await bureau.stop()).toBe(0);
  });
});
