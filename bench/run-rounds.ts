import type { Child } from './children.ts';
import type { Cores } from './cores.ts';
import { RunIsVoid } from './check-contender.ts';
import type { LoadAnswer, LoadJob, LoadResult } from './load-job.ts';
import type { Contender } from './the-exchange.ts';
import type { SignedTokens, TokenAlgorithm } from './third-party-tokens.ts';

/** What is measured: tokens of one algorithm over so many connections. */
export interface Case {
  readonly algorithm: TokenAlgorithm;
  readonly connections: number;
}

/** The rounds of one case, by contender, in the order in which they were run. */
export interface CaseResult extends Case {
  readonly rounds: Readonly<Record<Contender['name'], readonly LoadResult[]>>;
  /** Access tokens each contender has issued in rounds and warm-up. */
  readonly issued: Readonly<Record<Contender['name'], number>>;
}

/** What {@link runCase} works with. */
export interface Bench {
  readonly load: Child;
  readonly cores: Cores | null;
  readonly contenders: readonly [Contender, Contender];
  readonly rounds: number;
  readonly secondsPerRound: number;
  readonly warmUpSeconds: number;
  readonly say: (line: string) => void;
}

/** The order of the two in a round: each goes first as often as the other, so that a drift hits both alike. */
export const orderOfRound = <T>([a, b]: readonly [T, T], round: number): readonly [T, T] =>
  round % 2 === 0 ? [a, b] : [b, a];

/** Warms both up, then lets them take turns. Throws {@link RunIsVoid} with the first refusal or failed request. */
export const runCase = async (
  bench: Bench,
  { algorithm, connections }: Case,
  { tokens }: SignedTokens,
): Promise<CaseResult> => {
  const { contenders, load, cores, say } = bench;
  const rounds = { bureau: [] as LoadResult[], 'oidc-provider': [] as LoadResult[] };
  const issued = { bureau: 0, 'oidc-provider': 0 };
  const title = `${algorithm}, ${connections} connection${connections === 1 ? '' : 's'}`;

  const run = async (contender: Contender, seconds: number): Promise<LoadResult> => {
    const job: LoadJob = {
      url: contender.tokenUrl,
      bodies: tokens.map((token) => contender.body(token)),
      connections,
      seconds,
      serverPid: contender.pid,
      cores,
    };
    const answer = await load.ask<LoadAnswer>(job);
    if (!answer.ok) throw new RunIsVoid(`${contender.name}, ${title}: ${answer.why}`);
    issued[contender.name] += answer.result.exchanges + answer.result.late;
    return answer.result;
  };

  say(`${title}: warm-up`);
  for (const contender of contenders) await run(contender, bench.warmUpSeconds);
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const contender of orderOfRound(contenders, round)) {
      const result = await run(contender, bench.secondsPerRound);
      rounds[contender.name].push(result);
      const perSecond = Math.round(result.exchanges / result.seconds).toLocaleString('en');
      const p99 = result.p99Ms.toFixed(1);
      say(
        `${title}: round ${round + 1} ${contender.name.padEnd(13)} ${perSecond.padStart(7)}/s  p99 ${p99} ms`,
      );
    }
  }
  return { algorithm, connections, rounds, issued };
};
