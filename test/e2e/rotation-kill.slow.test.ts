import { expect, it } from 'vitest';
import { killDuringRotation } from '../support/kill-during-rotation.ts';
import { createPostgresDatabase } from '../support/postgres.ts';

it.each([
  ['SQLite', 40],
  ['PostgreSQL', 16],
] as const)(
  'B03 kill -9 during a rotation on %s, %i times: one active key in each place, every live token verifies',
  async (engine, cycles) => {
    const database = engine === 'PostgreSQL' ? await createPostgresDatabase() : null;
    try {
      const atLeast = { activations: cycles / 2 + 1, midway: cycles / 10 + 1 };
      const report = await killDuringRotation({ cycles, atLeast, databaseUrl: database?.url ?? null });
      const { unverifiable, wrongPlaces, ...figures } = report;
      console.log(`B03 ${engine}: ${JSON.stringify(figures)}`);
      expect({ unverifiable, wrongPlaces }).toEqual({ unverifiable: [], wrongPlaces: [] });
      expect(report.verified).toBeGreaterThan(5 * cycles);
      expect(report.activations).toBeGreaterThanOrEqual(atLeast.activations);
      expect(report.midway).toBeGreaterThanOrEqual(atLeast.midway);
      expect(report.mostPublished).toBeLessThanOrEqual(5);
    } finally {
      await database?.drop();
    }
  },
  600_000,
);
