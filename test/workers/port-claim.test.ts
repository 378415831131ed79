import { describe, expect, it } from 'vitest';
import { claimPort } from '../../src/workers/port-claim.ts';

// Above every real port, so that no server of this machine is in the way.
describe.runIf(process.platform === 'linux')('claimPort', () => {
  it('is held by one at a time, and given on', async () => {
    const release = await claimPort(70_001);
    const order: string[] = [];
    const second = claimPort(70_001).then(async (releaseSecond) => {
      order.push('second');
      await releaseSecond();
    });
    await new Promise((resolve) => setTimeout(resolve, 120));
    order.push('release');
    await release();
    await second;
    expect(order).toEqual(['release', 'second']);
  });

  it('does not stand in the way of another port', async () => {
    const releases = await Promise.all([claimPort(70_002), claimPort(70_003)]);
    await Promise.all(releases.map((release) => release()));
  });
});
