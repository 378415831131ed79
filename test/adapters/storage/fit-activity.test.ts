import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitActivity } from '../../../src/adapters/storage/fit-activity.ts';
import { type Activity, blankActivity, type PresentedJwt } from '../../../src/core/activity/activity.ts';
import type { JsonObject, JsonValue } from '../../../src/core/json.ts';

const withPresented = (claims: JsonObject): Activity => ({
  ...blankActivity,
  tenant: 'acme',
  id: '01890000-0000-7000-8000-000000000000',
  time: 0,
  type: 'token',
  outcome: 'refused',
  reason: 'signature_invalid',
  door: null,
  sourceAddress: null,
  presented: [{ parameter: 'subject_token', header: { alg: 'none' }, claims, verified: false }],
});
const presentedOf = (claims: JsonObject): readonly PresentedJwt[] =>
  fitActivity(withPresented(claims)).presented;

describe('A34 what was presented', () => {
  it('is kept as it is where every engine can keep it, whatever its names', () => {
    const claims = JSON.parse('{"z":"é😀","__proto__":{"a":[1,null,true]},"2":"b","1":{}}') as JsonObject;
    expect(JSON.stringify(presentedOf(claims)[0]?.claims)).toBe(JSON.stringify(claims));
  });

  it.each([
    ['U+0000', 'a\0b', 'a\uFFFDb'],
    ['a lone surrogate', 'a\uD800b', 'a\uFFFDb'],
    ['more than 2,048 characters', 'x'.repeat(2049), 'x'.repeat(2048)],
  ])('is kept without %s, in a value and in a name, at any depth', (_what, bad, good) => {
    expect(presentedOf({ a: bad })[0]?.claims).toEqual({ a: good });
    expect(presentedOf({ [bad]: 1 })[0]?.claims).toEqual({ [good]: 1 });
    expect(presentedOf({ a: [{ b: [bad] }] })[0]?.claims).toEqual({ a: [{ b: [good] }] });
    expect(presentedOf({ a: [{ [bad]: 'c' }] })[0]?.claims).toEqual({ a: [{ [good]: 'c' }] });
  });

  it('is kept up to 12,288 characters of JSON, and not at all with more, whatever it is made of', () => {
    const size = (claims: JsonObject): number => JSON.stringify(withPresented(claims).presented[0]).length;
    fc.assert(
      fc.property(
        fc.constantFrom('x', '\u001F', '"', 'é', '\u2028'),
        fc.constantFrom<JsonObject>(
          {},
          { a: -1.2345678901234568e-300, b: [[], {}, null] },
          { '\u0001': '\u0002' },
        ),
        (character, around) => {
          const claims: Record<string, JsonValue> = { ...around };
          for (let index = 0; size(claims) <= 12_288; index += 1) claims[`n${index}`] = character.repeat(100);
          expect(presentedOf(claims)).toEqual([]);
          const last = Object.keys(claims).at(-1) ?? '';
          const { [last]: _left, ...kept } = claims;
          const room = 12_288 - size(kept);
          expect(presentedOf(kept)[0]?.claims).toEqual(kept);
          const most = room - ',"":""'.length;
          if (most < 0) return;
          expect(presentedOf({ ...kept, ['']: 'x'.repeat(most) })).toHaveLength(1);
          expect(presentedOf({ ...kept, ['']: 'x'.repeat(most + 1) })).toHaveLength(0);
        },
      ),
      { numRuns: 15 },
    );
  });
});
