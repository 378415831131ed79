import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BureauProcess, startBureau } from '../support/bureau-process.ts';
import { askPostgres, createPostgresDatabase, type PostgresDatabase } from '../support/postgres.ts';

describe('A69 five processes on one PostgreSQL', () => {
  let database: PostgresDatabase;
  let running: BureauProcess[] = [];
  beforeEach(async () => {
    database = await createPostgresDatabase();
  });
  afterEach(async () => {
    await Promise.all(running.map((bureau) => bureau.stop()));
    await database.drop();
  });

  it('rotation due on all at one instant, restarted again and again: exactly one new key in each place', async () => {
    const environment = {
      BUREAU_DATABASE_URL: database.url,
      BUREAU_KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    };
    const startAll = async (): Promise<void> => {
      const starts = await Promise.allSettled(Array.from({ length: 5 }, () => startBureau({ environment })));
      // Whoever did start is stopped, also where another one did not.
      running = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
      for (const start of starts) if (start.status === 'rejected') throw start.reason as Error;
    };
    const stopAll = async (): Promise<void> => {
      await Promise.all(running.map((bureau) => bureau.stop()));
      running = [];
    };
    const states = async () =>
      (
        await askPostgres(
          `select purpose || ' ' || algorithm as place, string_agg(state, ' ' order by state) as states
           from signing_keys group by 1 order by 1`,
          [],
          database.url,
        )
      ).map(({ states: found }) => found);

    await (await startBureau({ environment })).stop();
    await askPostgres('update signing_keys set activated_at = activated_at - 3456000000', [], database.url);
    for (let round = 0; round < 4; round += 1) {
      await startAll();
      for (const bureau of running) {
        const { keys } = (await (await fetch(`${bureau.url}/.well-known/jwks.json`)).json()) as {
          keys: unknown[];
        };
        expect(keys.length).toBeLessThanOrEqual(5);
      }
      await stopAll();
      expect(await states()).toEqual(Array.from({ length: 4 }, () => 'active prepared'));
    }
  }, 600_000);
});
