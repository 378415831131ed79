// bin/bureau.mjs, the command that packages and checkouts have: which program it runs, and with which Node.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCli } from '../cli/token/cli-process.ts';

const root = resolve(import.meta.dirname, '../..');
const launcher = join(root, 'bin/bureau.mjs');

describe('bin/bureau.mjs in this checkout', () => {
  it('is what package.json says, may be executed, and is published with what it needs', async () => {
    const { bin, files } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    expect(bin).toEqual({ bureau: 'bin/bureau.mjs' });
    expect(files).toEqual(expect.arrayContaining(['bin', 'dist', 'config/tools/with-node.mjs']));
    expect((await stat(launcher)).mode & 0o111).toBe(0o111);
  });

  it('runs the command line, with its output and its exit codes', async () => {
    const help = await startCli(['token', '--help'], { script: launcher }).ended;
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/^Usage: bureau token/);
    expect(await startCli(['token'], { script: launcher }).ended).toMatchObject({ code: 2, stdout: '' });
  });

  it('a pipe that closes early is no fault', async () => {
    const command = `"${process.execPath}" "${launcher}" token --help | head -1`;
    const { stdout, stderr } = await promisify(execFile)('/bin/sh', ['-c', command]);
    expect({ stdout, stderr }).toEqual({ stdout: 'Usage: bureau token [options]\n', stderr: '' });
  });
});

describe('bin/bureau.mjs elsewhere', () => {
  let place: string;
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'bureau-'));
    for (const folder of ['bin', 'dist', 'src', 'config/tools'])
      await mkdir(join(place, folder), { recursive: true });
    await cp(launcher, join(place, 'bin/bureau.mjs'));
    await need('24.15.0');
  });
  afterEach(() => rm(place, { recursive: true, force: true }));

  const need = (version: string): Promise<void> =>
    writeFile(
      join(place, 'package.json'),
      JSON.stringify({ type: 'module', engines: { node: `>=${version}` } }),
    );
  /** A program that says what it is and what it was given. */
  const put = (path: string): Promise<void> =>
    writeFile(
      join(place, path),
      `console.log(JSON.stringify([${JSON.stringify(path)}, ...process.argv.slice(2)]));`,
    );
  const run = async (...args: readonly string[]): Promise<unknown> =>
    JSON.parse((await startCli(args, { script: join(place, 'bin/bureau.mjs') }).ended).stdout);

  it('runs what is built, and the source where nothing is', async () => {
    await put('src/main.ts');
    expect(await run('a', '--b')).toEqual(['src/main.ts', 'a', '--b']);
    await put('dist/main.js');
    expect(await run('a', '--b')).toEqual(['dist/main.js', 'a', '--b']);
  });

  it('an older Node than is needed: hands over to what finds a newer one', async () => {
    await put('dist/main.js');
    await put('config/tools/with-node.mjs');
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    for (const newer of [`${major + 1}.0.0`, `${major}.${minor + 1}.0`]) {
      await need(newer);
      expect(await run('a')).toEqual(['config/tools/with-node.mjs', join(place, 'dist/main.js'), 'a']);
    }
    for (const enough of [`${major}.${minor}.0`, `${major - 1}.99.0`]) {
      await need(enough);
      expect(await run('a')).toEqual(['dist/main.js', 'a']);
    }
  });
});
