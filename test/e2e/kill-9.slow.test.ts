import { describe, expect, it } from 'vitest';
import { type KillReport, killUnderLoad } from '../support/kill-loop.ts';
import { createPostgresDatabase } from '../support/postgres.ts';

const expectNothingLost = (store: string, report: KillReport): void => {
  expect(report.received).toBeGreaterThan(1000);
  expect(report).toMatchObject({
    tokensWithoutActivity: [],
    assertionsAcceptedTwice: 0,
    spentWithoutActivity: [],
    lostChanges: [],
    trailFaults: [],
  });
  console.log(
    `kill -9, ${store}: ${report.cycles} cycles, ${report.received} tokens received, none without its activity`,
  );
};

describe('kill -9 under load, many times (contract §7)', () => {
  it(
    'B01 B04 sixty times on SQLite',
    async () => expectNothingLost('SQLite', await killUnderLoad(60)),
    600_000,
  );

  it('B02 B04 twenty times on PostgreSQL', async () => {
    const database = await createPostgresDatabase();
    expectNothingLost('PostgreSQL', await killUnderLoad(20, { BUREAU_DATABASE_URL: database.url }));
    await database.drop();
  }, 600_000);
});
