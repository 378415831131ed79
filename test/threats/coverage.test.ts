// Which rows of the table of threats have a test, and which honestly have none yet.
import { describe, expect, it } from 'vitest';
import { collectTitledIds, row } from '../support/titled-ids.ts';

/** The rows that concern what is built. */
const rows: readonly string[] = [
  ...row('A', 1, 59),
  ...row('A', 60, 67),
  ...row('A', 68, 71),
  ...row('A', 72, 73),
  ...row('A', 74, 81),
  ...row('A', 82, 108),
  ...row('A', 115, 115),
  ...row('A', 117, 119),
  ...row('B', 25, 26),
  ...row('B', 28, 28),
  ...row('B', 38, 38),
];

/** Rows without a test, and why. */
const notYet: Readonly<Record<string, string>> = {
  A100: 'Measured on a quiet machine by bench/refusal-timing.ts; a timed test would tell of its neighbours.',
};

/** Rows whose tests hold what there is, while a part of the row is out of their reach. */
const inPart: Readonly<Record<string, string>> = {
  A40: 'On one node; two nodes on one store are a fault test of their own.',
  A63: 'That other requests go on is shown by their order; the 99th percentile is left to the benchmark.',
  A80: 'The second library is a reading of the SPIFFE text of our own, in test/support.',
  A88: 'A line of HTTP/0.9 is still answered by Node; nothing can be smuggled behind it.',
  A58: "That issuers that hang are in nobody's way is shown by what waits for what; the 99th percentile is left to bench/overload.ts.",
  A89: 'The time-outs of Node that are set are tested, not waited for; bench/overload.ts waits for them.',
  A90: 'A thousand pipelined requests and small numbers of connections; bench/overload.ts opens 20,000.',
  A98: 'Every field ends with an answer; the 50 ms of the row are left to the benchmark.',
  B26: 'The decision is played through with numbers; what a real server keeps is measured by bench/overload.ts.',
  B28: 'That those who send them wait is tested; the 99th percentile is left to bench/overload.ts.',
  A118: 'A corpus of several hundred requests; the 5,000 of the row would be more of the same.',
};

describe('coverage of the table of threats', async () => {
  const titled = await collectTitledIds();
  const has = (id: string): boolean => titled.has(id);

  it('every row has a test, or says why not', () => {
    expect(rows.filter((id) => !has(id) && !Object.hasOwn(notYet, id))).toEqual([]);
  });
  it('a row that has a test is not said to have none', () => {
    expect(Object.keys(notYet).filter(has)).toEqual([]);
  });
  it('both tables are about rows of the list, and what is covered in part has a test', () => {
    expect([...Object.keys(notYet), ...Object.keys(inPart)].filter((id) => !rows.includes(id))).toEqual([]);
    expect(Object.keys(inPart).filter((id) => !has(id))).toEqual([]);
  });
  it('every row of tokens and requests is also tried through HTTP', () => {
    const overHttp = (id: string): boolean =>
      (titled.get(id) ?? []).some((path) => path.includes('-http') || path.startsWith('conformance'));
    expect(
      [...row('A', 1, 45), ...row('A', 60, 67), ...row('A', 74, 99)].filter((id) => !overHttp(id)),
    ).toEqual([]);
  });
});
