import type { FloodFindings, PipelineFindings, SlowFindings } from './connections.ts';
import type { HerdFindings } from './herd.ts';
import type { GoodFindings, KeyFindings, NeighbourFindings } from './neighbours.ts';
import type { OpenLoopResult } from './open-loop-job.ts';
import type { HealthFindings } from './probe-health.ts';
import type { LevelFindings, Maximum } from './saturation.ts';

/** What good requests noticed of something, and what became of that. */
interface Beside<T> {
  readonly findings: NeighbourFindings;
  readonly result: T;
}

/** Everything a run found; what was not asked for is `undefined`. */
export interface OverloadFindings {
  readonly machine: readonly string[];
  readonly maximum: Maximum;
  readonly connections: number;
  /** Good requests alone at half of the most. */
  readonly half: GoodFindings;
  readonly levels: readonly LevelFindings[] | undefined;
  readonly herd: HerdFindings | undefined;
  readonly bad: Beside<OpenLoopResult> | undefined;
  readonly badWithLimits: Beside<OpenLoopResult> | undefined;
  readonly hanging: Beside<OpenLoopResult> | undefined;
  readonly keys: Beside<KeyFindings> | undefined;
  readonly accounts: Beside<KeyFindings> | undefined;
  readonly slow: Beside<readonly SlowFindings[]> | undefined;
  readonly flood: FloodFindings | undefined;
  readonly pipeline: PipelineFindings | undefined;
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : whole(value)} ms`;
const verdict = (met: boolean): string => (met ? 'met' : '**not met**');
const green = ({ asked, notGreen, mostMs }: HealthFindings): string =>
  `${asked - notGreen} of ${asked} green, slowest ${ms(mostMs)}`;

const level = (entry: LevelFindings): string =>
  `| ${entry.times} × | ${whole(entry.asked)} | ${whole(entry.sent)} | ${whole(entry.issued)} | ${ms(entry.issuedP99Ms)} | ${whole(entry.cpuMicrosPerGrant)} µs | ${whole(entry.refused)} | ${ms(entry.refusedP50Ms)} | ${ms(entry.refusedP99Ms)} | ${entry.others} | ${green(entry.health)} | ${ms(entry.recoveryMs)} |`;

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

const good = ({ p99Ms, serverBusy, lateP99Ms }: GoodFindings): string =>
  `${ms(p99Ms)} | ${percent(serverBusy)} | ${ms(lateP99Ms)}`;

const neighbour = (
  id: string,
  what: string,
  { perSecond, alone, beside, granted, health }: NeighbourFindings,
  more: string,
  alsoMet = true,
): string =>
  `| ${id} | ${what} | ${whole(perSecond)} | ${good(alone)} | ${good(beside)} | ${(beside.p99Ms / alone.p99Ms).toFixed(1)} × | ${(granted * 100).toFixed(1)} % | ${green(health)} | ${more} | ${verdict(alsoMet && beside.p99Ms <= 2 * alone.p99Ms)} |`;

const answers = (result: OpenLoopResult): string =>
  result.statuses.map(({ status, count }) => `${whole(count)} × ${status}`).join(', ');

const levelsSection = (maximum: Maximum, connections: number, levels: readonly LevelFindings[]): string => {
  const best = Math.max(maximum.perSecond, ...levels.map(({ issued }) => issued));
  const five = levels.find(({ times }) => times === 5);
  const kept = (five?.issued ?? 0) / best;
  const refusedP99 = Math.max(...levels.map(({ refusedP99Ms }) => refusedP99Ms));
  const recovery = Math.max(...levels.map(({ recoveryMs }) => recoveryMs));
  const notGreen = levels.reduce((sum, { health }) => sum + health.notGreen, 0);
  return `## B26: more than it can do

The most it grants when every client waits for its answer: ${whole(maximum.perSecond)} a second (128 connections,
${whole(maximum.cpuMicrosPerGrant)} µs of CPU for each). Below, requests fall due
at a constant rate whatever becomes of those before, over at most ${whole(connections)} connections; what falls due while all of
them wait is not sent. Clients send again at once, Retry-After or not.

| load | due/s | sent/s | granted/s | p99 | CPU | refused/s | p50 | p99 | others | health | recovery |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${levels.map(level).join('\n')}

- Goodput at 5 ×: ${(kept * 100).toFixed(0)} % of the best (wanted ≥ 80 %): ${verdict(kept >= 0.8)}.
- By the CPU time of a granted token, which others on the machine change less, it keeps ${((100 * maximum.cpuMicrosPerGrant) / (five?.cpuMicrosPerGrant ?? 1)).toFixed(0)} %.
- Slowest p99 of refusals: ${ms(refusedP99)} (wanted ≤ 100 ms): ${verdict(refusedP99 <= 100)}.
- Slowest recovery: ${ms(recovery)} (wanted ≤ 5 s): ${verdict(recovery <= 5000)}.
- Health: ${notGreen} answers that were not green: ${verdict(notGreen === 0)}.
`;
};

const herdSection = (herd: HerdFindings): string => `## B25: 5,000 requests at a cold start

Fetches of the key set: ${herd.fetches} (wanted 1): ${verdict(herd.fetches === 1)}. ${whole(herd.issued)} tokens, ${whole(herd.refused)} told to come again (p99
${ms(herd.refusedP99Ms)}), ${herd.others} others, all within ${herd.seconds.toFixed(1)} s. Two seconds later ${whole(herd.issuedAgain)} of those ${whole(herd.refused)} got theirs at the first try.
`;

const slowWords = { headers: 'headers', body: 'bodies', read: 'readers' } as const;

const rowOfSlow = ({ findings, result }: Beside<readonly SlowFindings[]>): string =>
  neighbour(
    'A89',
    '1,000 each of slow headers and bodies, 100 slow readers',
    findings,
    `closed after (wanted ≤ 20 s): ${result
      .map(
        ({ way, opened, closedAfter }) =>
          `${whole(opened)} ${slowWords[way]} ${closedAfter === null ? 'not within 25 s' : `${closedAfter.toFixed(1)} s`}`,
      )
      .join(', ')}`,
    result.every(({ closedAfter }) => closedAfter !== null && closedAfter <= 20),
  );

const countsOf = ({ made, throttled, others }: KeyFindings): string =>
  `${made} made, ${throttled} × 429, ${others} others`;

const neighbourRows = (found: OverloadFindings): readonly string[] => {
  const { badWithLimits, bad, hanging, keys, accounts, slow } = found;
  return [
    badWithLimits === undefined
      ? null
      : neighbour(
          'B28',
          '10,000/s of bad tokens, default rate limit, from another address',
          badWithLimits.findings,
          answers(badWithLimits.result),
        ),
    bad === undefined
      ? null
      : neighbour('B28', 'the same, rate limit off', bad.findings, answers(bad.result)),
    hanging === undefined
      ? null
      : neighbour(
          'A58',
          '20 issuers that never answer, 400/s for them',
          hanging.findings,
          answers(hanging.result),
        ),
    keys === undefined
      ? null
      : neighbour(
          'A63',
          '200 accounts with an RSA key pair at once',
          keys.findings,
          countsOf(keys.result),
          keys.result.others === 0 && keys.result.throttled > 0,
        ),
    accounts === undefined
      ? null
      : neighbour(
          '',
          '200 accounts without a key at once',
          accounts.findings,
          countsOf(accounts.result),
          accounts.result.made === 200,
        ),
    slow === undefined ? null : rowOfSlow(slow),
  ].filter((row) => row !== null);
};

const neighboursSection = ({ perSecond }: Maximum, half: GoodFindings, rows: readonly string[]): string =>
  `## Good requests beside something else

The p99 of good requests alone, and beside it (wanted ≤ 2 ×). Alone they leave the server nearly idle, so whatever keeps it busy
shows. **busy** is the CPU time of the server in a second: at 100 % its core has no more to give, and every request waits in
line. **late** is how much later than it had asked (p99) the process woke that sends the good requests and measures them: that
much of a latency is the harness's own. For comparison, good requests alone at half of the most, ${whole(perSecond / 2)} a second: p99
${ms(half.p99Ms)}, the server ${percent(half.serverBusy)} busy, late ${ms(half.lateP99Ms)}.

| row | beside | good/s | p99 alone | busy | late | p99 beside | busy | late | ratio | granted | health | the other | |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;

const floodLines = (flood: FloodFindings): string =>
  `- ${whole(flood.tried)} idle connections from two addresses: ${whole(flood.held)} held at most, the others closed. Beside them ${whole(flood.grantedBeside)} of 200
  good requests a second over new connections were granted; health: ${green(flood.health)}. Served again ${ms(flood.recoveryMs)} after it ended
  (wanted ≤ 5 s): ${verdict(flood.recoveryMs <= 5000)}.`;

const pipelineLines = ({ statuses, recoveryMs }: PipelineFindings): string => {
  const counts = Object.entries(statuses).map(([status, count]) => `${count} × ${status}`);
  return `- 1,000 requests in one breath on one connection: ${counts.join(', ')}; the next connection was served after ${ms(recoveryMs)}: ${verdict(recoveryMs <= 5000)}.`;
};

const floodsSection = (lines: readonly string[]): string => `## A90: floods

${lines.join('\n')}
`;

/** The report, as Markdown, of as much as was run. */
export const renderOverload = (found: OverloadFindings): string => {
  const { maximum, connections, half, levels, herd, flood, pipeline } = found;
  const rows = neighbourRows(found);
  const floods = [
    flood === undefined ? null : floodLines(flood),
    pipeline === undefined ? null : pipelineLines(pipeline),
  ].filter((lines) => lines !== null);
  return [
    `# Overload

${found.machine.map((line) => `- ${line}`).join('\n')}
- The server is what \`npm run build\` makes, as the image runs it. Durable activities, replay protection and the log are on; the rate limit is off where nothing else is said.
`,
    levels === undefined ? null : levelsSection(maximum, connections, levels),
    herd === undefined ? null : herdSection(herd),
    rows.length === 0 ? null : neighboursSection(maximum, half, rows),
    floods.length === 0 ? null : floodsSection(floods),
    `## What this cannot say

- Load, server and whoever probes share one machine, and the load has one core: at 10 × it may send less than falls due. What
  disturbs gives way to what measures there (\`nice\`), not at the server.
- Everything is loopback: a write costs the sender what on a network the receiver pays, so refusals are dearer here than elsewhere.
- In A89 there are 100 slow readers and not 1,000: on loopback each holds megabytes of the kernel's memory before it is slow at all.
- In A58 the issuers take the connection and never answer; names that hang are tried in test/adapters/outbound.
`,
  ]
    .filter((section) => section !== null)
    .join('\n');
};
