import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, freePort, runBureau, startBureau } from '../support/bureau-process.ts';
import { openRawDatabase } from '../support/raw-database.ts';

let bureau: BureauProcess;
let folder: string;
let port: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bureau-trail-'));
  port = await freePort();
  bureau = await startBureau({ dataDir: folder, port, environment: { BUREAU_LOG_LEVEL: 'info' } });
  for (let index = 0; index < 30; index += 1) await bureau.admin('POST', '/teams', { name: `team-${index}` });
});
afterAll(async () => {
  await bureau.stop();
  await rm(folder, { recursive: true, force: true });
});

const activities = (...args: readonly string[]) =>
  runBureau(['activities', ...args], { BUREAU_CREDENTIALS: join(folder, 'admin.json') }, folder);

describe('the trail of a real server', () => {
  it('A115 verifies, is exported, and the file verifies without the server', async () => {
    const online = await activities('verify');
    expect(online).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^good: \d+ activities, 1 chain\n$/),
    });

    const exported = await activities('export');
    expect(exported.code).toBe(0);
    const lines = exported.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.length).toBeGreaterThan(31);
    expect(lines[0]).toMatchObject({ tenant: 'default', type: 'tenant.create', chain: { number: 1 } });
    expect(lines.at(-1)).toMatchObject({ type: 'export', lines: lines.length - 1, filter: {} });
    await writeFile(join(folder, 'trail.ndjson'), exported.stdout);

    const file = await activities(
      'verify',
      '--file',
      'trail.ndjson',
      '--jwks',
      `${bureau.url}/.well-known/jwks.json`,
    );
    expect(file.stderr).toBe('');
    expect(file).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/none is missing; signed with one of the given keys/),
    });
    expect((await activities('verify', '--file', 'trail.ndjson')).stdout).toMatch(
      /which nothing was held against/,
    );

    await writeFile(join(folder, 'changed.ndjson'), exported.stdout.replace('team-7', 'team-8'));
    const changed = await activities('verify', '--file', 'changed.ndjson');
    expect(changed).toMatchObject({ code: 1, stdout: '' });
    expect(changed.stderr).toMatch(
      /Line \d+ of chain embedded \([0-9a-f-]+\) is not what was written there\./,
    );
    expect((await activities('verify', '--file', 'nothing.ndjson')).code).toBe(2);
    expect((await activities('verify', '--jwks', 'x')).code).toBe(2);
  });

  it('A115 filters of list and export are the same, and the ways to ask for an export too', async () => {
    const listed = await activities('list', '--query', 'TEAM-12', '--json', '--all');
    const items = (JSON.parse(listed.stdout) as { items: { id: string }[] }).items;
    expect(items).toHaveLength(1);
    const exported = await activities('export', '-q', 'TEAM-12');
    expect(exported.stdout.split('\n')).toHaveLength(3);
    expect(exported.stdout).toContain(items[0]?.id);
    const accepted = await bureau.admin('GET', '/activities?q=TEAM-12', undefined, {
      accept: 'application/x-ndjson',
    });
    expect(accepted.headers.get('content-type')).toBe('application/x-ndjson');
    expect(accepted.body).toContain(items[0]?.id);
    expect((await bureau.admin('GET', '/activities/export?limit=5')).status).toBe(422);
  });

  it('A115 heads that were kept tell of a trail whose end was written anew', async () => {
    const kept = await activities('verify', '--json');
    await writeFile(join(folder, 'heads.json'), kept.stdout);
    await bureau.admin('POST', '/teams', { name: 'after' });
    expect(await activities('verify', '--heads', 'heads.json')).toMatchObject({ code: 0 });
    const { heads } = JSON.parse(kept.stdout) as { heads: { number: number }[] };
    const later = { tenant: 'default', heads: heads.map((head) => ({ ...head, number: head.number + 100 })) };
    await writeFile(join(folder, 'later.log'), `{"level":30}\n${JSON.stringify(later)}\n`);
    const cut = await activities('verify', '--heads', 'later.log');
    expect(cut.code).toBe(1);
    expect(cut.stderr).toMatch(/the trail was cut/);
    expect((await activities('verify', '--heads', 'admin.json')).code).toBe(2);
  });

  it('A115 a stopped server has told its heads in the log, and a changed database is found after the restart', async () => {
    expect(await bureau.stop()).toBe(0);
    const told = bureau.lines().filter((line) => line.includes('heads of the trail'));
    await writeFile(join(folder, 'server.log'), told.join('\n'));
    const database = await openRawDatabase(`sqlite:${join(folder, 'bureau.db')}`);
    bureau = await startBureau({ dataDir: folder, port });
    expect(await activities('verify', '--heads', 'server.log')).toMatchObject({ code: 0 });
    await database.run(
      `update activities set body = replace(body, 'team-3"', 'team-4"') where body like '%team-3"%'`,
    );
    await database.close();
    const found = await activities('verify', '--json');
    expect(found.code).toBe(1);
    expect(JSON.parse(found.stdout)).toMatchObject({
      ok: false,
      faultCount: 1,
      faults: [{ kind: 'changed' }],
    });
    expect(await readFile(join(folder, 'server.log'), 'utf8')).toContain('"writer":"embedded"');
  });

  it('A115 a damaged line is shown as such, and the list goes on', async () => {
    const database = await openRawDatabase(`sqlite:${join(folder, 'bureau.db')}`);
    await database.run(`update activities set body = '{"checks":null}' where number = 5`);
    await database.close();
    const page = await bureau.admin('GET', '/activities?limit=200');
    expect(page.status).toBe(200);
    const { items } = page.body as unknown as { items: { id: string; type: string }[] };
    const damaged = items.filter(({ type }) => type === 'activity.damaged');
    expect(damaged).toHaveLength(1);
    expect(items.length).toBeGreaterThan(30);
    expect((await bureau.admin('GET', `/activities/${damaged[0]?.id}`)).status).toBe(200);
    expect(await activities('list')).toMatchObject({ code: 0 });
    const exported = await activities('export');
    await writeFile(join(folder, 'damaged.ndjson'), exported.stdout);
    const report = await activities('verify', '--file', 'damaged.ndjson');
    expect(report.stderr).toMatch(/Line 5 of chain embedded \([0-9a-f-]+\) is not what was written there\./);
  });

  it('A115 a trail that is gone as a whole looks new, and heads that were kept tell', async () => {
    await bureau.stop();
    const database = await openRawDatabase(`sqlite:${join(folder, 'bureau.db')}`);
    await database.run('delete from activities; delete from activity_chains');
    await database.close();
    bureau = await startBureau({ dataDir: folder, port });
    expect(await activities('verify')).toMatchObject({ code: 0 });
    const found = await activities('verify', '--heads', 'heads.json');
    expect(found.code).toBe(1);
    expect(found.stderr).toMatch(/the trail was (cut|written anew)/);
  });
});
