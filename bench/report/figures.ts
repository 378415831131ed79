import { leastSeconds, type LimitOf, limitPerSecond, type Primitives } from '../limit/compute-limit.ts';
import { median, type Spread, spreadOf } from '../statistics.ts';
import type { EntrantResult, Round } from '../subject-result.ts';

/** Answers a second of a round. */
export const rateOf = ({ answers, seconds }: Round): number => answers / seconds;

/** Answers a second of an entrant. */
export const ratesOf = ({ rounds }: Pick<EntrantResult, 'rounds'>): Spread => spreadOf(rounds.map(rateOf));

/** CPU seconds of the server for one answer, or of the database; `null` where the system does not tell. */
export const cpuOf = (
  rounds: readonly Round[],
  of: 'serverCpuSeconds' | 'databaseCpuSeconds' = 'serverCpuSeconds',
): number | null => {
  const known = rounds.flatMap((round) => {
    const seconds = round[of];
    return seconds === null ? [] : [seconds / round.answers];
  });
  return known.length === 0 ? null : median(known);
};

/** Throughput of one divided by that of another, round by round, so that a slow moment of the machine counts for both. */
export const ratioOf = (one: Pick<EntrantResult, 'rounds'>, other: Pick<EntrantResult, 'rounds'>): Spread =>
  spreadOf(
    one.rounds.map((round, index) => {
      const against = other.rounds[index];
      if (against === undefined) throw new Error('the entrants ran different numbers of rounds');
      return rateOf(round) / rateOf(against);
    }),
  );

/** How many times the CPU time of another one needs for an answer; `null` where the system does not tell. */
export const cpuRatioOf = (
  one: Pick<EntrantResult, 'rounds'>,
  other: Pick<EntrantResult, 'rounds'>,
): number | null => {
  const [mine, its] = [cpuOf(one.rounds), cpuOf(other.rounds)];
  return mine === null || its === null ? null : mine / its;
};

/** Which part of the limit an entrant reaches: by throughput, and by the CPU time an answer needs. */
export const shareOfLimit = (
  { rounds }: Pick<EntrantResult, 'rounds'>,
  primitives: Primitives,
  of: LimitOf,
): { readonly byThroughput: number; readonly byCpu: number | null } => {
  const cpu = cpuOf(rounds);
  return {
    byThroughput: median(rounds.map(rateOf)) / limitPerSecond(primitives, of).median,
    byCpu: cpu === null ? null : leastSeconds(primitives, of) / cpu,
  };
};

/** Which part of its time the server was at work: CPU seconds in a second; `null` where the system does not tell. */
export const busyOf = (rounds: readonly Round[]): number | null => {
  const known = rounds.flatMap(({ serverCpuSeconds, seconds }) =>
    serverCpuSeconds === null ? [] : [serverCpuSeconds / seconds],
  );
  return known.length === 0 ? null : median(known);
};

/** Resident memory of the server at the end of the round in which it was greatest. */
export const mostBytes = (rounds: readonly Round[]): number | null => {
  const known = rounds.flatMap(({ serverBytes }) => (serverBytes === null ? [] : [serverBytes]));
  return known.length === 0 ? null : Math.max(...known);
};
