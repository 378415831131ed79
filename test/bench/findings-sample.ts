import type { Findings } from '../../bench/findings.ts';
import type { EntrantResult, Round } from '../../bench/subject-result.ts';

/** A round of ten seconds with so many answers a second, each of which cost the server so many microseconds. */
export const round = (perSecond: number, microseconds = 100, more: Partial<Round> = {}): Round => ({
  answers: perSecond * 10,
  late: 1,
  seconds: 10,
  p50Ms: 8,
  p99Ms: 12.5,
  mostMs: 40,
  loadCpuSeconds: 4,
  serverCpuSeconds: (perSecond * 10 * microseconds) / 1e6,
  databaseCpuSeconds: 0,
  disturbanceSeconds: 0.2,
  serverBytes: 200 * 2 ** 20,
  ...more,
});

/** A row of a table. */
export const entrant = (rounds: readonly Round[], more: Partial<EntrantResult> = {}): EntrantResult => ({
  name: 'bureau',
  server: { kind: 'bureau' },
  work: { door: 'exchange', algorithm: 'RS256', tokens: 'distinct' },
  connections: 64,
  kept: ['D', 'S', 'L'],
  rounds,
  half: null,
  change: null,
  bytesAtRest: 100 * 2 ** 20,
  judged: 25,
  ...more,
});

/** What a run found, complete, and changed member by member. */
export const findings = (more: Partial<Findings> = {}): Findings => ({
  day: '2026-01-31',
  minutes: 2,
  options: {
    only: null,
    full: false,
    rounds: 3,
    secondsPerRound: 10,
    warmUpSeconds: 10,
    connections: 64,
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
  // 25 + 25 + 50 microseconds: at most 10,000 RS256 exchanges a second.
  primitives: {
    verify: { RS256: [25e-6], ES256: [75e-6], Ed25519: [125e-6] },
    sign: { ES256: [25e-6], RS256: [300e-6] },
    http: [50e-6],
    httpPerSecond: [20_000],
  },
  subjects: [
    {
      kind: 'load',
      name: 'rs256',
      title: 'Token exchange, RS256 tokens',
      why: 'What most platforms sign with.',
      entrants: [
        entrant([round(8000), round(9000), round(8200)], {
          half: {
            perSecond: 4100,
            rounds: [round(4100, 100, { p99Ms: 3.25 })],
            awake: [round(4100, 100, { p99Ms: 2.5 })],
          },
        }),
        entrant([round(2000, 400), round(2000, 400), round(2000, 400)], {
          name: 'oidc-provider',
          server: { kind: 'oidc-provider' },
          kept: ['s'],
        }),
      ],
      durability: [
        { server: { kind: 'bureau' }, received: 134_002, activities: 134_010, grownBytes: 134_010_000 },
      ],
    },
  ],
  ...more,
});
