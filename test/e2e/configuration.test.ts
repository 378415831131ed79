import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runBureau } from '../support/bureau-process.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bureau-wrong-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('contract §2: a configuration that cannot work', () => {
  it('ends the start with exit code 78, every problem on a line of its own, and nothing made', async () => {
    const file = join(folder, 'settings.yaml');
    await writeFile(file, 'logLevel: loud\nprot: 80\n');
    const environment = {
      BUREAU_PORT: '70000',
      BUREAU_OUTBOUND_ALLOW: 'not a place',
      BUREAU_DATA_DIR: 'data',
    };
    const { code, stdout, stderr } = await runBureau(['serve', '--config', file], environment, folder);
    expect(code).toBe(78);
    expect(stdout).toBe('');
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line).toMatch(/^bureau: /);
    for (const name of ['logLevel', 'prot', 'BUREAU_PORT', 'BUREAU_OUTBOUND_ALLOW'])
      expect(stderr).toContain(`bureau: ${name}: `);
    expect(await readdir(folder)).toEqual(['settings.yaml']);
  });

  it('is also a place to fetch from that is none', async () => {
    const environment = { BUREAU_OUTBOUND_ALLOW: '10.0.0.0/8, not a place', BUREAU_DATA_DIR: 'data' };
    const { code, stderr } = await runBureau(['serve'], environment, folder);
    expect(code).toBe(78);
    expect(stderr).toMatch(/^bureau: BUREAU_OUTBOUND_ALLOW: "not a place" is neither/);
    expect(stderr).not.toContain('10.0.0.0/8,');
  });

  it('is also a file that is not there', async () => {
    const { code, stderr } = await runBureau(['serve', '--config', 'absent.yaml'], {}, folder);
    expect(code).toBe(78);
    expect(stderr).toContain('absent.yaml: cannot be read (ENOENT)');
  });

  it('is no matter of usage: an unknown command ends with 2', async () => {
    expect(await runBureau(['server'], {}, folder)).toMatchObject({ code: 2, stdout: '' });
    expect(await runBureau(['serve', '--prot', '80'], {}, folder)).toMatchObject({ code: 2, stdout: '' });
    expect(await runBureau(['--help'], {}, folder)).toMatchObject({ code: 0 });
  });
});
