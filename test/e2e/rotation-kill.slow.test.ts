import { expect, it } from 'vitest';
import { killDuringRotation } from '../support/kill-during-rotation.ts';

it('B03 kill -9 during a rotation, a few times: one active key in each place, every live token verifies', async () => {
  const report = await killDuringRotation(4);
  expect(report).toMatchObject({ unverifiable: [], wrongPlaces: [] });
  expect(report.verified).toBeGreaterThan(0);
  expect(report.activations).toBeGreaterThan(0);
  expect(report.mostPublished).toBeLessThanOrEqual(5);
}, 120_000);
