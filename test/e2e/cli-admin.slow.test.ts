// The real server process and real processes of the command line.
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, freePort, runBureau, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { urn } from '../support/test-bureau.ts';

const subject = 'repo:acme/payments:environment:production';
const audience = 'https://sts.example.com';

let issuer: FakeIssuer;
let bureau: BureauProcess;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bureau-cli-'));
  issuer = await createFakeIssuer();
  bureau = await startBureau({ environment: { BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}` } });
});
afterAll(async () => {
  await bureau?.stop();
  await issuer?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A command of an administrator on the machine of the server, with nothing but the data folder to go by. */
const run = (...args: readonly string[]) => runBureau(args, { BUREAU_DATA_DIR: bureau.dataDir }, folder);

/** The JSON of a command that is done. */
const json = async (...args: readonly string[]): Promise<ReturnType<typeof JSON.parse>> => {
  const { code, stdout, stderr } = await run(...args, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
};

/** The words of a command line. */
const words = (line: string): readonly string[] => line.split(' ');

const plain = words('--team default --use-case custom-api-integration');

describe('the life of a federated account', () => {
  it('is created, gets a token, is seen, changed, disabled, enabled and deleted', async () => {
    const created = await run(
      ...words('accounts create deploy --scope certificates:read'),
      ...plain,
      ...words(`--issuer ${issuer.issuer} --jwks-uri ${issuer.jwksUri}`),
      ...words(`--subject ${subject} --audience ${audience}`),
    );
    expect([created.code, created.stderr]).toEqual([0, '']);
    expect(created.stdout).toMatch(/^Name +deploy$/m);
    expect(created.stdout).toMatch(/^ {2}Subject +repo:acme\/payments:environment:production$/m);

    const exchange = async () =>
      bureau.token({
        grant_type: urn.tokenExchange,
        subject_token: await issuer.signToken({ sub: subject, aud: audience }),
        subject_token_type: urn.jwt,
      });
    expect((await exchange()).status).toBe(200);

    const listed = await run('accounts', 'list', '--search', 'deploy');
    expect(listed.stdout.split('\n')[1]).toMatch(/^[0-9a-f-]{36} +deploy +enabled/);
    const { id } = await json('accounts', 'get', 'deploy');
    expect((await json('accounts', 'get', id)).id).toBe(id);

    expect((await json('accounts', 'disable', 'deploy')).status).toBe('disabled');
    const refused = await exchange();
    expect(refused.status).toBe(400);
    const receipt = await run('activities', 'get', refused.body.receipt);
    expect(receipt.stdout).toMatch(/^Outcome +refused: /m);
    expect(receipt.stdout).toMatch(/^FAIL {2}/m);
    expect(receipt.stdout).toMatch(/^ {2}expected {3}.+\n {2}presented {2}.+/m);
    const listing = await json('activities', 'list', '--receipt', refused.body.receipt);
    expect(listing.items).toHaveLength(1);
    expect(
      (await json('activities', 'list', '--account', 'deploy', '--outcome', 'issued')).items,
    ).toHaveLength(1);

    expect((await json('accounts', 'enable', 'deploy')).status).toBe('enabled');
    expect((await exchange()).status).toBe(200);

    const edited = {
      ...(await json('accounts', 'get', 'deploy')),
      description: 'Edited',
      scopes: ['a', 'b'],
    };
    await writeFile(join(folder, 'edited.json'), JSON.stringify(edited));
    expect((await json('accounts', 'update', 'deploy', '-f', 'edited.json')).description).toBe('Edited');
    expect((await json('accounts', 'update', 'deploy', '--no-description', '--no-scope')).scopes).toEqual([]);
    const more = ['--issuer', issuer.issuer, '--subject', 'repo:acme/other', '--audience', audience];
    const federated = await json('accounts', 'update', 'deploy', ...more);
    expect(federated.federations.map((one: { subject: string }) => one.subject)).toEqual([
      subject,
      'repo:acme/other',
    ]);

    expect((await run('accounts', 'delete', 'deploy')).code).toBe(0);
    expect((await run('accounts', 'get', 'deploy')).code).toBe(1);
    expect((await exchange()).status).toBe(400);
  });
});

describe('accounts with a key of their own', () => {
  it('the file that is handed out signs in, here for another command of this program', async () => {
    const made = await run(
      ...words('accounts create nightly --role viewer'),
      ...plain,
      ...words('--generate-key Ed25519 --out nightly.json'),
    );
    expect(made.code).toBe(0);
    const path = join(folder, 'nightly.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const { privateKey } = JSON.parse(await readFile(path, 'utf8')) as { privateKey: string };
    expect(made.stdout + made.stderr).not.toContain(privateKey.split('\n')[1]);

    const asViewer = (...args: readonly string[]) =>
      runBureau(args, { BUREAU_CREDENTIALS: 'nightly.json' }, folder);
    expect((await asViewer('accounts', 'list')).code).toBe(0);
    const denied = await asViewer('accounts', 'delete', 'nightly');
    expect([denied.code, denied.stdout]).toEqual([1, '']);
    expect(denied.stderr).toMatch(/^bureau: [a-z_]+: /);

    const again = await run(
      'accounts',
      'create',
      'other',
      ...plain,
      '--generate-key',
      'ES256',
      '--out',
      'nightly.json',
    );
    expect([again.code, again.stdout]).toEqual([2, '']);
    expect((await run('accounts', 'get', 'other')).code).toBe(1);
  });

  it('a key whose name begins with a dash is looked for, and is no option', async () => {
    await json('accounts', 'create', 'dashed', ...plain, '--role', 'viewer');
    const kid = `-h${'a'.repeat(41)}`;
    for (const args of [
      ['keys', 'disable', 'dashed', kid],
      ['keys', 'disable', 'dashed', kid, '--json'],
      ['keys', 'disable', 'dashed', '--json', kid],
    ]) {
      const { code, stdout, stderr } = await run(...args);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).not.toContain('--help');
    }
    expect((await run('activities', 'list', '--token-hash', kid, '--json')).code).toBe(0);
  });

  it('keys are added, used, disabled and deleted, one after the other', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(join(folder, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    const account = await json(
      'accounts',
      'create',
      'rotating',
      ...plain,
      '--public-key',
      'key.pub',
      '--role',
      'viewer',
    );
    const [first] = (await json('keys', 'list', 'rotating')).items;
    expect(first.algorithm).toBe('ES256');

    const generated = await run(
      'keys',
      'generate',
      account.id,
      '--algorithm',
      'RS256',
      '--out',
      'rotated.json',
      '--expires',
      '30d',
    );
    expect(generated.code).toBe(0);
    const credentials = { BUREAU_CREDENTIALS: join(folder, 'rotated.json') };
    expect((await runBureau(['accounts', 'list'], credentials)).code).toBe(0);
    const [, second] = (await json('keys', 'list', 'rotating')).items;
    expect(second.expiresAt).not.toBeNull();
    expect(second.lastUsedAt).not.toBeNull();

    const printed = await run('keys', 'generate', 'rotating', '--out', '-');
    expect(JSON.parse(printed.stdout)).toMatchObject({ serviceAccountId: account.id, algorithm: 'ES256' });

    expect((await json('keys', 'disable', 'rotating', second.kid)).status).toBe('disabled');
    expect((await runBureau(['accounts', 'list'], credentials)).code).toBe(1);
    expect((await json('keys', 'enable', 'rotating', second.kid)).status).toBe('enabled');
    expect((await runBureau(['accounts', 'list'], credentials)).code).toBe(0);
    expect((await run('keys', 'delete', 'rotating', second.id)).code).toBe(0);
    expect((await runBureau(['accounts', 'list'], credentials)).code).toBe(1);
    expect((await json('keys', 'list', 'rotating')).items).toHaveLength(2);
  });
});

describe('issuers', () => {
  it('are registered, refreshed, changed and deleted', async () => {
    const url = 'https://never.example/pinned';
    const jwks = {
      keys: [
        {
          ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
          kid: 'a',
        },
      ],
    };
    await writeFile(join(folder, 'jwks.json'), JSON.stringify(jwks));
    const created = await run('issuers', 'create', url, '--jwks', 'jwks.json', '--algorithm', 'ES256');
    expect([created.code, created.stderr]).toEqual([0, '']);
    expect(created.stdout).toMatch(/^Keys from +pinned$/m);
    expect((await json('issuers', 'refresh', url)).ok).toBe(true);
    expect((await json('issuers', 'update', url, '--replay', 'single-use')).replay).toBe('single-use');
    expect((await run('issuers', 'get', url)).stdout).toMatch(/^Replay +single-use$/m);
    expect((await json('issuers', 'list', '--all')).items.length).toBeGreaterThan(0);
    expect((await run('issuers', 'delete', url)).code).toBe(0);
    expect((await run('issuers', 'get', url)).code).toBe(1);
  });
});

describe('contract §6: exit codes', () => {
  it('0 done, 1 refused, 2 usage, 3 unreachable', async () => {
    expect((await run('accounts', 'list')).code).toBe(0);
    const refused = await run('accounts', 'create', 'x', '--team', 'no such team', '--use-case', 'none');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^bureau: \w+: .+\nbureau: {3}\/owningTeam: .+\nbureau: {3}\/useCase: /);
    expect((await run('accounts', 'list', '--nonsense')).code).toBe(2);
    expect((await runBureau(['accounts', 'list'], {}, folder)).code).toBe(2);
    const gone = JSON.parse(await readFile(join(bureau.dataDir, 'admin.json'), 'utf8')) as object;
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    await writeFile(
      join(folder, 'gone.json'),
      JSON.stringify({ ...gone, issuer: nowhere, tokenEndpoint: `${nowhere}/token` }),
    );
    const unreachable = await run('accounts', 'list', '-p', 'gone.json', '--max-wait', '1');
    expect([unreachable.code, unreachable.stdout]).toEqual([3, '']);
  });

  it('the last administrator stays', async () => {
    const kept = await run('accounts', 'delete', 'administrator', '--force');
    expect(kept.code).toBe(1);
    expect(kept.stderr).toContain('last_administrator');
  });
});

describe('what is loaded', () => {
  /** The modules a command loads before it is done. */
  const modulesOf = (...args: readonly string[]): Promise<string> => {
    const main = new URL('../../src/main.ts', import.meta.url).href;
    const program = `import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({ resolve: (specifier, context, next) => { const found = next(specifier, context); seen.push(found.url); return found; } });
      process.argv = [process.execPath, ${JSON.stringify(fileURLToPath(main))}, ...${JSON.stringify(args)}];
      await import(${JSON.stringify(main)});
      process.stderr.write(seen.join('\\n'));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: folder, env: {} });
    let modules = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      modules += chunk;
    });
    child.stdout.resume();
    return new Promise((resolve) => child.on('close', () => resolve(modules)));
  };

  it.each(['--help', 'accounts create --help', 'keys --help', 'completion bash'])(
    'bureau %s: no zod, no YAML, no server',
    async (line) => {
      const modules = await modulesOf(...line.split(' '));
      expect(modules).toContain('/src/cli/program.ts');
      expect(modules).not.toMatch(/\/node_modules\/(?!commander\/)/);
      expect(modules).not.toMatch(/\/src\/(?!main\.ts|cli\/|core\/|admin-api\/operations\.ts)/);
    },
  );
});
