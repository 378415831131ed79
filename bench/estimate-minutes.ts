import type { Options } from './parse-options.ts';
import { calmPairs, hasHalf } from './run-load-subject.ts';
import type { LoadSubject, Subject } from './subject.ts';

/** Seconds it takes to start a server, to register what it needs, to check and to stop it. */
const serverSeconds = 5;
/** Seconds to put so many accounts into a database. */
const accountsPerSecond = 15_000;
/** Seconds of one start of the server, with its stop. */
const startSeconds = 1.5;
/** The primitives and HTTP alone, in rounds. */
const primitiveShare = 3;
/** Tokens signed a second by all cores, for the pools. */
const signedPerSecond = 4000;

type Times = Pick<Options, 'full' | 'rounds' | 'secondsPerRound' | 'warmUpSeconds' | 'tokens'>;

/** About how many minutes a run will take. */
export const estimateMinutes = (subjects: readonly Subject[], times: Times): number => {
  const seconds = subjects.reduce(
    (sum, subject) =>
      sum + (subject.kind === 'load' ? secondsOfLoad(subject, times) : secondsOfStarts(subject, times)),
    times.rounds * times.secondsPerRound * primitiveShare + (2 * times.tokens) / signedPerSecond,
  );
  return Math.ceil(seconds / 60);
};

const secondsOfLoad = (subject: LoadSubject, times: Times): number => {
  const { entrants, changes } = subject;
  const { rounds, secondsPerRound, warmUpSeconds, tokens } = times;
  const plans = new Map(entrants.map(({ server }) => [JSON.stringify(server), server]));
  const servers = [...plans.values()].reduce(
    (sum, plan) =>
      sum + serverSeconds + (plan.kind === 'bureau' ? (plan.accounts ?? 0) / accountsPerSecond : 0),
    0,
  );
  const pools = entrants.filter(({ work }) => work.door === 'seeded').length * (tokens / signedPerSecond);
  const each =
    warmUpSeconds +
    rounds * secondsPerRound +
    (changes === true ? 2 * calmPairs(rounds) * secondsPerRound : 0);
  const minting = entrants.filter(({ work }) => work.door === 'own-key').length * each * 0.3;
  const halves =
    entrants.filter((_, place) => hasHalf(subject, place, times)).length *
    Math.min(3, rounds) *
    secondsPerRound *
    (times.full && subject.awake === true ? 2 : 1);
  return servers + pools + minting + halves + entrants.length * each;
};

const secondsOfStarts = (
  { states }: Extract<Subject, { readonly kind: 'start' }>,
  { rounds }: Times,
): number =>
  states.reduce(
    (sum, { accounts }) => sum + (rounds + 3) * startSeconds + (accounts ?? 0) / accountsPerSecond,
    0,
  );
