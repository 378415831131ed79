import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCredentialsOutput } from '../../../src/cli/admin/credentials-output.ts';
import { accountItem, createAdminWorld, problem, versioned } from './fake-admin-api.ts';

const { id } = accountItem();
const credentials = { serviceAccountId: id, privateKey: '-----BEGIN PRIVATE KEY-----\nsecret\n' };
const key = {
  id: 'k1',
  kid: 'kid',
  thumbprint: 't',
  algorithm: 'ES256',
  publicKey: { kty: 'EC' },
  status: 'enabled',
  expiresAt: null,
  createdAt: '2026-11-22T00:00:00.000Z',
  lastUsedAt: null,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bureau-credentials-'));
});
afterEach(() => rm(folder, { recursive: true }));

const world = (
  more: Parameters<typeof createAdminWorld>[0] = {},
  files: Readonly<Record<string, string>> = {},
) =>
  createAdminWorld(
    {
      [`GET /service-accounts/${id}`]: versioned(accountItem()),
      [`POST /service-accounts/${id}/keys`]: ({ body }) => ({
        status: 201,
        body: 'generate' in body ? { ...key, credentials } : key,
      }),
      'POST /service-accounts': ({ body }) => ({
        status: 201,
        body: { ...accountItem(), ...(body.key?.generate === undefined ? {} : { credentials }) },
      }),
      ...more,
    },
    { workingDirectory: folder, files },
  );

const generate = ['keys', 'generate', id];

describe('credentials are shown once and never lost (A102)', () => {
  it.each([
    ['keys generate', generate],
    ['accounts create', ['accounts', 'create', 'x', '--generate-key', 'ES256']],
    ['accounts create with the key in its file', ['accounts', 'create', '-f', 'account.json']],
  ])('%s --out: a new file of mode 0600, said on stderr, and not on stdout', async (_title, args) => {
    const here = world({}, { 'account.json': '{"name":"x","key":{"generate":"RS256"}}' });
    expect(await here.bureau(...args, '--out', 'c.json')).toBe(0);
    const path = join(folder, 'c.json');
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(credentials);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(here.err()).toContain(path);
    expect(here.out() + here.err()).not.toContain('secret');
    expect(here.out()).toMatch(/^Status +enabled$/m);
  });

  it('--out and --json: the resource on stdout, without the credentials that are in the file', async () => {
    const here = world();
    expect(await here.bureau(...generate, '--out', 'c.json', '--json')).toBe(0);
    expect(JSON.parse(here.out())).toEqual(key);
  });

  it('--json alone: exactly what the API gave', async () => {
    const here = world();
    expect(await here.bureau(...generate, '--json')).toBe(0);
    expect(JSON.parse(here.out())).toEqual({ ...key, credentials });
    expect(await readdir(folder)).toEqual([]);
  });

  it('--out -: the credentials file alone', async () => {
    const here = world();
    expect(await here.bureau(...generate, '--out', '-')).toBe(0);
    expect(JSON.parse(here.out())).toEqual(credentials);
  });

  it('no word where they go: exit 2, nothing made', async () => {
    const here = world();
    expect(await here.bureau(...generate)).toBe(2);
    expect(here.err()).toContain('--out FILE');
    expect(here.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it.each([
    [
      'a file that is there',
      async () => writeFile(join(folder, 'c.json'), 'mine'),
      'c.json',
      'never written over',
    ],
    [
      'a link that leads nowhere',
      async () => symlink('nowhere', join(folder, 'c.json')),
      'c.json',
      'never written over',
    ],
    ['a folder that is not there', async () => undefined, 'gone/c.json', 'its folder is not there'],
    ['a file below a file', async () => writeFile(join(folder, 'f'), ''), 'f/c.json', 'ENOTDIR'],
  ])('%s: exit 2, nothing made, nothing touched', async (_title, prepare, out, words) => {
    await prepare();
    const before = await readdir(folder);
    const here = world();
    expect(await here.bureau(...generate, '--out', out)).toBe(2);
    expect(here.err()).toContain(words);
    expect(here.requests.filter(({ method }) => method === 'POST')).toEqual([]);
    expect(await readdir(folder)).toEqual(before);
    if (before.includes('c.json') && words === 'never written over')
      expect(await readFile(join(folder, 'c.json'), 'utf8').catch(() => 'mine')).toBe('mine');
  });

  it('the server refuses: the place is free again', async () => {
    const here = world({ [`POST /service-accounts/${id}/keys`]: problem(409, 'too_many_keys', 'Five.') });
    expect(await here.bureau(...generate, '--out', 'c.json')).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('the file takes nothing after all: they are printed, with a warning', async () => {
    const here = world();
    const output = await openCredentialsOutput(here, { out: 'c.json' }, async () => {
      await writeFile(join(folder, 'c.json'), '');
      // Open for reading alone, so that writing fails as on a full disk.
      return (await import('node:fs/promises')).open(join(folder, 'c.json'), 'r');
    });
    await output.put(credentials);
    expect(JSON.parse(here.out())).toEqual(credentials);
    expect(here.err()).toMatch(/warning: .*c\.json cannot be written \(EBADF\).*stdout/);
    expect(await readdir(folder)).toEqual([]);
  });

  it('--out for a key that is not made here: exit 2', async () => {
    const here = world();
    expect(await here.bureau('accounts', 'create', 'x', '--out', 'c.json')).toBe(2);
    expect(here.requests).toEqual([]);
  });
});

describe('public keys', () => {
  const pem = '-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n';
  const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
  const jwk = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };

  it.each([
    ['PEM', pem, pem],
    ['a certificate', certificate, certificate],
    ['a JWK', JSON.stringify(jwk), jwk],
    ['the only key of a JWK Set', JSON.stringify({ keys: [jwk] }), jwk],
  ])('%s', async (_title, text, publicKey) => {
    const here = world({}, { 'k.pub': text, '-': text });
    expect(await here.bureau('keys', 'add', id, '-f', 'k.pub', '--algorithm', 'PS256', '--kid', 'k')).toBe(0);
    expect(here.requests.at(-1)?.body).toEqual({ publicKey, algorithm: 'PS256', kid: 'k' });
    expect(await here.bureau('accounts', 'create', 'x', '--public-key', '-', '--key-expires', '90d')).toBe(0);
    expect(here.requests.at(-1)?.body.key).toEqual({ publicKey, expiresAt: '2027-02-20T00:00:00.000Z' });
  });

  it.each([
    ['a private key as PEM', '-----BEGIN EC PRIVATE KEY-----\nsecret\n', 'stays where it is'],
    ['one that is encrypted', '-----BEGIN ENCRYPTED PRIVATE KEY-----\nsecret\n', 'stays where it is'],
    ['a private key after a public one', `${pem}-----BEGIN PRIVATE KEY-----\nsecret\n`, 'stays where it is'],
    ['a private JWK', JSON.stringify({ ...jwk, d: 'secret' }), 'stays where it is'],
    ['a set with a private key', JSON.stringify({ keys: [{ ...jwk, d: 'secret' }] }), 'stays where it is'],
    [
      'a set of several, one private',
      JSON.stringify({ keys: [jwk, { ...jwk, d: 'secret' }] }),
      'stays where it is',
    ],
    ['a set of several', JSON.stringify({ keys: [jwk, jwk] }), '2 keys'],
    ['a set of none', JSON.stringify({ keys: ['secret'] }), '0 keys'],
    ['a key whose label is careless', '-----begin private key-----\nsecret', 'stays where it is'],
    [
      'a credentials file',
      JSON.stringify({ privateKey: '-----BEGIN PRIVATE KEY-----' }),
      'stays where it is',
    ],
    ['something else', 'secret', 'neither PEM nor a JWK'],
  ])('%s never leaves this machine: exit 2', async (_title, text, words) => {
    const here = world({}, { 'k.pub': text });
    expect(await here.bureau('keys', 'add', id, '-f', 'k.pub')).toBe(2);
    expect(here.err()).toContain(words);
    expect(here.err()).not.toContain('secret');
    expect(here.requests).toEqual([]);
  });

  it.each([
    ['90d', '2027-02-20T00:00:00.000Z'],
    ['12h', '2026-11-22T12:00:00.000Z'],
    ['2027-01-31', '2027-01-31T00:00:00.000Z'],
    ['2027-01-31T12:00:00+02:00', '2027-01-31T10:00:00.000Z'],
  ])('--expires %s is %s', async (when, expiresAt) => {
    const here = world();
    expect(await here.bureau(...generate, '--json', '--expires', when)).toBe(0);
    expect(here.requests.at(-1)?.body).toEqual({ generate: 'ES256', expiresAt });
  });

  it.each(['soon', '1y', '2027-02-31T00:00:00', '2027-13-01', '-1d', ''])(
    '--expires %j: exit 2',
    async (when) => {
      const here = world();
      expect(await here.bureau(...generate, '--json', `--expires=${when}`)).toBe(2);
      expect(here.requests).toEqual([]);
    },
  );
});
