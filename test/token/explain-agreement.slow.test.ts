import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BulkReport, compareInBulk, missingIn } from '../support/explain-in-bulk.ts';

const runs = 20;
const pairsOfRun = 5000;
const seed = Math.floor(Math.random() * 2 ** 31);
const reports: BulkReport[] = [];

describe('explain and the token endpoint agree about 100,000 random pairs', () => {
  beforeAll(() => console.log(`${runs} runs from seed ${seed}`));
  afterAll(() => {
    const sum = (count: (report: BulkReport) => number): number =>
      reports.reduce((total, report) => total + count(report), 0);
    console.log(`${sum(({ pairs }) => pairs)} pairs, ${sum(({ issued }) => issued)} issued`);
  });

  it.each(Array.from({ length: runs }, (_, run) => seed + run))('seed %i', async (seedOfRun) => {
    const report = await compareInBulk(seedOfRun, pairsOfRun);
    reports.push(report);
    expect(report.disagreements.slice(0, 3)).toEqual([]);
    expect(report.issued / report.pairs).toBeGreaterThan(0.2);
    expect(report.byClaims).toBeGreaterThan(pairsOfRun / 4);
  });

  it('and every reason of the decision was among them', () => expect(missingIn(reports)).toEqual([]));
});
