import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCanonicalJson } from '../../src/core/canonical-json.ts';

describe('canonical JSON (RFC 8785)', () => {
  it.each([
    [{ b: 1, a: [2, { d: null, c: 'x' }] }, '{"a":[2,{"c":"x","d":null}],"b":1}'],
    [{ 10: 1, 9: 2 }, '{"10":1,"9":2}'],
    [
      { '\u20ac': 1, '\r': 2, '1': 3, '\ud83d\ude00': 4, '\ufb33': 5 },
      '{"\\r":2,"1":3,"\u20ac":1,"\ud83d\ude00":4,"\ufb33":5}',
    ],
    [[1e21, -0, 0.1, 1e-7], '[1e+21,0,0.1,1e-7]'],
    [{ b: undefined, a: 1 }, '{"a":1}'],
    ['x', '"x"'],
    [null, 'null'],
  ])('§3.2 %j', (value, text) => {
    expect(toCanonicalJson(value)).toBe(text);
  });

  it('§3.2 is what the package of that name makes, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(toCanonicalJson(value)).toBe(canonicalize(value));
      }),
      { numRuns: 500 },
    );
  });

  it('is the same for a value and for what is read back from its JSON', () => {
    fc.assert(
      fc.property(
        fc.object({ values: [fc.double(), fc.string({ unit: 'binary' }), fc.boolean()] }),
        (value) => {
          expect(toCanonicalJson(JSON.parse(JSON.stringify(value)))).toBe(toCanonicalJson(value));
        },
      ),
      { numRuns: 500 },
    );
  });
});
