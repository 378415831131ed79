import { describe, expect, it } from 'vitest';
import type { Findings } from '../../bench/findings.ts';
import { fitLine, forecast, makeModel, predictMeasured } from '../../bench/scaling/model.ts';
import { type MeasuredCluster, PartMissing, takeParts } from '../../bench/scaling/parts.ts';
import { renderScaling } from '../../bench/scaling/render-scaling.ts';
import type { SubjectResult } from '../../bench/subject-result.ts';
import { entrant, findings, round } from './findings-sample.ts';

const cluster = (nodes: number, changeMicroseconds: number): MeasuredCluster => ({
  nodes,
  perSecond: 4000,
  serverSeconds: 200e-6,
  databaseSeconds: 50e-6,
  loadSeconds: 50e-6,
  change: { serverSeconds: changeMicroseconds / 1e6, databaseSeconds: 1e-3 },
});
/** A change costs 5 ms where it is taken and 1 ms on every node. */
const clusters = [cluster(1, 6000), cluster(2, 7000), cluster(3, 8000)];
const parts = { clusters, bytesOfActivity: { embedded: 1000, postgresql: 1500 } };

describe('a line through points', () => {
  it.each([
    { points: [[1, 3]], line: { atNone: 3, perOne: 0 } },
    {
      points: [
        [1, 3],
        [2, 5],
      ],
      line: { atNone: 1, perOne: 2 },
    },
    {
      points: [
        [1, 1],
        [2, 4],
        [3, 1],
      ],
      line: { atNone: 2, perOne: 0 },
    },
  ] as const)('$points', ({ points, line }) => {
    expect(fitLine(points).atNone).toBeCloseTo(line.atNone);
    expect(fitLine(points).perOne).toBeCloseTo(line.perOne);
  });
});

describe('the model', () => {
  it('takes exchanges from one process alone and changes from all', () => {
    const model = makeModel({ clusters: [cluster(1, 6000), { ...cluster(3, 8000), serverSeconds: 1 }] });
    expect(model.exchange.serverSeconds).toBe(200e-6);
    expect(model.change.taking * 1000).toBeCloseTo(5);
    expect(model.change.following * 1000).toBeCloseTo(1);
    expect(() => makeModel({ clusters: [cluster(2, 1)] })).toThrow('one process');
  });

  it.each([
    { loadSeconds: 50e-6, perSecond: 5000, bound: 'nodes' },
    { loadSeconds: 200e-6, perSecond: 4000, bound: 'database' },
  ])('what was measured was bound by the $bound', ({ loadSeconds, perSecond, bound }) => {
    const predicted = predictMeasured(makeModel({ clusters }), { ...cluster(2, 1), loadSeconds });
    expect(predicted).toEqual({ perSecond: expect.closeTo(perSecond), bound });
  });

  it.each([
    { perMinute: 1e4, nodes: 2, databases: 1, breaks: ['nothing'] },
    { perMinute: 1e6, nodes: 2, databases: 1, breaks: ['disk'] },
    { perMinute: 1e8, nodes: 142, databases: 9, breaks: ['disk', 'database cores', 'database writes'] },
  ])('$perMinute a minute', ({ perMinute, ...expected }) => {
    expect(forecast(makeModel({ clusters }), parts, perMinute)).toMatchObject(expected);
  });

  it('many nodes that follow dear changes are said to break', () => {
    const dear = makeModel({ clusters: [cluster(1, 1e6), cluster(2, 2e6)] });
    expect(forecast(dear, parts, 1e6).breaks).toContain('following');
  });
});

describe('the page', () => {
  const change = { serverSeconds: 6e-3, databaseSeconds: 1e-3 };
  const load = (name: string, entrants: number, more = {}): SubjectResult => ({
    kind: 'load',
    name,
    title: name,
    why: '',
    entrants: Array.from({ length: entrants }, (_, index) =>
      entrant([round(4000, 200, { databaseCpuSeconds: 2 })], {
        name: `row ${index}`,
        server: { kind: 'bureau', store: 'postgresql', nodes: index + 1 },
        ...more,
      }),
    ),
    durability: [{ server: { kind: 'bureau' }, received: 1000, activities: 1000, grownBytes: 1_500_000 }],
  });
  const full = (without?: string): Findings =>
    findings({
      subjects: [load('rs256', 3), load('postgresql', 4), load('nodes', 3, { change })].filter(
        ({ name }) => name !== without,
      ),
    });

  it('shows parts, the check and every load', () => {
    const page = renderScaling(full());
    expect(page).toContain('| exchange, PostgreSQL | 200 µs | 50 µs | 1.50 kB |');
    expect(page).toContain('| 3 | 200 µs | 200 µs | 0 % |');
    for (const perMinute of ['10,000', '1,000,000', '100,000,000'])
      expect(page).toContain(`### ${perMinute} a minute`);
  });

  it.each(['rs256', 'postgresql', 'nodes'])('without the figures of %s there is none', (name) => {
    expect(() => renderScaling(full(name))).toThrow(PartMissing);
  });

  it('without the cost of a change there is none', () => {
    const subjects = [load('rs256', 3), load('postgresql', 4), load('nodes', 3)];
    expect(() => takeParts(findings({ subjects }))).toThrow(PartMissing);
  });
});
