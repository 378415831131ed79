import { describe, expect, it } from 'vitest';
import { readBody, writeBody } from '../../../src/adapters/storage/stores/activity-body.ts';
import { toNewLines } from '../../../src/adapters/storage/stores/new-line.ts';
import type { Check } from '../../../src/core/activity/check.ts';
import { hashLine, toTrailLine } from '../../../src/core/activity/chain.ts';
import { placeLine } from '../../../src/core/activity/line-text.ts';
import { sampleActivity } from '../../support/stored-samples.ts';

const place = { writer: 'w', number: 7, previous: 'p' };
const check: Check = { check: 'c', expected: 'e', presented: 'p', ok: true };

describe('a line before it has its place', () => {
  it.each<[string, readonly Check[]]>([
    ['none', []],
    ['as they are made', [check, { ...check, ok: false, hint: 'h' }]],
    [
      'with their members in another order',
      [{ ok: true, hint: 'h', presented: 'p', expected: 'e', check: 'c' }],
    ],
    ['with what no engine can keep', [{ ...check, presented: 'a\0\uD800' }]],
    ['too long', [{ ...check, expected: 'x'.repeat(5000) }]],
    ['too many', Array.from({ length: 300 }, (_, index) => ({ ...check, check: `c${index}` }))],
  ])('A115 is hashed as it will be read, its checks %s', (_, checks) => {
    const [ofTenant] = toNewLines([{ activity: sampleActivity({ checks }), uses: [] }]);
    const line = ofTenant?.[1][0];
    if (line === undefined) throw new Error('there is one');
    const read = readBody(line.body);
    expect(read?.checks).toEqual(line.activity.checks);
    expect(line.body).toBe(writeBody(line.activity));
    expect(placeLine(line.text, place)).toBe(
      hashLine(
        { ...toTrailLine({ ...line.activity, checks: read?.checks ?? [] }, null) },
        place,
        (text) => text,
      ),
    );
  });

  it('is there once for each id, by tenants in one order', () => {
    const [a, b] = [sampleActivity({ tenant: 'b' }), sampleActivity({ tenant: 'a' })];
    expect(
      toNewLines([a, b, a].map((activity) => ({ activity, uses: [] }))).map(([tenant, lines]) => [
        tenant,
        lines.map(({ activity }) => activity.id),
      ]),
    ).toEqual([
      ['a', [b.id]],
      ['b', [a.id]],
    ]);
  });
});
