import { describe, expect, it } from 'vitest';
import type { LoadResult } from '../../bench/load-job.ts';
import { type Findings, ratioOf, renderReport } from '../../bench/render-report.ts';
import { orderOfRound } from '../../bench/run-rounds.ts';

const round = (perSecond: number, more: Partial<LoadResult> = {}): LoadResult => ({
  exchanges: perSecond * 10,
  late: 0,
  seconds: 10,
  p50Ms: 8,
  p99Ms: 12.5,
  mostMs: 40,
  loadCpuSeconds: 4,
  serverCpuSeconds: 9.5,
  disturbanceSeconds: 0.2,
  ...more,
});

const findings = (more: Partial<Findings> = {}): Findings => ({
  day: '2026-01-31',
  options: {
    rounds: 3,
    secondsPerRound: 10,
    warmUpSeconds: 10,
    connections: 32,
    tokens: 4000,
    report: true,
    profile: null,
  },
  machine: {
    cpu: 'A CPU',
    usableCores: 2,
    memoryGiB: 8,
    system: 'Linux 6.1 x64',
    node: 'v26.10.0',
    openssl: '3.5.0',
    sqlite: '3.50.0',
    fileSystem: 'ext4',
    appendMs: 1.25,
    packages: { 'oidc-provider': '9.13.3' },
    bureau: '0.1.0',
  },
  cores: { server: 1, load: 0, siblings: false },
  cases: [
    {
      algorithm: 'ES256',
      connections: 32,
      rounds: {
        bureau: [round(4000), round(5000), round(4400)],
        'oidc-provider': [round(2000), round(2000), round(2000)],
      },
      issued: { bureau: 134_000, 'oidc-provider': 60_000 },
    },
  ],
  tokenBytes: { bureau: 700, 'oidc-provider': 592 },
  thirdPartyTokenBytes: { ES256: 1328 },
  durable: { received: 134_002, activities: 134_010 },
  ...more,
});

describe('the turns', () => {
  it('each contender goes first in every other round', () => {
    expect([0, 1, 2, 3].map((n) => orderOfRound(['a', 'b'], n)[0])).toEqual(['a', 'b', 'a', 'b']);
    expect(orderOfRound(['a', 'b'], 1)).toEqual(['b', 'a']);
  });
});

describe('the ratio', () => {
  it('is taken round by round, so that a slow moment of the machine counts for both', () => {
    const rounds = { bureau: [round(4000), round(400)], 'oidc-provider': [round(2000), round(200)] };
    expect(ratioOf({ rounds })).toEqual({ median: 2, least: 2, most: 2 });
  });
});

describe('the report', () => {
  it('shows median and spread of each contender, and the ratio', () => {
    const report = renderReport(findings());
    expect(report).toContain('| bureau | **4,400** (4,000–5,000) | 8.00 (8.00–8.00) | 12.5 (12.5–12.5) |');
    expect(report).toContain('| oidc-provider | **2,000** (2,000–2,000) |');
    expect(report).toContain('**2.20** (2.00–2.50, round by round). By server CPU per exchange: 2.20.');
  });

  it('shows what it was made with, what is unequal and that the activities were found', () => {
    const report = renderReport(findings());
    for (const part of [
      'A CPU',
      'v26.10.0',
      'SQLite 3.50.0',
      'ext4',
      '4000 distinct',
      'keeps nothing durably',
    ])
      expect(report).toContain(part);
    expect(report).toContain('134,010 activities of issued tokens for 134,002 access tokens received');
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
      const [entry] = findings().cases;
      const disturbed = [round(10, { disturbanceSeconds })];
      const report = renderReport(
        findings({
          cases:
            entry === undefined
              ? []
              : [{ ...entry, rounds: { bureau: disturbed, 'oidc-provider': disturbed } }],
        }),
      );
      expect(report.includes('The machine was not quiet')).toBe(!quiet);
    },
  );
});
