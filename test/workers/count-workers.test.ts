import { describe, expect, it } from 'vitest';
import { countWorkers } from '../../src/workers/count-workers.ts';

describe('countWorkers', () => {
  it.each([
    [1, 'linux', 8, 1],
    [3, 'linux', 1, 3],
    ['auto', 'linux', 8, 8],
    ['auto', 'darwin', 8, 1],
    ['auto', 'win32', 8, 1],
    [1, 'darwin', 8, 1],
  ] as const)('%s on %s with %i cores: %i', (setting, platform, cores, count) => {
    expect(countWorkers(setting, platform, cores)).toEqual({ ok: true, value: count });
  });

  it.each(['darwin', 'win32', 'freebsd'] as const)('2 on %s is refused, with what to do', (platform) => {
    expect(countWorkers(2, platform, 8)).toEqual({
      ok: false,
      error: expect.stringContaining('set BUREAU_WORKERS to 1'),
    });
  });
});
