import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../support/database-thread-process.ts', import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bureau-thread-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const runWith = (fate: 'close' | 'die') =>
  spawnSync(process.execPath, [program, join(folder, 'bureau.db'), fate], {
    encoding: 'utf8',
    timeout: 10_000,
  });

it('a database thread that is closed leaves the process alone', () => {
  expect(runWith('close')).toMatchObject({ status: 0, stderr: '' });
});

it('A67 B16 a database thread that dies ends the process, with a line that says so', () => {
  const { status, stderr } = runWith('die');
  expect(status).toBe(1);
  expect(stderr).toMatch(/The database thread of .*bureau\.db ended by itself; the process ends with it\./);
});
