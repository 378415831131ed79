import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  keyEncryptionKeyFile,
  loadKeyEncryptionKey,
} from '../../../src/adapters/signing/key-encryption-key.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'bureau-kek-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const key = randomBytes(32);
const text = key.toString('base64');
const ours = (): string => join(dataDir, keyEncryptionKeyFile);
const write = async (path: string, content: string | Uint8Array, mode: number): Promise<string> => {
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
};
/** Exactly one sentence, and nothing of a key in it. */
const sentence = async (loading: ReturnType<typeof loadKeyEncryptionKey>): Promise<string> => {
  const loaded = await loading;
  if (loaded.ok) throw new Error('a key was loaded');
  expect(loaded.error).not.toContain('\n');
  expect(loaded.error).not.toContain(text.slice(0, 12));
  return loaded.error;
};

describe('contract §2 the key-encryption key as a value', () => {
  it.each([
    ['plain', text],
    ['with a final newline', `${text}\n`],
  ])('reads base64 of 32 bytes, %s', async (_case, value) => {
    expect(await loadKeyEncryptionKey({ value, dataDir, allowCreate: true })).toEqual({
      ok: true,
      value: key,
    });
    expect(await readdir(dataDir)).toEqual([]);
  });

  it.each([
    ['empty', '', 'is empty'],
    ['blank', ' \n', 'is empty'],
    ['too short', randomBytes(31).toString('base64'), 'holds 31 bytes and needs 32'],
    ['too long', randomBytes(33).toString('base64'), 'holds 33 bytes and needs 32'],
    ['hexadecimal with a dash', `${'ab'.repeat(31)}-`, 'is not base64'],
    ['without padding', text.slice(0, -1), 'is not base64'],
    ['with unused bits set', `${Buffer.alloc(32).toString('base64').slice(0, -2)}B=`, 'is not base64'],
    ['with blanks inside', `${text.slice(0, 10)} ${text.slice(10)}`, 'is not base64'],
    ['a passphrase', 'correct horse battery staple, twice over', 'is not base64'],
  ])('refuses one that is %s', async (_case, value, words) => {
    expect(await sentence(loadKeyEncryptionKey({ value, dataDir, allowCreate: true }))).toContain(words);
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('refuses value and file together', async () => {
    const file = await write(join(dataDir, 'kek'), text, 0o600);
    expect(await sentence(loadKeyEncryptionKey({ value: text, file, dataDir, allowCreate: true }))).toContain(
      'both set',
    );
  });
});

describe('contract §2 the key-encryption key in a named file', () => {
  it.each([0o400, 0o440, 0o600, 0o640])('reads one of mode %o', async (mode) => {
    const file = await write(join(dataDir, 'kek'), `${text}\n`, mode);
    expect(await loadKeyEncryptionKey({ file, dataDir, allowCreate: false })).toEqual({
      ok: true,
      value: key,
    });
  });

  it('A119 follows the links that secret mounts are made of', async () => {
    await mkdir(join(dataDir, '..data'));
    await write(join(dataDir, '..data', 'kek'), text, 0o440);
    await symlink(join('..data', 'kek'), join(dataDir, 'kek'));
    const loaded = await loadKeyEncryptionKey({ file: join(dataDir, 'kek'), dataDir, allowCreate: false });
    expect(loaded).toEqual({ ok: true, value: key });
  });

  it.each([0o444, 0o604, 0o644, 0o660, 0o666, 0o777])('A119 refuses one of mode %o', async (mode) => {
    const file = await write(join(dataDir, 'kek'), text, mode);
    const said = await sentence(loadKeyEncryptionKey({ file, dataDir, allowCreate: true }));
    expect(said).toContain(`mode 0${mode.toString(8)}`);
    expect(said).toContain(`chmod 0400 ${file}`);
  });

  it('refuses one that is not there, is a folder, is empty or holds something else; makes none in its place', async () => {
    const folder = join(dataDir, 'folder');
    await mkdir(folder, { mode: 0o700 });
    const cases: readonly [string, string][] = [
      [join(dataDir, 'none'), 'does not exist'],
      [folder, 'cannot be read: EISDIR'],
      [await write(join(dataDir, 'empty'), '', 0o600), 'is empty'],
      [await write(join(dataDir, 'raw'), key, 0o600), 'is not base64'],
      [await write(join(dataDir, 'short'), 'AAAA', 0o600), 'holds 3 bytes and needs 32'],
    ];
    for (const [file, words] of cases)
      expect(await sentence(loadKeyEncryptionKey({ file, dataDir, allowCreate: true }))).toContain(words);
    expect(await readdir(dataDir)).not.toContain(keyEncryptionKeyFile);
  });
});

describe('contract §2 the key-encryption key made at the first start', () => {
  it('A119 is made once, mode 0600, and read from then on', async () => {
    const made = await loadKeyEncryptionKey({ dataDir, allowCreate: true });
    if (!made.ok) throw new Error(made.error);
    expect(made.value).toHaveLength(32);
    expect((await stat(ours())).mode & 0o777).toBe(0o600);
    expect(await readFile(ours(), 'utf8')).toBe(`${Buffer.from(made.value).toString('base64')}\n`);
    for (const allowCreate of [true, false])
      expect(await loadKeyEncryptionKey({ dataDir, allowCreate })).toEqual(made);
  });

  it('makes the data folder where it is missing, for the owner alone', async () => {
    const inner = join(dataDir, 'a', 'b');
    expect(await loadKeyEncryptionKey({ dataDir: inner, allowCreate: true })).toMatchObject({ ok: true });
    expect((await stat(inner)).mode & 0o777).toBe(0o700);
  });

  it('gives one key to several processes that start at once', async () => {
    const loaded = await Promise.all(
      Array.from({ length: 20 }, () => loadKeyEncryptionKey({ dataDir, allowCreate: true })),
    );
    const keys = new Set(loaded.map((one) => (one.ok ? Buffer.from(one.value).toString('hex') : one.error)));
    expect(keys.size).toBe(1);
    expect([...keys][0]).toMatch(/^[0-9a-f]{64}$/);
  });

  it('waits for the process that is just making it', async () => {
    await write(ours(), '', 0o600);
    const loading = loadKeyEncryptionKey({ dataDir, allowCreate: true });
    await sleep(30);
    await write(ours(), `${text}\n`, 0o600);
    expect(await loading).toEqual({ ok: true, value: key });
  });

  it('is not made anew where something was encrypted already', async () => {
    expect(await sentence(loadKeyEncryptionKey({ dataDir, allowCreate: false }))).toContain('is missing');
    expect(await readdir(dataDir)).toEqual([]);
  });

  it.each([0o640, 0o644, 0o660, 0o604])(
    'A119 is refused when others may open it (mode %o), and left alone',
    async (mode) => {
      await write(ours(), text, mode);
      const said = await sentence(loadKeyEncryptionKey({ dataDir, allowCreate: true }));
      expect(said).toContain(`chmod 0600 ${ours()}`);
      expect(await readFile(ours(), 'utf8')).toBe(text);
      await chmod(ours(), 0o600);
      expect(await loadKeyEncryptionKey({ dataDir, allowCreate: true })).toEqual({ ok: true, value: key });
    },
  );

  it.each([
    ['empty, as a crash may leave it', '', 'is empty'],
    ['something else', 'hello', 'is not base64'],
    ['cut short', text.slice(0, 20), 'holds 15 bytes'],
  ])('never overwrites a file that is %s', async (_case, content, words) => {
    await write(ours(), content, 0o600);
    expect(await sentence(loadKeyEncryptionKey({ dataDir, allowCreate: true }))).toContain(words);
    expect(await readFile(ours(), 'utf8')).toBe(content);
  });

  it('says why it cannot be made', async () => {
    const file = await write(join(dataDir, 'file'), '', 0o600);
    const said = await sentence(loadKeyEncryptionKey({ dataDir: join(file, 'data'), allowCreate: true }));
    expect(said).toMatch(/cannot be (read|made): ENOTDIR/);
  });
});
