import { randomUUID } from 'node:crypto';
import { systemClock } from '../../src/adapters/clock/system-clock.ts';
import { createGroupCommitLog } from '../../src/adapters/activity/group-commit.ts';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { sampleActivity, sampleTime } from './stored-samples.ts';

// Records activities, uses jtis, and does both at once, without end, and prints each id once it was acknowledged, and that of
// both at once before, too; the tests kill it.
const [, , url = ''] = process.argv;
const storage = await openStorage({ url });
const log = createGroupCommitLog({
  clock: systemClock,
  append: (batch) => storage.activities.appendOnce(batch),
  maxBatch: 100,
  maxQueue: 1000,
});

const recordForever = async (): Promise<never> => {
  for (;;) {
    const id = randomUUID();
    await log.record(sampleActivity({ id }));
    process.stdout.write(`activity ${id}\n`);
    if (await storage.replayGuard.consume('acme', 'client', id, sampleTime)) {
      process.stdout.write(`jti ${id}\n`);
    }
    const both = randomUUID();
    process.stdout.write(`begun ${both}\n`);
    const spent = await log.recordOnce(sampleActivity({ id: both }), [
      { party: 'client', jti: both, until: sampleTime },
    ]);
    if (spent === null) process.stdout.write(`activity ${both}\njti ${both}\n`);
  }
};
await Promise.all(Array.from({ length: 32 }, recordForever));
