import { promises } from '../contenders/contender.ts';
import type { Findings } from '../findings.ts';
import type { Primitives } from '../limit/compute-limit.ts';
import { type Spread, spreadOf } from '../statistics.ts';
import type { Round, SubjectResult } from '../subject-result.ts';
import { subjects } from '../subjects.ts';
import { renderSubject } from './render-subject.ts';
import { findTargets } from './targets.ts';
import { list, microseconds, percent, spread, table, whole } from './words.ts';

/** Above this share of the cores' time, other work may have moved the figures. */
const disturbedShare = 0.05;

/** The report, in Markdown that can be read as it is. */
export const renderReport = (findings: Findings): string =>
  [
    '# Report of the benchmark',
    `Made on ${findings.day} by \`npm run bench${findings.options.full ? ' -- --full' : ''}\` in ${Math.round(findings.minutes)} minutes. What it measures and how to read it: [README.md](README.md).`,
    ...renderTargets(findings),
    '## The limit of this machine',
    'What every token costs whatever the server is, each by itself in a process of its own on the core of the server, in this run.',
    renderPrimitives(findings.primitives),
    ...findings.subjects.flatMap((result) => renderSubject(result, findings.primitives, limitOf(result))),
    '## How',
    list(conditionsOf(findings)),
    '## On what',
    list(machineOf(findings)),
    '## What is not equal between the contenders',
    list(inequalities),
    '',
  ].join('\n\n');

/** The limit belongs to the subject and not to what was found. */
const limitOf = ({ name }: SubjectResult) => {
  const subject = subjects.find((one) => one.name === name);
  return subject?.kind === 'load' ? subject.limit : undefined;
};

const renderTargets = (findings: Findings): readonly string[] => {
  const targets = findTargets(findings);
  return targets.length === 0
    ? []
    : [
        '## Against the targets',
        table(
          ['', 'wanted', 'found', ''],
          targets.map(({ name, wanted, found, met }) => [name, wanted, found, met ? 'met' : '**missed**']),
        ),
      ];
};

const renderPrimitives = ({ verify, sign, http, httpPerSecond }: Primitives): string => {
  const row = (name: string, seconds: readonly number[]): readonly string[] => [
    name,
    spread(spreadOf(seconds), microseconds),
    spread(spreadOf(seconds.map((one) => 1 / one)), whole),
  ];
  return [
    table(
      ['', 'CPU each', 'a second at most'],
      [
        ...Object.entries(verify).map(([algorithm, seconds]) => row(`verify ${algorithm}`, seconds)),
        ...Object.entries(sign).map(([algorithm, seconds]) => row(`sign ${algorithm}`, seconds)),
        row('HTTP alone: Fastify, a form in, JSON out', http),
      ],
    ),
    `Fastify alone answered ${spread(spreadOf(httpPerSecond), whole)} a second.`,
  ].join('\n\n');
};

const roundsOf = (findings: Findings): readonly Round[] =>
  findings.subjects.flatMap((result) =>
    result.kind === 'load'
      ? result.entrants.flatMap(({ rounds, half }) => [...rounds, ...(half?.rounds ?? [])])
      : [],
  );

/** Rounds beside which somebody else was to keep a core busy. */
const awakeRoundsOf = ({ subjects }: Findings): readonly Round[] =>
  subjects.flatMap((result) =>
    result.kind === 'load' ? result.entrants.flatMap(({ half }) => half?.awake ?? []) : [],
  );

const disturbanceOf = (rounds: readonly Round[]): Spread | null => {
  const shares = rounds.flatMap(({ disturbanceSeconds, seconds }) =>
    disturbanceSeconds === null ? [] : [disturbanceSeconds / (2 * seconds)],
  );
  return shares.length === 0 ? null : spreadOf(shares);
};

const conditionsOf = (findings: Findings): readonly string[] => {
  const { options, cores } = findings;
  const rounds = roundsOf(findings);
  const disturbance = disturbanceOf(rounds);
  const answers = [...rounds, ...awakeRoundsOf(findings)].reduce(
    (sum, round) => sum + round.answers + round.late,
    0,
  );
  const loads = findings.subjects.filter((result) => result.kind === 'load');
  const judged = loads.flatMap(({ entrants }) => entrants).reduce((sum, entrant) => sum + entrant.judged, 0);
  const durable = loads.flatMap(({ durability }) => durability);
  const total = (name: 'received' | 'activities'): string =>
    whole(durable.reduce((sum, one) => sum + one[name], 0));
  const busiest = Math.max(0, ...rounds.map(({ loadCpuSeconds, seconds }) => loadCpuSeconds / seconds));
  return [
    `What was kept while a figure was taken: ${Object.entries(promises)
      .map(([letter, words]) => `**${letter}** ${words}`)
      .join('; ')}.`,
    `${options.rounds} rounds of ${options.secondsPerRound} s for each row, after ${options.warmUpSeconds} s of warm-up; the rows of a table take turns, and another one goes first in every round. Figures are medians over the rounds, with least and most in brackets; ratios are taken round by round.`,
    cores === null
      ? 'Nothing was held to a core: `taskset` or a second core was missing. Server and load may have shared one.'
      : `A server was held to one core with all its threads, the load process to another${cores.siblings ? ', which is a thread of the same physical core' : ''}; "all cores" was held to none. PostgreSQL has the core of the load, commits durably, and its CPU time is not the server's. Servers that do not have their turn stay up and idle.`,
    `Load: sockets of a process of its own, keep-alive, ${options.connections} connections where nothing else is said, one request in flight on each, the next as soon as the answer is there; under it latency is mostly waiting. "At half" is another load: so many a second at set times, half of what the same server could take, and latency counts from the moment a request was due; "kept awake" is the same while a process of the lowest kind (SCHED_IDLE), which gives way to all others, keeps the core of the server from going to sleep. The busiest round kept the load process at ${percent(busiest)} of its core.`,
    `${whole(options.tokens)} distinct third-party tokens of each kind, signed beforehand and sent in turn. Assertions with an own key are all different and each was sent once.`,
    `${whole(answers)} answers, 0 errors: every one had the status and the member it had to have, or its subject is void. ${whole(judged)} of them, taken at random from the rounds, were verified with jose against the published keys and held to the claims that were asked for. Before, each server was seen to refuse tokens that were forged, foreign, expired or of nobody, and an assertion that was used.`,
    `After it, the stores of Bureau held ${total('activities')} activities of issued tokens for ${total('received')} tokens received.`,
    disturbance === null
      ? 'What else ran on the two cores is not known.'
      : `Other processes and the hypervisor took ${percent(disturbance.median)} of the two cores (median of the rounds; worst round ${percent(disturbance.most)}).${disturbance.median > disturbedShare ? ' **The machine was not quiet: neither throughput nor latency is to be relied on. CPU time is the steadiest.**' : ''}`,
  ];
};

const machineOf = ({ machine }: Findings): readonly string[] => [
  `CPU ${machine.cpu}, ${machine.usableCores} cores usable, ${machine.memoryGiB} GiB of memory, ${machine.system}`,
  `Node ${machine.node} (OpenSSL ${machine.openssl})`,
  `Bureau ${machine.bureau}; ${Object.entries(machine.packages)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}`,
  `Database: SQLite ${machine.sqlite} through node:sqlite, WAL, synchronous=FULL, on ${machine.fileSystem}; a durable append of 4 KiB takes ${machine.appendMs.toFixed(2)} ms there`,
];

const inequalities: readonly string[] = [
  'Bureau makes one activity of every token durable before the answer leaves; the others keep nothing durably. oidc-provider remembers used assertions in memory, as the one made with jose does.',
  'Bureau writes one log line for each request, level info, to a file, and counts two rate limits. The others log nothing and limit nothing.',
  'Bureau holds a token to more rules: canonical encoding, no repeated members, one audience, lifetime, key strength, status of tenant, issuer and account, blocks. The others check signature, `iss`, `aud`, `exp`, `nbf` and `sub`.',
  'Bureau finds the account by the token alone. oidc-provider needs a `client_id`: it is sent, and its client is public and from the static list, which is the cheapest kind.',
  'Issuers, keys and accounts are in the memory of all while the load runs: Bureau reads them from its store and follows changes, the others have them in their code.',
  'Bureau runs from what `npm run build` makes; the others are started from TypeScript, and some tens of MB of their memory are what reads it.',
  'All sign ES256 JWT access tokens (`at+jwt`, 900 s) with the same claims.',
  'oidc-provider is a full OpenID provider and this is two grants of it, on the bare HTTP server of Node, with the features it has by default and no listener for its events.',
];
