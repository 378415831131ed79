// What a record leaves behind once it is durable (the rest of the log: test/contract/activity-log.test.ts).
import { getHeapSpaceStatistics } from 'node:v8';
import { expect, it } from 'vitest';
import { createGroupCommitLog } from '../../../src/adapters/activity/group-commit.ts';
import { sampleActivity } from '../../support/stored-samples.ts';

const oldGenerationBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? 0;

it('B16 records that are durable are gone with the next small collection, and wait for no full one', async () => {
  const log = createGroupCommitLog({
    append: async (entries) => {
      await new Promise((resolve) => setImmediate(resolve));
      return entries.map(() => null);
    },
    clock: { monotonic: () => performance.now() },
    maxBatch: 100,
    maxQueue: 1000,
  });
  /** Each with 8 KiB of its own. */
  const recordMany = async (count: number): Promise<void> => {
    for (let sent = 0; sent < count; sent += 20)
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          log.record({
            ...sampleActivity(),
            details: { given: Array.from({ length: 1024 }, () => `${index}`) },
          }),
        ),
      );
  };
  await recordMany(2000);
  const before = oldGenerationBytes();
  await recordMany(10_000);
  expect(oldGenerationBytes() - before).toBeLessThan(4_000_000);
});
