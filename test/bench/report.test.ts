import { describe, expect, it } from 'vitest';
import { renderReport } from '../../bench/report/render-report.ts';
import { cpuOf, cpuRatioOf, ratioOf, shareOfLimit } from '../../bench/report/figures.ts';
import { findTargets } from '../../bench/report/targets.ts';
import type { SubjectResult } from '../../bench/subject-result.ts';
import { entrant, findings, round } from './findings-sample.ts';

describe('figures', () => {
  it('a ratio is taken round by round, so that a slow moment of the machine counts for both', () => {
    const one = entrant([round(4000), round(400)]);
    const other = entrant([round(2000), round(200)]);
    expect(ratioOf(one, other)).toEqual({ median: 2, least: 2, most: 2 });
    expect(() => ratioOf(one, entrant([round(1)]))).toThrow('different numbers of rounds');
  });

  it('CPU time is of one answer, and unknown where the system does not tell', () => {
    expect(cpuOf([round(10, 100), round(1000, 300), round(5, 200)])).toBeCloseTo(200e-6);
    expect(cpuOf([round(10, 1, { serverCpuSeconds: null })])).toBeNull();
    expect(cpuRatioOf(entrant([round(10, 300)]), entrant([round(99, 100)]))).toBeCloseTo(3);
  });

  it('the share of the limit is one by throughput and one by CPU time', () => {
    const { primitives } = findings();
    const share = shareOfLimit(entrant([round(7500, 125)]), primitives, { verify: 'RS256', sign: 'ES256' });
    expect(share.byThroughput).toBeCloseTo(0.75);
    expect(share.byCpu).toBeCloseTo(0.8);
  });
});

describe('the report', () => {
  it('shows median and spread of each row, its ratios, what was kept, and the limit', () => {
    const report = renderReport(findings());
    expect(report).toContain('The limit of one core is **10,000** (10,000–10,000) a second');
    expect(report).toContain('| bureau | **8,200** (8,000–9,000) | **1.00** (1.00–1.00) | 82 % | 100 µs |');
    expect(report).toMatch(
      /^\| oidc-provider \| \*\*2,000\*\* \(2,000–2,000\) \| \*\*0\.24\*\* .* \| 4\.00× \|.*\| s \|$/m,
    );
    expect(report).toContain(
      '| **3.25** (3.25–3.25) at 4,100 | **2.50** (2.50–2.50) | 100 MiB, 200 MiB | D S L |',
    );
  });

  it('shows what it was made with, what is unequal and that the activities were found', () => {
    const report = renderReport(findings());
    for (const part of [
      'A CPU',
      'v26.10.0',
      'SQLite 3.50.0',
      'ext4',
      '4,000 distinct',
      'keep nothing durably',
      '134,010 activities of issued tokens for 134,002 tokens received',
      '50 of them, taken at random from the rounds, were verified',
    ])
      expect(report).toContain(part);
  });

  it('a column that nobody has a figure for is left out', () => {
    expect(renderReport(findings())).not.toContain('database CPU each');
    const rounds = [round(100, 100, { databaseCpuSeconds: 0.05 })];
    const subject: SubjectResult = {
      kind: 'load',
      name: 'postgresql',
      title: 'PostgreSQL',
      why: '',
      entrants: [entrant(rounds)],
      durability: [],
    };
    const report = renderReport(findings({ subjects: [subject] }));
    expect(report).toContain('database CPU each');
    expect(report).toContain('| 50 µs |');
    expect(report).not.toContain('of the limit, by CPU');
  });

  it('a subject that is void has its reason in place of figures', () => {
    const report = renderReport(
      findings({
        subjects: [{ kind: 'void', name: 'svid', title: 'SVIDs', why: '', reason: 'answered 500' }],
      }),
    );
    expect(report).toContain('**Void, and without figures: answered 500**');
  });

  it('says so when nothing was held to a core', () => {
    expect(renderReport(findings({ cores: null }))).toContain('Nothing was held to a core');
    expect(renderReport(findings())).not.toContain('Nothing was held to a core');
  });

  it.each([
    { disturbanceSeconds: 0.2, quiet: true },
    { disturbanceSeconds: 6, quiet: false },
  ])(
    'says whether the machine was quiet: $disturbanceSeconds s of others',
    ({ disturbanceSeconds, quiet }) => {
      const [subject] = findings().subjects;
      if (subject?.kind !== 'load') throw new Error('a subject under load is needed');
      const disturbed = { ...subject, entrants: [entrant([round(10, 100, { disturbanceSeconds })])] };
      const report = renderReport(findings({ subjects: [disturbed] }));
      expect(report.includes('The machine was not quiet')).toBe(!quiet);
    },
  );
});

describe('the targets', () => {
  const foundOf = (subjects: readonly SubjectResult[], name: string) =>
    findTargets(findings({ subjects })).find((target) => target.name === name);

  it('are those that were measured', () => {
    expect(findTargets(findings())).toEqual([
      { name: 'RS256 exchange against oidc-provider', wanted: '≥ 4.00×', found: '4.10×', met: true },
      { name: 'RS256 exchange against the limit', wanted: '≥ 0.75', found: '0.82', met: true },
      { name: 'p99 at half of saturation, RS256 exchange', wanted: '≤ 5.00 ms', found: '3.25 ms', met: true },
    ]);
    expect(findTargets(findings({ subjects: [] }))).toEqual([]);
  });

  it.each([
    { dearest: 99, met: true },
    { dearest: 101, met: false },
  ])('the dearest hostile token counts: $dearest µs against 100 µs', ({ dearest, met }) => {
    const subject: SubjectResult = {
      kind: 'load',
      name: 'hostile',
      title: '',
      why: '',
      entrants: [entrant([round(1000, 100)]), entrant([round(1000, 50)]), entrant([round(1000, dearest)])],
      durability: [],
    };
    expect(foundOf([subject], 'CPU of the dearest hostile token against a good one')?.met).toBe(met);
  });

  it.each([
    { seconds: [0.5, 0.6, 9], met: true },
    { seconds: [0.5, 0.8, 0.9], met: false },
  ])('a start counts by its median: $seconds', ({ seconds, met }) => {
    const subject: SubjectResult = {
      kind: 'start',
      name: 'start',
      title: '',
      why: '',
      states: [
        { name: 'from source', program: 'source', accounts: 0, seconds: [0.1], cpuSeconds: [], bytes: null },
        { name: 'no accounts', program: 'built', accounts: 0, seconds, cpuSeconds: [], bytes: null },
      ],
    };
    expect(foundOf([subject], 'start to ready, no accounts')?.met).toBe(met);
  });
});
