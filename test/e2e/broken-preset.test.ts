// A31: nobody administers with half the rules. A preset that is broken keeps no token from anybody and is found out by itself.
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type BureauProcess, startBureau } from '../support/bureau-process.ts';

const root = resolve(import.meta.dirname, '../..');
let place: string;
let broken: string;
let bureau: BureauProcess;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'bureau-broken-'));
  for (const name of ['src', 'config']) await cp(join(root, name), join(place, name), { recursive: true });
  for (const name of ['package.json', 'node_modules']) await symlink(join(root, name), join(place, name));
  broken = join(place, 'config/issuers/broken.yaml');
  await writeFile(broken, 'title: [\n');
  bureau = await startBureau({ program: join(place, 'src/main.ts') });
});
afterAll(async () => {
  await bureau.stop();
  await rm(place, { recursive: true, force: true });
});

it('A31 a preset that cannot be read is in the log, with its name, without anybody asking for it', async () => {
  const told = await vi.waitUntil(() => bureau.lines().find((line) => line.includes('broken.yaml')), 20_000);
  expect(told).toMatch(/"level":50.*what is known of platforms cannot be read/);
});

it('A31 tokens leave, administration says what is wrong, and goes on once it is mended', async () => {
  expect(await bureau.adminToken()).toMatch(/^ey/);
  const refused = await bureau.admin('POST', '/teams', { name: 'payments' });
  expect([refused.status, refused.body.code]).toEqual([500, 'internal_fault']);
  expect(refused.body.detail).toMatch(
    /^Nothing was done: what is known of platforms cannot be read\. The log/,
  );
  await rm(broken);
  expect((await bureau.admin('POST', '/teams', { name: 'payments' })).status).toBe(201);
});
