import type { Findings } from '../findings.ts';
import { median } from '../statistics.ts';
import type { EntrantResult, SubjectResult } from '../subject-result.ts';
import { cpuRatioOf, mostBytes, ratioOf, shareOfLimit } from './figures.ts';

/** Something the server is to reach, and whether it did. */
export interface Target {
  readonly name: string;
  readonly wanted: string;
  readonly found: string;
  readonly met: boolean;
}

interface Row {
  readonly name: string;
  readonly subject: string;
  readonly wanted: number;
  /** Whether less is better. */
  readonly atMost: boolean;
  readonly unit: string;
  readonly digits: number;
  /** `null` where it was not measured. */
  readonly measure: (findings: Findings, result: SubjectResult) => number | null;
}

/** Measures two entrants, by their places, of a subject under load. */
const two =
  (one: number, other: number, measure: (one: EntrantResult, other: EntrantResult) => number | null) =>
  (_findings: Findings, result: SubjectResult): number | null => {
    const [mine, its] = [entrantAt(result, one), entrantAt(result, other)];
    return mine === null || its === null ? null : measure(mine, its);
  };
const entrantAt = (result: SubjectResult, place: number): EntrantResult | null =>
  result.kind === 'load' ? (result.entrants.at(place) ?? null) : null;

/** What was built is held to the targets: it is what the image and an installation run. */
const startOf =
  (accounts: number) =>
  (_findings: Findings, result: SubjectResult): number | null => {
    const state =
      result.kind === 'start'
        ? result.states.find((one) => one.program === 'built' && one.accounts === accounts)
        : undefined;
    return state === undefined ? null : median(state.seconds);
  };

const shareOf =
  (verify: 'RS256' | 'ES256') =>
  ({ primitives }: Findings, result: SubjectResult): number | null => {
    const entrant = entrantAt(result, 0);
    return entrant === null
      ? null
      : shareOfLimit(entrant, primitives, { verify, sign: 'ES256' }).byThroughput;
  };

const p99AtHalf = (_findings: Findings, result: SubjectResult): number | null => {
  const half = entrantAt(result, 0)?.half ?? null;
  return half === null ? null : median(half.rounds.map(({ p99Ms }) => p99Ms));
};

const megabytes = (bytes: number | null): number | null => (bytes === null ? null : bytes / 1e6);

const rows: readonly Row[] = [
  {
    name: 'RS256 exchange against oidc-provider',
    subject: 'rs256',
    wanted: 4,
    atMost: false,
    unit: '×',
    digits: 2,
    measure: two(0, 1, (bureau, other) => ratioOf(bureau, other).median),
  },
  {
    name: 'RS256 exchange against the limit',
    subject: 'rs256',
    wanted: 0.75,
    atMost: false,
    unit: '',
    digits: 2,
    measure: shareOf('RS256'),
  },
  {
    name: 'own-key door against the limit',
    subject: 'own-key',
    wanted: 0.5,
    atMost: false,
    unit: '',
    digits: 2,
    measure: shareOf('ES256'),
  },
  {
    name: 'p99 at half of saturation, RS256 exchange',
    subject: 'rs256',
    wanted: 5,
    atMost: true,
    unit: ' ms',
    digits: 2,
    measure: p99AtHalf,
  },
  {
    name: 'CPU of an exchange with all cores against one',
    subject: 'workers',
    // 0.85 of cores × one, by what an exchange costs: the load takes its share of the cores from the throughput.
    wanted: 1 / 0.85,
    atMost: true,
    unit: '×',
    digits: 2,
    measure: two(1, 0, cpuRatioOf),
  },
  {
    name: 'CPU of an exchange with 1,000,000 accounts against 10',
    subject: 'accounts',
    wanted: 1.15,
    atMost: true,
    unit: '×',
    digits: 2,
    measure: two(3, 0, cpuRatioOf),
  },
  {
    name: 'memory with 1,000,000 accounts, under load',
    subject: 'accounts',
    wanted: 300,
    atMost: true,
    unit: ' MB',
    digits: 0,
    measure: two(3, 3, ({ rounds }) => megabytes(mostBytes(rounds))),
  },
  {
    name: 'start to ready, no accounts',
    subject: 'start',
    wanted: 0.7,
    atMost: true,
    unit: ' s',
    digits: 2,
    measure: startOf(0),
  },
  {
    name: 'start to ready, 100,000 accounts',
    subject: 'start',
    wanted: 2,
    atMost: true,
    unit: ' s',
    digits: 2,
    measure: startOf(100_000),
  },
  {
    name: 'CPU of the dearest hostile token against a good one',
    subject: 'hostile',
    wanted: 1,
    atMost: true,
    unit: '×',
    digits: 2,
    measure: (_findings, result) => {
      const good = entrantAt(result, 0);
      if (result.kind !== 'load' || good === null) return null;
      const ratios = result.entrants.slice(1).map((hostile) => cpuRatioOf(hostile, good) ?? 0);
      return ratios.length === 0 ? null : Math.max(...ratios);
    },
  },
];

/** The targets that these findings say something about. */
export const findTargets = (findings: Findings): readonly Target[] =>
  rows.flatMap(({ name, subject, wanted, atMost, unit, digits, measure }) => {
    const result = findings.subjects.find((one) => one.name === subject);
    const found = result === undefined ? null : measure(findings, result);
    return found === null
      ? []
      : [
          {
            name,
            wanted: `${atMost ? '≤' : '≥'} ${wanted.toFixed(digits)}${unit}`,
            found: `${found.toFixed(digits)}${unit}`,
            met: atMost ? found <= wanted : found >= wanted,
          },
        ];
  });
