import { type LimitOf, limitPerSecond, type Primitives } from '../limit/compute-limit.ts';
import { median, spreadOf } from '../statistics.ts';
import type { EntrantResult, SubjectResult } from '../subject-result.ts';
import { busyOf, cpuOf, cpuRatioOf, mostBytes, ratesOf, ratioOf, shareOfLimit } from './figures.ts';
import { decimal, mebibytes, microseconds, percent, spread, table, times, whole } from './words.ts';

interface Column {
  readonly title: string;
  readonly cell: (entrant: EntrantResult) => string;
}

/** The columns of a table: those that say something about these entrants. */
const columnsOf = (
  entrants: readonly EntrantResult[],
  primitives: Primitives,
  limit: LimitOf | undefined,
): readonly Column[] => {
  const first = entrants[0];
  if (first === undefined) return [];
  const when = (is: boolean, ...columns: readonly Column[]): readonly Column[] => (is ? columns : []);
  const share = (entrant: EntrantResult, of: LimitOf) => shareOfLimit(entrant, primitives, of);
  return [
    { title: '', cell: ({ name }) => name },
    { title: 'a second', cell: (entrant) => spread(ratesOf(entrant), whole) },
    { title: 'ratio to the first', cell: (entrant) => spread(ratioOf(entrant, first), decimal) },
    ...when(limit !== undefined, {
      title: 'of the limit',
      cell: (entrant) => (limit === undefined ? '' : percent(share(entrant, limit).byThroughput)),
    }),
    { title: 'CPU each', cell: ({ rounds }) => microseconds(cpuOf(rounds)) },
    { title: 'CPU ratio', cell: (entrant) => times(cpuRatioOf(entrant, first)) },
    ...when(limit !== undefined, {
      title: 'of the limit, by CPU',
      cell: (entrant) => (limit === undefined ? '' : percent(share(entrant, limit).byCpu)),
    }),
    ...when(
      entrants.some(({ rounds }) => (cpuOf(rounds, 'databaseCpuSeconds') ?? 0) > 0),
      { title: 'database CPU each', cell: ({ rounds }) => microseconds(cpuOf(rounds, 'databaseCpuSeconds')) },
    ),
    { title: 'busy', cell: ({ rounds }) => percent(busyOf(rounds)) },
    {
      title: 'p50 and p99, ms',
      cell: ({ rounds }) =>
        `${decimal(median(rounds.map(({ p50Ms }) => p50Ms)))}, ${decimal(median(rounds.map(({ p99Ms }) => p99Ms)))}`,
    },
    ...when(
      entrants.some(({ half }) => half !== null),
      { title: 'p99 at half, ms', cell: halfCell },
    ),
    ...when(
      entrants.some(({ half }) => (half?.awake ?? null) !== null),
      { title: 'the core kept awake', cell: ({ half }) => p99Of(half?.awake ?? []) },
    ),
    ...when(
      entrants.some(({ change }) => change !== null),
      {
        title: 'CPU of a change: nodes, database',
        cell: ({ change }) =>
          change === null
            ? ''
            : `${microseconds(change.serverSeconds)}, ${microseconds(change.databaseSeconds)}`,
      },
    ),
    {
      title: 'memory at rest and under load',
      cell: ({ bytesAtRest, rounds }) => `${mebibytes(bytesAtRest)}, ${mebibytes(mostBytes(rounds))}`,
    },
    { title: 'kept', cell: ({ kept }) => kept.join(' ') },
  ];
};

const halfCell = ({ half }: EntrantResult): string =>
  half === null ? '' : `${p99Of(half.rounds)} at ${whole(half.perSecond)}`;

const p99Of = (rounds: EntrantResult['rounds']): string =>
  rounds.length === 0 ? '' : spread(spreadOf(rounds.map(({ p99Ms }) => p99Ms)), decimal);

/** One subject of the report. */
export const renderSubject = (
  result: SubjectResult,
  primitives: Primitives,
  limit: LimitOf | undefined,
): readonly string[] => {
  const heading = [`## ${result.title}`, result.why];
  switch (result.kind) {
    case 'void':
      return [...heading, `**Void, and without figures: ${result.reason}**`];
    case 'start':
      return [
        ...heading,
        table(
          ['', 'seconds', 'CPU, seconds', 'ratio to the first', 'memory when ready'],
          result.states.map(({ name, seconds, cpuSeconds, bytes }) => [
            name,
            spread(spreadOf(seconds), decimal),
            cpuSeconds.length === 0 ? 'not known' : decimal(median(cpuSeconds)),
            times(median(seconds) / median(result.states[0]?.seconds ?? seconds)),
            mebibytes(bytes),
          ]),
        ),
      ];
    case 'load': {
      const columns = columnsOf(result.entrants, primitives, limit);
      return [
        ...heading,
        ...(limit === undefined
          ? []
          : [
              `The limit of one core is ${spread(limitPerSecond(primitives, limit), whole)} a second: one ${limit.verify} verification, one ${limit.sign} signature, one request of HTTP.`,
            ]),
        table(
          columns.map(({ title }) => title),
          result.entrants.map((entrant) => columns.map(({ cell }) => cell(entrant))),
        ),
      ];
    }
  }
};
