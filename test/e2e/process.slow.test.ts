import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort, runBureau, startBureau } from '../support/bureau-process.ts';

const hash = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex').slice(0, 12);

describe('the process (contract §2)', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'bureau-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  const serve = (environment: Record<string, string> = {}) =>
    runBureau(['serve'], {
      BUREAU_PORT: '0',
      BUREAU_ISSUER: 'http://127.0.0.1:1',
      BUREAU_DATA_DIR: dataDir,
      ...environment,
    });

  /** Everything that is kept, in a form whose difference can be read. */
  const contents = async (): Promise<Record<string, string>> => {
    const names = (await readdir(dataDir)).filter((name) => !name.startsWith('bureau.db'));
    const files = await Promise.all(
      names.map(async (name) => [name, hash(await readFile(join(dataDir, name)))]),
    );
    const database = new DatabaseSync(join(dataDir, 'bureau.db'), { readOnly: true });
    const tables = database
      .prepare("select name from sqlite_master where type = 'table' order by name")
      .all();
    const rows = tables.map(({ name }) => [
      name,
      hash(JSON.stringify(database.prepare(`select * from "${String(name)}"`).all())),
    ]);
    database.close();
    return Object.fromEntries([...files, ...rows]) as Record<string, string>;
  };

  it('first start: credentials and key-encryption key are 0600, and one ready line names the URL', async () => {
    const bureau = await startBureau({ dataDir });
    const ready = bureau
      .lines()
      .map((line) => JSON.parse(line) as { msg: string; url?: string })
      .filter(({ msg }) => msg === 'ready');
    expect(ready).toEqual([expect.objectContaining({ url: bureau.url })]);
    for (const name of ['admin.json', 'key-encryption.key', 'bureau.db'])
      expect((await stat(join(dataDir, name))).mode & 0o777).toBe(0o600);
    expect(await bureau.stop()).toBe(0);
    expect(bureau.errors()).toBe('');
  });

  it('second start: the same administrator, credentials not written again', async () => {
    const first = await startBureau({ dataDir });
    const credentials = await readFile(join(dataDir, 'admin.json'), 'utf8');
    await first.stop();
    await rm(join(dataDir, 'admin.json'));
    const port = Number(new URL(first.url).port);
    const second = await startBureau({ dataDir, port });
    expect(await readdir(dataDir)).not.toContain('admin.json');
    await writeFile(join(dataDir, 'admin.json'), credentials);
    expect(await second.adminToken()).toMatch(/^eyJ/);
    await second.stop();
  });

  it('health: alive, ready; metrics: counted', async () => {
    const bureau = await startBureau({ dataDir });
    expect(await (await fetch(`${bureau.url}/livez`)).json()).toEqual({ status: 'alive' });
    expect(await (await fetch(`${bureau.url}/readyz`)).json()).toEqual({ status: 'ready' });
    await bureau.token({ grant_type: 'password' });
    const metrics = await (await fetch(`${bureau.url}/metrics`)).text();
    expect(metrics).toMatch(/^bureau_token_requests_total\{.*reason="grant_type_unknown".*\} 1$/m);
    await bureau.stop();
  });

  it('BUREAU_METRICS_PORT moves /metrics to a listener of its own', async () => {
    const port = await freePort();
    const bureau = await startBureau({ dataDir, environment: { BUREAU_METRICS_PORT: String(port) } });
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);
    expect((await fetch(`${bureau.url}/metrics`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/token`, { method: 'POST' })).status).toBe(404);
    await bureau.stop();
  });

  it('wrong configuration: every problem at once, exit 78, nothing made', async () => {
    const { code, stderr, stdout } = await serve({
      BUREAU_PORT: 'eighty',
      BUREAU_ISSUER: 'http://sts.example.com',
      BUREAU_RATE_LIMIT: 'never',
      BUREAU_OUTBOUND_ALLOW: '127.0.0.1:99999',
      BUREAU_DATABASE_URL: 'mysql://x',
    });
    expect(code).toBe(78);
    for (const name of [
      'BUREAU_PORT',
      'BUREAU_ISSUER',
      'BUREAU_RATE_LIMIT',
      'BUREAU_DATABASE_URL',
      'BUREAU_OUTBOUND_ALLOW',
    ])
      expect(stderr).toContain(name);
    expect(stdout).toBe('');
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('port 0: a free port, and the issuer of that port (contract §2)', async () => {
    const bureau = await startBureau({ dataDir, port: 0 });
    expect(bureau.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
    const metadata = await (await fetch(`${bureau.url}/.well-known/oauth-authorization-server`)).json();
    expect(metadata).toMatchObject({ issuer: bureau.url });
    expect(await bureau.adminToken()).toMatch(/^eyJ/);
    await bureau.stop();
  });

  it('the ready line is written whatever the log level', async () => {
    const bureau = await startBureau({ dataDir, environment: { BUREAU_LOG_LEVEL: 'silent' } });
    expect(bureau.lines()).toHaveLength(1);
    await bureau.stop();
  });

  it('a folder where nothing can be made: one clear line, and an end', async () => {
    const { code, stderr } = await serve({ BUREAU_DATA_DIR: '/proc/nope/below' });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining('data folder')]);
  });

  it('port taken: one clear line, and nothing is made that would name it', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const { code, stderr } = await serve({ BUREAU_PORT: String(port) });
    taken.close();
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(`127.0.0.1:${port} is taken`)]);
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('data folder that cannot be made: one clear line', async () => {
    await writeFile(join(dataDir, 'file'), '');
    const { code, stderr } = await serve({ BUREAU_DATA_DIR: join(dataDir, 'file', 'below') });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining('data folder')]);
  });

  it('database newer than the program: one clear line, nothing overwritten', async () => {
    await (await startBureau({ dataDir })).stop();
    const database = new DatabaseSync(join(dataDir, 'bureau.db'));
    database.exec(
      "insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '2030-01-01T00:00:00Z')",
    );
    database.close();
    const before = await contents();
    const { code, stderr } = await serve();
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining('newer release')]);
    expect(await contents()).toEqual(before);
  });

  it.each([
    ['another key', { BUREAU_KEY_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') }],
    ['a key too short', { BUREAU_KEY_ENCRYPTION_KEY: Buffer.alloc(16, 7).toString('base64') }],
    ['no key', {}],
  ] as const)(
    'wrong key-encryption key (%s): one clear line, nothing overwritten',
    async (what, environment) => {
      await (await startBureau({ dataDir })).stop();
      const keyFile = join(dataDir, 'key-encryption.key');
      const key = await readFile(keyFile);
      if (what === 'no key') await rm(keyFile);
      const before = await contents();
      const { code, stderr } = await serve(environment);
      expect(code).toBe(78);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).not.toContain(Buffer.alloc(32, 7).toString('base64'));
      expect(await contents()).toEqual(before);

      await writeFile(keyFile, key, { mode: 0o600 });
      expect(await (await startBureau({ dataDir })).stop()).toBe(0);
    },
  );

  it('credentials of another database in the way: refused, not overwritten', async () => {
    await writeFile(join(dataDir, 'admin.json'), 'precious');
    const { code, stderr } = await serve();
    expect(code).toBe(1);
    expect(stderr).toContain('admin.json exists already');
    expect(await readFile(join(dataDir, 'admin.json'), 'utf8')).toBe('precious');
  });

  it('a data folder of someone else: one clear line', async () => {
    const closed = join(dataDir, 'closed');
    await mkdir(closed);
    await writeFile(
      join(closed, 'bureau.db'),
      'this is no database, and it is long enough to be read as one '.repeat(20),
    );
    await chmod(closed, 0o700);
    const { code, stderr } = await serve({ BUREAU_DATA_DIR: closed });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('unknown command or option: usage, exit 2', async () => {
    for (const args of [['dance'], [], ['serve', '--no-such-option']]) {
      const { code, stderr } = await runBureau(args);
      expect([args, code]).toEqual([args, 2]);
      expect(stderr).not.toBe('');
    }
  });

  it('SIGTERM: not ready first while requests are still answered on connections that then end, then exit 0', async () => {
    const bureau = await startBureau({ dataDir, environment: { BUREAU_STOP_DELAY_SECONDS: '1' } });
    expect((await fetch(`${bureau.url}/livez`)).headers.get('connection')).toBe('keep-alive');
    const code = bureau.stop();
    await expect.poll(async () => (await fetch(`${bureau.url}/readyz`)).status, { interval: 20 }).toBe(503);
    expect((await fetch(`${bureau.url}/livez`)).headers.get('connection')).toBe('close');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => bureau.token({ grant_type: 'password' })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
    expect(await code).toBe(0);
  });
});
