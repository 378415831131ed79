import { expect, it } from 'vitest';
import { openCluster, sendToEveryNode, type SingleUseReport } from '../support/cluster.ts';

it('B37 A41 contract §7 of one assertion at three nodes at once one is accepted, also over the kill of a node: 10,000 times', async () => {
  const cluster = await openCluster();
  let report: SingleUseReport;
  try {
    report = await sendToEveryNode(cluster, { assertions: 10_000, inFlight: 24, again: 2000 });
  } finally {
    await cluster.close();
  }
  console.log(`single use at three nodes: ${JSON.stringify(report)}`);
  expect(report).toMatchObject({ assertions: 10_000, acceptedTwice: 0, acceptedByNone: 0, acceptedAgain: 0 });
  expect(report.strange).toEqual({});
  expect(report.accepted).toBeGreaterThanOrEqual(report.assertions - report.aroundTheKill);
  for (const tokens of report.byNode) expect(tokens).toBeGreaterThan(1000);
}, 600_000);
