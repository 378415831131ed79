import type { Cores } from './cores.ts';
import type { LoadResult } from './load-job.ts';
import type { Machine } from './machine.ts';
import type { Options } from './parse-options.ts';
import type { CaseResult } from './run-rounds.ts';
import { median, type Spread, spreadOf } from './statistics.ts';
import type { Contender } from './the-exchange.ts';

/** Everything a report is made of. */
export interface Findings {
  /** Day of the run, `2026-01-31`. */
  readonly day: string;
  readonly options: Options;
  readonly machine: Machine;
  readonly cores: (Cores & { readonly siblings: boolean }) | null;
  readonly cases: readonly CaseResult[];
  readonly tokenBytes: Readonly<Record<Contender['name'], number>>;
  readonly thirdPartyTokenBytes: Readonly<Record<string, number>>;
  readonly durable: {
    /** Access tokens that were received, in rounds, warm-ups and checks. */
    readonly received: number;
    /** Activities of issued tokens found in the store afterwards. */
    readonly activities: number;
  };
}

const names = ['bureau', 'oidc-provider'] as const;

/** Above this share of the cores' time, other work may have moved the figures. */
const disturbedShare = 0.05;

const rate = ({ exchanges, seconds }: LoadResult): number => exchanges / seconds;
const whole = (value: number): string => Math.round(value).toLocaleString('en');
const spread = ({ median: middle, least, most }: Spread, show: (value: number) => string): string =>
  `${show(middle)} (${show(least)}–${show(most)})`;
const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Exchanges per second of the first divided by that of the second, round by round. */
export const ratioOf = ({ rounds }: Pick<CaseResult, 'rounds'>): Spread =>
  spreadOf(
    rounds.bureau.map((result, round) => {
      const other = rounds['oidc-provider'][round];
      if (other === undefined) throw new Error('the contenders ran different numbers of rounds');
      return rate(result) / rate(other);
    }),
  );

/** CPU seconds of the server for one exchange, median of the rounds; `null` where the system does not tell. */
const cpuPerExchange = (rounds: readonly LoadResult[]): number | null => {
  const known = rounds.flatMap(({ serverCpuSeconds, exchanges }) =>
    serverCpuSeconds === null ? [] : [serverCpuSeconds / exchanges],
  );
  return known.length === 0 ? null : median(known);
};

/** The report, in Markdown that can be read as it is. */
export const renderReport = (findings: Findings): string =>
  [
    '# Report of the benchmark',
    `Made on ${findings.day} by \`npm run bench\`. What it measures and what not: [README.md](README.md).`,
    ...findings.cases.flatMap(renderCase),
    '## How',
    renderConditions(findings)
      .map((line) => `- ${line}`)
      .join('\n'),
    '## On what',
    renderMachine(findings)
      .map((line) => `- ${line}`)
      .join('\n'),
    '## What is not equal between the two',
    inequalities(findings)
      .map((line) => `- ${line}`)
      .join('\n'),
    '',
  ].join('\n\n');

const renderCase = (result: CaseResult): readonly string[] => {
  const { algorithm, connections } = result;
  const load = connections === 1 ? 'one request at a time' : `${connections} connections`;
  const header = ['', 'exchanges per second', 'p50 ms', 'p99 ms', 'server CPU per exchange', 'server busy'];
  const rows = names.map((name) => renderRow(name, result.rounds[name]));
  const ratio = ratioOf(result);
  return [
    `## ${algorithm} third-party tokens, ${load}`,
    [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n'),
    `Ratio bureau : oidc-provider **${ratio.median.toFixed(2)}** (${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)}, round by round).${renderCpuRatio(result)}`,
  ];
};

/** The same comparison by CPU time, which waiting for a disk or for other people's processes does not enter into. */
const renderCpuRatio = ({ rounds }: CaseResult): string => {
  const [mine, other] = [cpuPerExchange(rounds.bureau), cpuPerExchange(rounds['oidc-provider'])];
  return mine === null || other === null || mine === 0
    ? ''
    : ` By server CPU per exchange: ${(other / mine).toFixed(2)}.`;
};

const renderRow = (name: string, rounds: readonly LoadResult[]): readonly string[] => {
  const cpu = cpuPerExchange(rounds);
  const busy = rounds.flatMap(({ serverCpuSeconds, seconds }) =>
    serverCpuSeconds === null ? [] : [serverCpuSeconds / seconds],
  );
  const milliseconds = (value: number): string => value.toFixed(value < 10 ? 2 : 1);
  return [
    name,
    `**${whole(median(rounds.map(rate)))}** (${whole(spreadOf(rounds.map(rate)).least)}–${whole(spreadOf(rounds.map(rate)).most)})`,
    spread(spreadOf(rounds.map(({ p50Ms }) => p50Ms)), milliseconds),
    spread(spreadOf(rounds.map(({ p99Ms }) => p99Ms)), milliseconds),
    cpu === null ? 'unknown' : `${whole(cpu * 1e6)} µs`,
    busy.length === 0 ? 'unknown' : percent(median(busy)),
  ];
};

const renderConditions = ({
  options,
  cores,
  cases,
  durable,
  thirdPartyTokenBytes,
}: Findings): readonly string[] => {
  const all = cases.flatMap(({ rounds }) => names.flatMap((name) => rounds[name]));
  const loadBusy = Math.max(...all.map(({ loadCpuSeconds, seconds }) => loadCpuSeconds / seconds));
  const disturbances = all.flatMap(({ disturbanceSeconds, seconds }) =>
    disturbanceSeconds === null ? [] : [disturbanceSeconds / (2 * seconds)],
  );
  const disturbance = disturbances.length === 0 ? null : spreadOf(disturbances);
  return [
    `${options.rounds} rounds of ${options.secondsPerRound} s for each contender in each case, after ${options.warmUpSeconds} s of warm-up each; the two take turns, and each goes first in every other round. Figures are medians over the rounds, with least and most in brackets.`,
    cores === null
      ? 'Nothing was held to a core: `taskset` or a second core was missing. Server and load may have shared one.'
      : `The server under test was held to one core with all its threads, the load process to another${cores.siblings ? ', which is a thread of the same physical core' : ''}. The server that does not have its turn stays up and idle on the server core.`,
    `Load: autocannon in a process of its own, keep-alive, one request in flight on each connection, the next as soon as the answer is there. Under such a load latency is mostly waiting: connections divided by throughput. The busiest round kept the load process at ${percent(loadBusy)} of its core.`,
    `${options.tokens} distinct third-party tokens of each algorithm, signed beforehand and sent in turn (${Object.entries(
      thirdPartyTokenBytes,
    )
      .map(([algorithm, bytes]) => `${algorithm} ${bytes} bytes`)
      .join(', ')}), so most were sent several times in a round; neither server keeps anything per token.`,
    'Every answer was checked: status 200 and an access token in it. One refusal, error or time-out voids the run. Before the rounds one access token of each was verified against its published keys with jose, and forged, foreign, expired and unknown tokens were seen refused by both.',
    `After the run the store held ${whole(durable.activities)} activities of issued tokens for ${whole(durable.received)} access tokens received.`,
    disturbance === null
      ? 'What else ran on the two cores is not known.'
      : `Other processes and the hypervisor took ${percent(disturbance.median)} of the two cores (median of the rounds; worst round ${percent(disturbance.most)}).${disturbance.median > disturbedShare ? ' **The machine was not quiet: neither the figures nor the ratio are to be relied on, for a server that waits for its disk gets less of a contested core than one that does not. CPU per exchange is the steadiest.**' : ''}`,
  ];
};

const renderMachine = ({ machine }: Findings): readonly string[] => [
  `CPU ${machine.cpu}, ${machine.usableCores} cores usable, ${machine.memoryGiB} GiB of memory, ${machine.system}`,
  `Node ${machine.node} (OpenSSL ${machine.openssl})`,
  `Bureau ${machine.bureau}; ${Object.entries(machine.packages)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}`,
  `Database: the embedded store, SQLite ${machine.sqlite} through node:sqlite, WAL, synchronous=FULL, on ${machine.fileSystem}; a durable append of 4 KiB takes ${machine.appendMs.toFixed(2)} ms there`,
];

const inequalities = ({ tokenBytes }: Findings): readonly string[] => [
  'Bureau makes one activity of every exchange durable (fsync, shared by the exchanges that arrive together) before the answer leaves. oidc-provider keeps nothing durably: its adapter is in memory, and JWT access tokens do not even go there.',
  'Bureau writes one log line for each request, level info, to a file. oidc-provider logs nothing.',
  'Bureau holds a third-party token to more rules: canonical encoding, no repeated members, one audience, lifetime, key strength, status of tenant, issuer and account. The handler given to oidc-provider checks signature, `iss`, `aud`, `exp`, `nbf` and `sub`.',
  'Bureau finds the account by the token alone, no `client_id` is sent. oidc-provider needs a `client_id`: it is sent, and its client is public and from the static list, which is the cheapest kind.',
  'Issuers, keys and the one account are in the memory of both while the load runs: Bureau reads them from its store and follows changes, oidc-provider has them in its code.',
  `Both sign ES256 JWT access tokens (\`at+jwt\`, 900 s) with the same claims; Bureau's are ${tokenBytes.bureau} bytes, oidc-provider's ${tokenBytes['oidc-provider']}.`,
  'Bureau runs as `bureau serve` with default settings, but for the rate limit, which is off, and the loopback issuers, which are allowed. oidc-provider runs on the bare HTTP server of Node with the features it has by default, and with no listener for its events.',
];
