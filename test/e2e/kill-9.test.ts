import { describe, expect, it } from 'vitest';
import { killUnderLoad } from '../support/kill-loop.ts';
import { createPostgresDatabase } from '../support/postgres.ts';

const kept = {
  tokensWithoutActivity: [],
  assertionsAcceptedTwice: 0,
  lostChanges: [],
  trailFaults: [],
};

describe('kill -9 under load (contract §7)', () => {
  it('B01 B04 SQLite: every token received has its activity, no assertion works twice, no acknowledged change is lost', async () => {
    const report = await killUnderLoad(3);
    // The control: without tokens received there would be nothing to find.
    expect(report.received).toBeGreaterThan(0);
    expect(report).toMatchObject(kept);
  }, 120_000);

  it('B02 B04 PostgreSQL: the same', async () => {
    const database = await createPostgresDatabase();
    const report = await killUnderLoad(1, { BUREAU_DATABASE_URL: database.url });
    await database.drop();
    expect(report.received).toBeGreaterThan(0);
    expect(report).toMatchObject(kept);
  }, 120_000);
});
