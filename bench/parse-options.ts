import { parseArgs } from 'node:util';

/** What a run of the benchmark does. */
export interface Options {
  /** Measured rounds of each contender in each case. */
  readonly rounds: number;
  readonly secondsPerRound: number;
  readonly warmUpSeconds: number;
  /** Connections of the two main cases, each with one request in flight. */
  readonly connections: number;
  /** Distinct third-party tokens signed for each algorithm. */
  readonly tokens: number;
  /** Write `bench/report.md`. */
  readonly report: boolean;
  /** Folder for CPU profiles of both servers, or `null`. Profiling costs time, so there is no report of such a run. */
  readonly profile: string | null;
}

/** What `npm run bench -- --help` says. */
export const usage = `usage: npm run bench -- [options]

  --quick           3 rounds of 3 s instead of 5 rounds of 10 s
  --report          write bench/report.md
  --profile FOLDER  write CPU profiles of both servers there; the figures of such a run mean little
  --rounds N        measured rounds of each contender in each case
  --seconds N       seconds of a round
  --warm-up N       seconds of warm-up before the rounds of a case (default: one round, 2 s at least)
  --connections N   connections, each with one request in flight (default 32)
  --tokens N        distinct third-party tokens of each algorithm (default 4000)
`;

/** Thrown for a command line that says nothing sensible; the message is for the user. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}

/** Reads the command line; `null` when only help is asked for. Throws {@link WrongUsage}. */
export const parseOptions = (args: readonly string[]): Options | null => {
  const values = read(args);
  if (values.help === true) return null;
  const secondsPerRound = positive('seconds', values.seconds, values.quick === true ? 3 : 10);
  const connections = whole('connections', values.connections, 32);
  const tokens = whole('tokens', values.tokens, 4000);
  if (values.report === true && values.profile !== undefined)
    throw new WrongUsage('--report and --profile exclude each other: a profiled server is a slower one');
  if (tokens < connections) throw new WrongUsage('--tokens must not be less than --connections');
  return {
    rounds: whole('rounds', values.rounds, values.quick === true ? 3 : 5),
    secondsPerRound,
    warmUpSeconds: positive('warm-up', values['warm-up'], Math.max(2, secondsPerRound)),
    connections,
    tokens,
    report: values.report === true,
    profile: values.profile ?? null,
  };
};

const read = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        report: { type: 'boolean' },
        profile: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        'warm-up': { type: 'string' },
        connections: { type: 'string' },
        tokens: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new WrongUsage((error as Error).message);
  }
};

const positive = (name: string, text: string | undefined, otherwise: number): number => {
  const value = text === undefined ? otherwise : Number(text);
  if (!(value > 0 && value <= 3600)) throw new WrongUsage(`--${name} must be a number above 0, at most 3600`);
  return value;
};

const whole = (name: string, text: string | undefined, otherwise: number): number => {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100_000)
    throw new WrongUsage(`--${name} must be a whole number from 1 to 100000`);
  return value;
};
