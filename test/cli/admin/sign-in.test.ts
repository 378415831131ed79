import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { networkError } from '../token/fake-world.ts';
import { accountItem, createAdminWorld, credentialsFile, issuer, page, problem } from './fake-admin-api.ts';

const list = { 'GET /service-accounts': page([accountItem()]) };

describe('contract §6: who signs in', () => {
  it('with BUREAU_CREDENTIALS: a token for <issuer>/api/v1 by private_key_jwt, fetched once and sent as Bearer', async () => {
    const world = createAdminWorld({
      'GET /service-accounts/deploy': problem(404, 'not_found', 'x'),
      'GET /service-accounts': page([accountItem()]),
      [`GET /service-accounts/${accountItem().id}`]: { body: accountItem() },
    });
    expect(await world.bureau('accounts', 'get', 'deploy')).toBe(0);
    expect(world.tokenForms).toHaveLength(1);
    expect(Object.fromEntries(world.tokenForms[0] ?? [])).toMatchObject({
      grant_type: 'client_credentials',
      audience: `${issuer}/api/v1`,
    });
    expect(world.requests).toHaveLength(3);
    expect(new Set(world.requests.map(({ authorization }) => authorization))).toEqual(
      new Set(['Bearer token-1']),
    );
  });

  it('--credentials wins over BUREAU_CREDENTIALS', async () => {
    const world = createAdminWorld(list, {
      environment: { BUREAU_CREDENTIALS: 'gone.json' },
      files: { 'other.json': credentialsFile },
    });
    expect(await world.bureau('accounts', 'list', '-p', 'other.json')).toBe(0);
    expect(await world.bureau('accounts', 'list')).toBe(2);
    expect(world.err()).toContain('bureau: there is no credentials file gone.json');
  });

  it('the token is renewed before it ends', async () => {
    const short = { body: { access_token: 'short', token_type: 'Bearer', expires_in: 30, scope: '' } };
    const world = createAdminWorld(
      { 'GET /activities': [page([], 'a'), page([], 'b'), page([])] },
      { token: [short] },
    );
    expect(await world.bureau('activities', 'list', '--all')).toBe(0);
    expect(world.tokenForms).toHaveLength(3);
  });

  it('a sign-in that is refused: the words of the server and the receipt, exit 1, nothing sent to the API', async () => {
    const refusal = {
      status: 400,
      body: { error: 'invalid_client', error_description: 'no', receipt: 'r-1' },
    };
    const world = createAdminWorld(list, { token: [refusal] });
    expect(await world.bureau('accounts', 'list')).toBe(1);
    expect(world.err()).toContain('invalid_client');
    expect(world.err()).toContain('r-1');
    expect(world.requests).toEqual([]);
  });

  it('BUREAU_TENANT and --tenant that the file contradicts: exit 2', async () => {
    expect(await createAdminWorld(list).bureau('accounts', 'list', '-t', 'default')).toBe(0);
    expect(await createAdminWorld(list).bureau('accounts', 'list', '-t', 'acme')).toBe(2);
    const environment = { BUREAU_CREDENTIALS: 'admin.json', BUREAU_TENANT: 'acme' };
    expect(await createAdminWorld(list, { environment }).bureau('accounts', 'list')).toBe(2);
  });
});

describe('contract §6: the default is <data dir>/admin.json', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bureau-admin-'));
    await mkdir(join(folder, 'config'));
    await writeFile(
      join(folder, 'config', 'bureau.yaml'),
      'dataDir: from-file\nport: not a port\nstrange: true\n',
    );
    await writeFile(join(folder, 'broken.yaml'), 'dataDir: [\n');
    await writeFile(join(folder, 'number.yaml'), 'dataDir: 5\n');
    await writeFile(join(folder, 'other.yaml'), 'dataDir: /elsewhere\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each<[string, string[], Record<string, string>, () => string, () => string]>([
    ['./data without a configuration', [], {}, () => join(tmpdir(), 'data'), tmpdir],
    [
      'config/bureau.yaml, whatever else is wrong in it',
      [],
      {},
      () => join(folder, 'from-file'),
      () => folder,
    ],
    ['--config', ['--config', 'other.yaml'], {}, () => '/elsewhere', () => folder],
    ['BUREAU_DATA_DIR wins', [], { BUREAU_DATA_DIR: 'mine' }, () => join(folder, 'mine'), () => folder],
    [
      'BUREAU_DATA_DIR, and no file is read',
      ['--config', 'broken.yaml'],
      { BUREAU_DATA_DIR: '/mine', BUREAU_PORT: 'x' },
      () => '/mine',
      () => folder,
    ],
  ])('%s', async (_title, args, environment, dataDir, workingDirectory) => {
    const path = join(dataDir(), 'admin.json');
    const options = { environment, workingDirectory: workingDirectory() };
    const world = createAdminWorld(list, { ...options, files: { [path]: credentialsFile } });
    expect([await world.bureau('accounts', 'list', ...args), world.err()]).toEqual([0, '']);
    const without = createAdminWorld(list, options);
    expect(await without.bureau('accounts', 'list', ...args)).toBe(2);
    expect(without.err()).toContain(`${path} is not there`);
    expect(without.err()).toContain('bureau serve');
    expect(without.err()).toContain('--credentials FILE');
  });

  it.each([
    ['is not YAML', 'broken.yaml', 'line 2'],
    ['is not there', 'gone.yaml', 'cannot be read (ENOENT)'],
    ['names no folder', 'number.yaml', 'dataDir: '],
  ])('a file that %s: exit 2', async (_title, file, words) => {
    const world = createAdminWorld(list, { environment: {}, workingDirectory: folder });
    expect(await world.bureau('accounts', 'list', '--config', file)).toBe(2);
    expect(world.err()).toContain(words);
  });
});

describe('contract §6: exit codes and patience', () => {
  const busy = (status: number, headers = {}) => ({ ...problem(status, 'busy', 'Come back.'), headers });

  it.each([429, 503])('%i: waits as Retry-After says, and says so', async (status) => {
    const world = createAdminWorld({
      'POST /service-accounts': [busy(status, { 'retry-after': '7' }), { status: 201, body: accountItem() }],
    });
    expect(await world.bureau('accounts', 'create', 'deploy')).toBe(0);
    expect(world.sleeps).toEqual([7000]);
    expect(world.err()).toContain(`answered ${status}`);
  });

  it('longer than --max-wait: exit 3, without waiting', async () => {
    const world = createAdminWorld({ 'GET /service-accounts': busy(503, { 'retry-after': '30' }) });
    expect(await world.bureau('accounts', 'list', '--max-wait', '20')).toBe(3);
    expect(world.sleeps).toEqual([]);
    expect(world.err()).toContain('busy: Come back.');
  });

  it.each([
    ['a read is tried three times', ['accounts', 'list'], 3],
    ['a change is made once: it may have been done', ['accounts', 'create', 'deploy'], 1],
  ])('the connection is cut: %s, exit 3', async (_title, args, tries) => {
    const cut = networkError('ECONNRESET');
    const world = createAdminWorld({ 'GET /service-accounts': cut, 'POST /service-accounts': cut });
    expect(await world.bureau(...args)).toBe(3);
    expect(world.requests).toHaveLength(tries);
    expect(world.err()).toContain('closed the connection');
  });

  it('500: exit 3, a change once', async () => {
    const world = createAdminWorld({ 'POST /service-accounts': busy(500) });
    expect(await world.bureau('accounts', 'create', 'deploy')).toBe(3);
    expect(world.requests).toHaveLength(1);
  });

  it('problem details: code, detail and a line for each member, exit 1, nothing on stdout', async () => {
    const errors = [
      { path: '/name', message: 'Too \u001b[31mlong.' },
      { path: '/scopes/0', message: 'Not held.' },
    ];
    const world = createAdminWorld({
      'POST /service-accounts': problem(422, 'invalid', '2 members cannot be accepted.', { errors }),
    });
    expect(await world.bureau('accounts', 'create', 'deploy')).toBe(1);
    expect(world.err().split('\n')).toEqual([
      'bureau: invalid: 2 members cannot be accepted.',
      String.raw`bureau:   /name: Too \u{1B}[31mlong.`,
      'bureau:   /scopes/0: Not held.',
    ]);
    expect(world.out()).toBe('');
  });

  it.each([
    ['a page of a proxy', { status: 200, body: 'hello' }],
    ['a list without items', { status: 200, body: {} }],
    ['a redirect, which is not followed', { status: 302, headers: { location: 'https://evil.example/' } }],
  ])('%s in place of the API: exit 1 and a clear line', async (_title, answer) => {
    const world = createAdminWorld({ 'GET /service-accounts': answer });
    expect(await world.bureau('accounts', 'list')).toBe(1);
    expect(world.err()).toMatch(/not this API/);
    expect(world.requests).toHaveLength(1);
  });

  it.each([
    ['an unknown command', ['accounts', 'nonsense']],
    ['no command', ['accounts']],
    ['an unknown option', ['accounts', 'list', '--nonsense']],
    ['a missing argument', ['accounts', 'get']],
    ['one argument too many', ['accounts', 'get', 'a', 'b']],
    ['a choice that is none', ['accounts', 'list', '--status', 'maybe']],
    ['--all and --cursor', ['accounts', 'list', '--all', '--cursor', 'x']],
    ['both kinds of subject', ['accounts', 'create', '--subject', 'a', '--subject-pattern', 'b']],
    ['two kinds of key', ['accounts', 'create', '--generate-key', 'ES256', '--public-key', 'k.pem']],
    ['an update without a change', ['accounts', 'update', 'x']],
    ['an algorithm nobody makes keys for', ['keys', 'generate', 'x', '--algorithm', 'HS256', '--json']],
  ])('usage, exit 2, nothing sent: %s', async (_title, args) => {
    const world = createAdminWorld();
    expect(await world.bureau(...args)).toBe(2);
    expect(world.err()).not.toBe('');
    expect(world.requests).toEqual([]);
  });

  it('--help is no failure', async () => {
    const world = createAdminWorld();
    expect(await world.bureau('accounts', 'create', '--help')).toBe(0);
    expect(world.out()).toContain('--subject-pattern <pattern>');
  });

  it.each([
    ['http://sts.example.com', [], 2],
    ['notaurl', [], 2],
    ['http://sts.example.com', ['--allow-http'], 0],
  ])('A55 issuer %s and %j: exit %i, and the access token goes nowhere else', async (url, args, code) => {
    const file = JSON.stringify({ ...JSON.parse(credentialsFile), issuer: url });
    const world = createAdminWorld(list, { files: { 'admin.json': file } });
    expect(await world.bureau('accounts', 'list', ...args)).toBe(code);
    expect(world.err()).not.toContain('internal fault');
    expect(world.requests).toHaveLength(code === 0 ? 1 : 0);
  });
});
