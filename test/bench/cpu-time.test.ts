import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { cpuSecondsOfProcess, cpuSecondsWithChildrenOver } from '../../bench/cpu-time.ts';

/** What {@link child} uses at least, in seconds. */
const used = 0.2;
const child = `const end = ${used * 1e6}; while (process.cpuUsage().user < end);`;

it('the time of a database is not lost with a connection of it that ends', () => {
  const seconds = (read: typeof cpuSecondsOfProcess): number => read(process.pid) ?? Number.NaN;
  const before = [seconds(cpuSecondsOfProcess), seconds(cpuSecondsWithChildrenOver)] as const;
  spawnSync(process.execPath, ['-e', child]);
  const own = seconds(cpuSecondsOfProcess) - before[0];
  const all = seconds(cpuSecondsWithChildrenOver) - before[1];
  expect(all - own).toBeGreaterThanOrEqual(used - 0.05);
  expect(own).toBeGreaterThanOrEqual(0);
});
