import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { splitLines } from '../../src/cli/trail/split-lines.ts';
import { verifyExport } from '../../src/cli/trail/verify-export.ts';
import { freePort, startBureau } from '../support/bureau-process.ts';
import { sampleActivity } from '../support/stored-samples.ts';

const lines = 1_000_000;
const mib = 1_048_576;

/** Resident memory of a process, in bytes. */
const memoryOf = async (pid: number): Promise<number> =>
  Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;

describe.skipIf(process.platform !== 'linux')('a trail of a million lines', () => {
  it('A115 B38 is exported in flat memory, also to a slow reader, and verifies', {
    timeout: 1_800_000,
  }, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'bureau-million-'));
    const port = await freePort();
    await (await startBureau({ dataDir, port })).stop();
    const storage = await openStorage({ url: `sqlite:${join(dataDir, 'bureau.db')}` });
    for (let count = 0; count < lines; count += 5000)
      await storage.activities.append(
        Array.from({ length: 5000 }, () => sampleActivity({ tenant: 'default', details: null })),
      );
    await storage.close();

    const bureau = await startBureau({ dataDir, port });
    try {
      const open = async () => {
        const response = await fetch(`${bureau.url}/api/v1/activities/export`, {
          headers: { authorization: `Bearer ${await bureau.adminToken()}` },
        });
        expect(response.status).toBe(200);
        return response.body as AsyncIterable<Uint8Array>;
      };
      // Once before it is measured, so that what is compiled and cached is not taken for growth.
      let warm = 0;
      for await (const _line of splitLines(await open())) if ((warm += 1) === 50_000) break;
      const before = await memoryOf(bureau.pid);
      let most = before;
      let count = 0;
      for await (const _line of splitLines(await open())) {
        count += 1;
        if (count % 5000 === 0) most = Math.max(most, await memoryOf(bureau.pid));
        // A reader that is slower than the server.
        if (count % 100_000 === 0) await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      expect(count).toBeGreaterThan(lines);
      console.log(
        `export of ${count} lines: ${Math.round(before / mib)} MiB before, ${Math.round(most / mib)} MiB at most`,
      );
      expect(most - before).toBeLessThan(150 * mib);

      const file = join(dataDir, 'trail.ndjson');
      await pipeline(await open(), createWriteStream(file));
      const report = await verifyExport(() => createReadStream(file) as AsyncIterable<Uint8Array>, {
        keys: null,
        anchors: [],
      });
      expect(report.faults).toEqual([]);
      expect(report.checked).toBeGreaterThanOrEqual(count - 1);
      const verified = await bureau.admin('GET', '/activities/verify');
      expect(verified.body).toMatchObject({ ok: true });
      expect(await memoryOf(bureau.pid)).toBeLessThan(before + 150 * mib);
    } finally {
      await bureau.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
