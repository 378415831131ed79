import type { FloodFindings, PipelineFindings, SlowFindings } from './connections.ts';
import type { HerdFindings } from './herd.ts';
import type { KeyFindings, NeighbourFindings } from './neighbours.ts';
import type { OpenLoopResult } from './open-loop-job.ts';
import type { HealthFindings } from './probe-health.ts';
import type { LevelFindings, Maximum } from './saturation.ts';

/** Everything a run found. */
export interface OverloadFindings {
  readonly machine: readonly string[];
  readonly maximum: Maximum;
  readonly connections: number;
  readonly levels: readonly LevelFindings[];
  readonly herd: HerdFindings;
  readonly bad: { readonly findings: NeighbourFindings; readonly result: OpenLoopResult };
  readonly badWithLimits: { readonly findings: NeighbourFindings; readonly result: OpenLoopResult };
  readonly hanging: { readonly findings: NeighbourFindings; readonly result: OpenLoopResult };
  readonly keys: { readonly findings: NeighbourFindings; readonly result: KeyFindings };
  readonly slow: { readonly findings: NeighbourFindings; readonly result: SlowFindings };
  readonly flood: FloodFindings;
  readonly pipeline: PipelineFindings;
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : whole(value)} ms`;
const verdict = (met: boolean): string => (met ? 'met' : '**not met**');
const green = ({ asked, notGreen, mostMs }: HealthFindings): string =>
  `${asked - notGreen} of ${asked} green, slowest ${ms(mostMs)}`;

const level = (entry: LevelFindings): string =>
  `| ${entry.times} × | ${whole(entry.asked)} | ${whole(entry.sent)} | ${whole(entry.issued)} | ${ms(entry.issuedP99Ms)} | ${whole(entry.cpuMicrosPerGrant)} µs | ${whole(entry.refused)} | ${ms(entry.refusedP50Ms)} | ${ms(entry.refusedP99Ms)} | ${entry.others} | ${green(entry.health)} | ${ms(entry.recoveryMs)} |`;

const neighbour = (
  id: string,
  what: string,
  { perSecond, aloneP99Ms, besideP99Ms, granted, health }: NeighbourFindings,
  more: string,
  alsoMet = true,
): string =>
  `| ${id} | ${what} | ${whole(perSecond)} | ${ms(aloneP99Ms)} | ${ms(besideP99Ms)} (${(besideP99Ms / aloneP99Ms).toFixed(1)} ×) | ${(granted * 100).toFixed(1)} % | ${green(health)} | ${more} | ${verdict(alsoMet && besideP99Ms <= 2 * aloneP99Ms)} |`;

const answers = (result: OpenLoopResult): string =>
  result.statuses.map(({ status, count }) => `${whole(count)} × ${status}`).join(', ');

/** The report, as Markdown. */
export const renderOverload = (found: OverloadFindings): string => {
  const best = Math.max(found.maximum.perSecond, ...found.levels.map(({ issued }) => issued));
  const five = found.levels.find(({ times }) => times === 5);
  const kept = (five?.issued ?? 0) / best;
  const refusedP99 = Math.max(...found.levels.map(({ refusedP99Ms }) => refusedP99Ms));
  const recovery = Math.max(...found.levels.map(({ recoveryMs }) => recoveryMs));
  const notGreen = found.levels.reduce((sum, { health }) => sum + health.notGreen, 0);
  const { herd, slow, flood, pipeline, keys } = found;
  return `# Overload

${found.machine.map((line) => `- ${line}`).join('\n')}
- Durable activities, replay protection and the log are on; the rate limit is off where nothing else is said.

## B26: more than it can do

The most it grants when every client waits for its answer: ${whole(found.maximum.perSecond)} a second (128 connections,
${whole(found.maximum.cpuMicrosPerGrant)} µs of CPU for each). Below, requests fall due
at a constant rate whatever becomes of those before, over at most ${whole(found.connections)} connections; what falls due while all of
them wait is not sent. Clients send again at once, Retry-After or not.

| load | due/s | sent/s | granted/s | p99 | CPU | refused/s | p50 | p99 | others | health | recovery |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${found.levels.map(level).join('\n')}

- Goodput at 5 ×: ${(kept * 100).toFixed(0)} % of the best (wanted ≥ 80 %): ${verdict(kept >= 0.8)}.
- By the CPU time of a granted token, which others on the machine change less, it keeps ${((100 * found.maximum.cpuMicrosPerGrant) / (five?.cpuMicrosPerGrant ?? 1)).toFixed(0)} %.
- Slowest p99 of refusals: ${ms(refusedP99)} (wanted ≤ 100 ms): ${verdict(refusedP99 <= 100)}.
- Slowest recovery: ${ms(recovery)} (wanted ≤ 5 s): ${verdict(recovery <= 5000)}.
- Health: ${notGreen} answers that were not green: ${verdict(notGreen === 0)}.

## B25: 5,000 requests at a cold start

Fetches of the key set: ${herd.fetches} (wanted 1): ${verdict(herd.fetches === 1)}. ${whole(herd.issued)} tokens, ${whole(herd.refused)} told to come again (p99
${ms(herd.refusedP99Ms)}), ${herd.others} others, all within ${herd.seconds.toFixed(1)} s. Two seconds later ${whole(herd.issuedAgain)} of those ${whole(herd.refused)} got theirs at the first try.

## Good requests beside something else

The p99 of good requests alone, and beside it (wanted ≤ 2 ×).

| row | beside | good/s | p99 alone | p99 beside | granted | health | the other | |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${neighbour('B28', '10,000/s of bad tokens, default rate limit, from another address', found.badWithLimits.findings, answers(found.badWithLimits.result))}
${neighbour('B28', 'the same, rate limit off', found.bad.findings, answers(found.bad.result))}
${neighbour('A58', '20 issuers that never answer, 400/s for them', found.hanging.findings, answers(found.hanging.result))}
${neighbour('A63', '200 RSA key pairs at once', keys.findings, `${keys.result.made} made, ${keys.result.throttled} × 429, ${keys.result.others} others`, keys.result.others === 0 && keys.result.throttled > 0)}
${neighbour('A89', '1,000 each of slow headers and bodies, 100 slow readers', slow.findings, slow.result.closedAfter === null ? 'not closed within 25 s' : `${whole(slow.result.opened)} closed after ${slow.result.closedAfter.toFixed(1)} s (wanted ≤ 20 s)`, slow.result.closedAfter !== null && slow.result.closedAfter <= 20)}

## A90: floods

- ${whole(flood.tried)} idle connections from two addresses: ${whole(flood.held)} held at most, the others closed. Beside them ${whole(flood.grantedBeside)} of 200
  good requests a second over new connections were granted; health: ${green(flood.health)}. Served again ${ms(flood.recoveryMs)} after it ended
  (wanted ≤ 5 s): ${verdict(flood.recoveryMs <= 5000)}.
- 1,000 requests in one breath on one connection: ${Object.entries(pipeline.statuses)
    .map(([status, count]) => `${count} × ${status}`)
    .join(
      ', ',
    )}; the next connection was served after ${ms(pipeline.recoveryMs)}: ${verdict(pipeline.recoveryMs <= 5000)}.

## What this cannot say

- Load, server and whoever probes share one machine, and the load has one core: at 10 × it may send less than falls due.
- Everything is loopback: a write costs the sender what on a network the receiver pays, so refusals are dearer here than elsewhere.
- In A89 there are 100 slow readers and not 1,000: on loopback each holds megabytes of the kernel's memory before it is slow at all.
- In A58 the issuers take the connection and never answer; names that hang are tried in test/adapters/outbound.
`;
};
