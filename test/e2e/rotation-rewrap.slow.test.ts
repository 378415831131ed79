import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BureauProcess, freePort, runBureau, startBureau } from '../support/bureau-process.ts';
import { createPostgresDatabase } from '../support/postgres.ts';

let folder: string;
let oldKey: string;
let newKey: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bureau-rewrap-'));
  await mkdir(dataDir());
  oldKey = join(folder, 'old.key');
  newKey = join(folder, 'new.key');
  for (const path of [oldKey, newKey])
    await writeFile(path, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const dataDir = (): string => join(folder, 'data');
const startWith = (keyFile: string, port: number, more: Readonly<Record<string, string>> = {}) =>
  startBureau({
    dataDir: dataDir(),
    port,
    environment: { BUREAU_KEY_ENCRYPTION_KEY_FILE: keyFile, ...more },
  });
const rewrap = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  runBureau(['keys', 'rewrap', ...args], { BUREAU_DATA_DIR: dataDir(), ...environment });
const verifies = async ({ url }: Pick<BureauProcess, 'url'>, token: string): Promise<unknown> =>
  (await jwtVerify(token, createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`)))).payload.sub;

it.each(['SQLite', 'PostgreSQL'] as const)(
  'A119 keys under a new key-encryption key on %s: the new one starts the server, the old one does not, tokens verify',
  async (engine) => {
    const database = engine === 'PostgreSQL' ? await createPostgresDatabase() : null;
    const more: Record<string, string> = database === null ? {} : { BUREAU_DATABASE_URL: database.url };
    try {
      const port = await freePort();
      const before = await startWith(oldKey, port, more);
      const token = await before.adminToken();
      const tenant = await before.admin('POST', '/tenants', { name: 'acme' });
      expect(tenant.status).toBe(201);
      expect(await before.stop()).toBe(0);

      const first = await rewrap(['--from-key-file', oldKey, '--to-key-file', newKey], more);
      expect(first).toEqual({ code: 0, stdout: '8 signing keys rewrapped, 0 unchanged\n', stderr: '' });
      const again = await rewrap(['--from-key-file', oldKey, '--json'], {
        ...more,
        BUREAU_KEY_ENCRYPTION_KEY_FILE: newKey,
      });
      expect(again).toEqual({ code: 0, stdout: '{"rewrapped":0,"unchanged":8}\n', stderr: '' });

      const refused = await runBureau(['serve'], {
        BUREAU_PORT: String(port),
        BUREAU_DATA_DIR: dataDir(),
        BUREAU_KEY_ENCRYPTION_KEY_FILE: oldKey,
        ...more,
      });
      expect(refused).toMatchObject({ code: 78 });
      expect(refused.stderr).toContain('key-encryption key');

      const after = await startWith(newKey, port, more);
      await expect(verifies(after, token)).resolves.toEqual(expect.any(String));
      await expect(verifies(after, await after.adminToken())).resolves.toEqual(expect.any(String));
      const { body } = await after.admin('GET', '/activities?type=signing-key.rewrap');
      expect(body.items).toMatchObject([{ outcome: 'changed', details: { keys: 4 } }]);
      expect(await after.stop()).toBe(0);
    } finally {
      await database?.drop();
    }
  },
);

it('A119 changes nothing where one key cannot be opened, or something else is wrong', async () => {
  const port = await freePort();
  const before = await startWith(oldKey, port);
  expect(await before.stop()).toBe(0);
  const foreignKey = join(folder, 'foreign.key');
  await writeFile(foreignKey, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  const wideOpen = join(folder, 'open.key');
  await copyFile(oldKey, wideOpen);
  await writeFile(wideOpen, `${randomBytes(32).toString('base64')}\n`, { mode: 0o666 });

  const table: readonly [readonly string[], Readonly<Record<string, string>>, number, string][] = [
    [['--from-key-file', foreignKey, '--to-key-file', newKey], {}, 1, 'nothing was changed'],
    [['--from-key-file', join(folder, 'no.key'), '--to-key-file', newKey], {}, 2, 'does not exist'],
    [['--from-key-file', oldKey, '--to-key-file', join(folder, 'no.key')], {}, 2, 'does not exist'],
    [['--from-key-file', oldKey], {}, 2, 'key-encryption.key is missing'],
    [['--to-key-file', newKey], {}, 2, '--from-key-file'],
    [['--from-key-file', oldKey, '--to-key-file', newKey], { BUREAU_PORT: 'x' }, 2, 'BUREAU_PORT'],
    [
      ['--from-key-file', oldKey, '--to-key-file', newKey],
      { BUREAU_DATA_DIR: join(folder, 'elsewhere') },
      2,
      'no database',
    ],
    [
      ['--from-key-file', oldKey, '--to-key-file', newKey],
      { BUREAU_DATABASE_URL: 'postgres://u@127.0.0.1:1/x' },
      1,
      '127.0.0.1',
    ],
  ];
  for (const [args, environment, code, sentence] of table) {
    const outcome = await rewrap(args, environment);
    expect({ args, code: outcome.code, stdout: outcome.stdout }).toEqual({ args, code, stdout: '' });
    expect(outcome.stderr).toContain(sentence);
  }

  const after = await startWith(oldKey, port);
  await expect(verifies(after, await after.adminToken())).resolves.toEqual(expect.any(String));
  expect(await after.stop()).toBe(0);
});
