import { renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startBureau } from '../support/bureau-process.ts';

describe('the database file is lost while the server runs (contract §7: a token leaves only after its activity is durable)', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'bureau-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it.each<[string, (file: string) => void]>([
    ['removed', (file) => rmSync(file)],
    ['moved away', (file) => renameSync(file, `${file}.old`)],
    ['cut to nothing', (file) => truncateSync(file)],
    [
      'replaced by another',
      (file) => {
        rmSync(file);
        writeFileSync(file, 'x'.repeat(8192));
      },
    ],
  ])('%s: no token, no change, and not ready with the store named', async (_what, lose) => {
    const bureau = await startBureau({ dataDir });
    const token = await bureau.adminToken();
    const write = (name: string) =>
      bureau.admin('POST', '/teams', { name }, { authorization: `Bearer ${token}` });
    expect((await write('before')).status).toBe(201);
    lose(join(dataDir, 'bureau.db'));
    await expect(bureau.adminToken()).rejects.toThrow('temporarily_unavailable');
    expect(await write('after')).toMatchObject({ status: 503, body: { code: 'temporarily_unavailable' } });
    expect(await (await fetch(`${bureau.url}/readyz`)).json()).toEqual({
      status: 'not ready',
      failing: ['store'],
    });
    await bureau.kill();
  });
});
