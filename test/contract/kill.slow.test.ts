import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { storageEngines } from '../support/storage-engines.ts';
import { sampleTime } from '../support/stored-samples.ts';

const program = fileURLToPath(new URL('../support/append-until-killed.ts', import.meta.url));

/** Runs the program until it acknowledged `count` things, kills it, and gives every line that came out. */
const runAndKill = async (url: string, count: number): Promise<readonly string[]> => {
  const child = spawn(process.execPath, [program, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    acknowledged.push(line);
    if (acknowledged.length === count) {
      child.kill('SIGKILL');
    }
  });
  await Promise.all([once(child, 'exit'), once(lines, 'close')]);
  return acknowledged;
};

describe.each(storageEngines)('$engine', ({ createPlace }) => {
  it('§7 B04 CA-14 what was acknowledged is there after kill -9, again and again', async () => {
    const place = await createPlace();
    let total = 0;
    for (const count of [1, 150, 700]) {
      const acknowledged = await runAndKill(place.url, count);
      total += acknowledged.length;
      expect(acknowledged.length).toBeGreaterThanOrEqual(count);
      const storage = await openStorage({ url: place.url });
      const isLost = async (line: string): Promise<boolean> => {
        const [kind, id = ''] = line.split(' ');
        const { activities, replayGuard } = storage;
        // Nobody was told of it: both are there, or neither.
        if (kind === 'begun')
          return (
            ((await activities.find('acme', id)) !== null) !==
            (await replayGuard.isUsed('acme', 'client', id))
          );
        return kind === 'activity'
          ? (await activities.find('acme', id)) === null
          : await replayGuard.consume('acme', 'client', id, sampleTime);
      };
      const lost: string[] = [];
      for (const line of acknowledged) {
        if (await isLost(line)) {
          lost.push(line);
        }
      }
      expect(lost).toEqual([]);
      expect(await storage.replayGuard.consume('acme', 'client', `fresh-${count}`, sampleTime)).toBe(true);
      await storage.close();
    }
    expect(total).toBeGreaterThanOrEqual(851);
    await place.remove();
  }, 120_000);
});
