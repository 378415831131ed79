// `npm run build`: what the image runs. It must find what lies around it: threads, processes, presets, packages.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startBureau } from '../support/bureau-process.ts';

const root = resolve(import.meta.dirname, '../..');
let place: string;
let program: string;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'bureau-built-'));
  program = join(place, 'dist/main.js');
  await promisify(execFile)(process.execPath, [join(root, 'config/tools/build.ts'), join(place, 'dist')]);
  // What an installation has beside it; `src` is not among it.
  for (const name of ['package.json', 'node_modules', 'config'])
    await symlink(join(root, name), join(place, name));
});
afterAll(() => rm(place, { recursive: true, force: true }));

describe('what is built', () => {
  it('is a few files, with a program for each that is started by its path', async () => {
    const files = await readdir(join(place, 'dist'), { recursive: true });
    expect(files).toEqual(
      expect.arrayContaining(['main.js', 'worker.js', 'adapters/storage/sqlite/sqlite-worker.js']),
    );
    expect(files.length).toBeLessThan(150);
  });

  it('serves: tokens, the admin API with presets and CEL, the OpenAPI document and its pages', async () => {
    const bureau = await startBureau({ program });
    try {
      const { status, body } = await bureau.admin('POST', '/service-accounts', {
        name: 'deploy',
        owningTeam: 'default',
        useCase: 'custom-api-integration',
        federations: [
          {
            issuer: 'https://token.actions.githubusercontent.com',
            subject: 'repo:acme/payments:ref:refs/heads/main',
            audience: 'https://sts.example.com',
            cel: 'claims.ref_type == "branch" && claims.ref.matches("^refs/heads/main$")',
          },
        ],
      });
      expect([status, body.errors]).toEqual([201, undefined]);
      const warnings = (body.warnings as readonly { readonly code: string }[]).map(({ code }) => code);
      expect(warnings).toContain('recycled_name');
      const openapi = await fetch(`${bureau.url}/api/v1/openapi.json`);
      expect(Object.keys(((await openapi.json()) as { paths: object }).paths).length).toBeGreaterThan(30);
      expect((await fetch(`${bureau.url}/api/v1/docs/static/swagger-ui.css`)).status).toBe(200);
      const metrics = await (await fetch(`${bureau.url}/metrics`)).text();
      expect(metrics).toMatch(/^bureau_build_info.*^process_cpu_seconds_total/ms);
    } finally {
      expect(await bureau.stop()).toBe(0);
    }
  });

  it('is ready with few of its files, and with nothing of the packages that are left in place', async () => {
    const list = join(place, 'loaded');
    const hook = pathToFileURL(join(root, 'test/support/list-loaded.mjs')).href;
    const bureau = await startBureau({
      program,
      environment: { NODE_OPTIONS: `--import=${hook}`, LOADED_FILE: list },
    });
    try {
      process.kill(bureau.pid, 'SIGUSR2');
      const text = await vi.waitUntil(() => readFile(list, 'utf8').catch(() => ''), 20_000);
      const files = text.split('\n').filter((url) => url.startsWith('file:'));
      expect(files.filter((url) => url.includes('/node_modules/'))).toEqual([]);
      expect(files.filter((url) => url.endsWith('/dist/main.js'))).toHaveLength(1);
      expect(files.length).toBeLessThan(55);
    } finally {
      await bureau.stop();
    }
  });

  it.runIf(process.platform === 'linux')('serves with two workers', async () => {
    const bureau = await startBureau({ program, environment: { BUREAU_WORKERS: '2' } });
    try {
      expect((await bureau.admin('GET', '/teams')).status).toBe(200);
    } finally {
      expect(await bureau.stop()).toBe(0);
    }
  });

  it('is a command line', async () => {
    const run = (...args: readonly string[]) => promisify(execFile)(process.execPath, [program, ...args]);
    expect((await run('accounts', '--help')).stdout).toMatch(/^Usage: bureau accounts/);
    expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
