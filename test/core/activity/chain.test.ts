import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Activity, blankActivity } from '../../../src/core/activity/activity.ts';
import {
  type Chain,
  hashLine,
  type Link,
  linkActivities,
  startOfChain,
  toTrailLine,
} from '../../../src/core/activity/chain.ts';
import { createTrailCheck, type PlacedLine } from '../../../src/core/activity/check-trail.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
const activity = (index: number): Activity => ({
  ...blankActivity,
  tenant: 'acme',
  id: `id-${index}`,
  time: 1_795_000_000_000 + index,
  type: 'token',
  outcome: 'issued',
  reason: 'issued',
});
const place = (line: Activity, link: Link): PlacedLine => ({ members: { ...toTrailLine(line, link) }, link });

const build = (count: number, writer = 'w') => {
  const start = startOfChain('acme', writer, 1, hash);
  const activities = Array.from({ length: count }, (_, index) => activity(index));
  const links = linkActivities(activities, writer, start, hash);
  const lines: readonly (PlacedLine | null)[] = activities.flatMap((line, index) => {
    const link = links[index];
    return link === undefined ? [] : [place(line, link)];
  });
  const last = links.at(-1) ?? start;
  const chain: Chain = {
    writer,
    ordinal: 1,
    head: { number: last.number, hash: last.hash },
    dropped: start,
  };
  return { lines, chain };
};
const check = (lines: readonly (PlacedLine | null)[], chains: readonly Chain[]) => {
  const trail = createTrailCheck({ tenant: 'acme', chains, oldLines: { count: 0, last: 0 }, hash });
  for (const line of lines) trail.take(line);
  return trail.end();
};

describe('the chain of activities', () => {
  it('A115 the hash of a line is that of its canonical JSON without chain.hash, nulls and empty lists', () => {
    const { lines } = build(1);
    const [line] = lines;
    expect(line?.link?.previous).toBe(hash('{"ordinal":1,"tenant":"acme","writer":"w"}'));
    expect(line?.link?.hash).toBe(
      hash(
        `{"chain":{"number":1,"previous":"${line?.link?.previous}","writer":"w"},"id":"id-0","outcome":"issued","reason":"issued","tenant":"acme","time":"${new Date(1_795_000_000_000).toISOString()}","type":"token"}`,
      ),
    );
  });

  it('A115 a member that a later release adds changes nothing where it says nothing', () => {
    const link = { writer: 'w', number: 1, previous: 'p' };
    const before = hashLine({ id: 'x' }, link, hash);
    expect(hashLine({ id: 'x', later: null, list: [] }, link, hash)).toBe(before);
    expect(hashLine({ id: 'x', later: '' }, link, hash)).not.toBe(before);
    expect(hashLine({ id: 'x', later: {} }, link, hash)).not.toBe(before);
  });

  it('A115 a member that is left out is what it is in every line without it, and nothing else', () => {
    const link = { writer: 'w', number: 1, previous: 'p' };
    const before = hashLine({ id: 'x' }, link, hash);
    expect(hashLine({ id: 'x', checks: [], details: null }, link, hash)).toBe(before);
    expect(hashLine({ id: 'x', checks: null }, link, hash)).not.toBe(before);
    expect(hashLine({ id: 'x', details: [] }, link, hash)).not.toBe(before);
    expect(hashLine(JSON.parse('{"id":"x","__proto__":{"a":1}}'), link, hash)).not.toBe(before);
  });

  it('A115 chains of other tenants, writers and places begin elsewhere', () => {
    const starts = [
      startOfChain('a', 'w', 1, hash),
      startOfChain('b', 'w', 1, hash),
      startOfChain('a', 'x', 1, hash),
      startOfChain('a', 'w', 2, hash),
    ];
    expect(new Set(starts.map((start) => start.hash)).size).toBe(4);
  });

  it('A115 a good trail is good, and every deletion, exchange, copy and cut of lines is found', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.nat(), fc.nat(), (count, a, b) => {
        const { lines, chain } = build(count);
        expect(check(lines, [chain])).toMatchObject({ count: 0, checked: count });
        const [i, j] = [a % count, b % count];
        expect(check(lines.toSpliced(i, 1), [chain]).count).toBeGreaterThan(0);
        expect(check(lines.slice(0, i), [chain]).count).toBeGreaterThan(0);
        expect(check(lines.toSpliced(j, 0, lines[i] ?? null), [chain]).count).toBeGreaterThan(0);
        if (i !== j) {
          const exchanged = lines.with(i, lines[j] ?? null).with(j, lines[i] ?? null);
          expect(check(exchanged, [chain]).count).toBeGreaterThan(0);
        }
        expect(check(lines.with(i, null), [chain]).count).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });

  it('A115 two writers are interleaved in any order', () => {
    const [one, two] = [build(3, 'one'), build(4, 'two')];
    const second = { ...two.chain, ordinal: 2, dropped: startOfChain('acme', 'two', 1, hash) };
    const [a, b, c, ...rest] = one.lines;
    // The start of the second was made for ordinal 1: the only thing that is wrong.
    expect(
      check([a ?? null, ...two.lines, b ?? null, c ?? null, ...rest], [one.chain, second]),
    ).toMatchObject({
      count: 1,
      faults: [{ kind: 'end', writer: 'two' }],
    });
  });
});
