import { describe, expect, it } from 'vitest';
import { createRestartPolicy } from '../../src/workers/restart-policy.ts';

describe('createRestartPolicy', () => {
  it('replaces the first at once, further ones ever later, and gives up', () => {
    const policy = createRestartPolicy(9, () => undefined);
    const delays = Array.from({ length: 10 }, () => policy.ended());
    expect(delays).toEqual([0, 100, 200, 400, 800, 1600, 3200, 5000, 5000, null]);
  });

  it('forgets an end after a minute', () => {
    const later: (() => void)[] = [];
    const policy = createRestartPolicy(2, (run, ms) => {
      expect(ms).toBe(60_000);
      later.push(run);
    });
    expect([policy.ended(), policy.ended()]).toEqual([0, 100]);
    for (const run of later.splice(0)) run();
    expect([policy.ended(), policy.ended(), policy.ended()]).toEqual([0, 100, null]);
  });
});
