import { parseArgs } from 'node:util';

/** What a run of the benchmark does. */
export interface Options {
  /** Names of the subjects, in the order of the table; `null`: those of the short run, or all with `--full`. */
  readonly only: readonly string[] | null;
  readonly full: boolean;
  /** Measured rounds of each entrant. */
  readonly rounds: number;
  readonly secondsPerRound: number;
  readonly warmUpSeconds: number;
  /** Connections with one request in flight each, where a subject does not say otherwise. */
  readonly connections: number;
  /** Distinct tokens of one kind. */
  readonly tokens: number;
  /** Write `bench/report.md` and `bench/report.json`. */
  readonly report: boolean;
  /** Folder for CPU profiles of the servers, or `null`. */
  readonly profile: string | null;
}

/** What `npm run bench -- --help` says. */
export const usageOf = (subjects: readonly string[]): string => `usage: npm run bench -- [options]

  --full            every subject, and longer rounds
  --only A,B        these subjects: ${subjects.join(', ')}
  --no-report       leave bench/report.md and bench/report.json alone; so do --only and --profile
  --report          write them all the same
  --profile FOLDER  write CPU profiles of the servers there; the figures of such a run mean little
  --rounds N        measured rounds of each entrant (default 3, with --full 5)
  --seconds N       seconds of a round (default 2, with --full 2.5)
  --warm-up N       seconds of warm-up before the rounds of a subject (default: as a round, 2 at least)
  --connections N   connections, each with one request in flight (default 64)
  --tokens N        distinct tokens of one kind (default 20000, with --full 40000)
`;

/** Thrown for a command line that says nothing sensible; the message is for the user. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}

/**
 * Reads the command line; `null` when only help is asked for. Throws {@link WrongUsage}.
 *
 * @param subjects names there are
 */
export const parseOptions = (args: readonly string[], subjects: readonly string[]): Options | null => {
  const values = read(args);
  if (values.help === true) return null;
  const full = values.full === true;
  const only = values.only === undefined ? null : parseNames(values.only, subjects);
  const secondsPerRound = positive('seconds', values.seconds, full ? 2.5 : 2);
  const profile = values.profile ?? null;
  if (values.report === true && values['no-report'] === true)
    throw new WrongUsage('--report and --no-report exclude each other');
  if (values.report === true && profile !== null)
    throw new WrongUsage('--report and --profile exclude each other: a profiled server is a slower one');
  return {
    only,
    full,
    rounds: whole('rounds', values.rounds, full ? 5 : 3),
    secondsPerRound,
    warmUpSeconds: positive('warm-up', values['warm-up'], Math.max(2, secondsPerRound)),
    connections: whole('connections', values.connections, 64),
    tokens: whole('tokens', values.tokens, full ? 40_000 : 20_000),
    report: values.report ?? (values['no-report'] !== true && only === null && profile === null),
    profile,
  };
};

const read = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        full: { type: 'boolean' },
        only: { type: 'string' },
        report: { type: 'boolean' },
        'no-report': { type: 'boolean' },
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

const parseNames = (text: string, subjects: readonly string[]): readonly string[] => {
  const asked = text.split(',').map((name) => name.trim());
  for (const name of asked)
    if (!subjects.includes(name))
      throw new WrongUsage(`there is no subject "${name}"; there are ${subjects.join(', ')}`);
  return subjects.filter((name) => asked.includes(name));
};

const positive = (name: string, text: string | undefined, otherwise: number): number => {
  const value = text === undefined ? otherwise : Number(text);
  if (!(value > 0 && value <= 3600)) throw new WrongUsage(`--${name} must be a number above 0, at most 3600`);
  return value;
};

const whole = (name: string, text: string | undefined, otherwise: number): number => {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000_000)
    throw new WrongUsage(`--${name} must be a whole number from 1 to 1000000`);
  return value;
};
