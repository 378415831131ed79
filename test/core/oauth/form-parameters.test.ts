import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxFormParameters, parseFormParameters } from '../../../src/core/oauth/form-parameters.ts';
import { knownParameters } from '../../../src/core/oauth/vocabulary.ts';
import { checksOf } from '../../../src/core/activity/check.ts';

const parsed = (body: string) => {
  const verdict = parseFormParameters(body);
  return verdict.ok ? Object.fromEntries(verdict.value) : verdict.reason;
};

describe('parseFormParameters', () => {
  it.each([
    ['', {}],
    ['&&&', {}],
    ['scope=a', { scope: 'a' }],
    ['&scope=a&', { scope: 'a' }],
    ['scope=a+b', { scope: 'a b' }],
    ['scope=a%2Bb', { scope: 'a+b' }],
    ['scope=a%2bb', { scope: 'a+b' }],
    ['scope=a%26b%3Dc', { scope: 'a&b=c' }],
    ['scope=a=b=', { scope: 'a=b=' }],
    ['audience=https://api.example.com/v1', { audience: 'https://api.example.com/v1' }],
    ['audience=gr%C3%BCn', { audience: 'grün' }],
    ['audience=%F0%9F%94%91', { audience: '🔑' }],
    ['sc%6Fpe=a', { scope: 'a' }],
    ['scope=', {}],
    ['scope', {}],
    ['=a', {}],
    ['foo=bar&scope=a', { scope: 'a' }],
    ['foo=1&foo=2', {}],
    ['SCOPE=a&Scope=b', {}],
    ['__proto__=x&constructor=y&toString=z', {}],
    ['grant_type[]=a&a[b]=c', {}],
  ])('reads %j', (body, expected) => {
    expect(parsed(body)).toEqual(expected);
  });

  it.each([
    '%zz',
    'scope=%zz',
    'scope=%',
    'scope=a%2',
    'scope=%ff',
    'scope=%FF%FE',
    'scope=%C0%80',
    'scope=%ED%A0%80',
    'scope=%00',
    'scope=a%00b',
    'scope=a\0b',
    'scope=grün',
    'scope=\u{1f511}',
    'foo=%zz',
    '%ff=a',
    '%00=a',
  ])('refuses %j as malformed', (body) => {
    expect(parsed(body)).toBe('body_malformed');
  });

  it('refuses what only a later parameter breaks', () => {
    expect(parsed('grant_type=a&foo=b&scope=%')).toBe('body_malformed');
  });

  it.each(knownParameters)('refuses %s twice, with equal, different and empty values', (name) => {
    expect(parsed(`${name}=a`)).toEqual({ [name]: 'a' });
    for (const [one, other] of [
      ['a', 'a'],
      ['a', 'b'],
      ['', 'a'],
      ['a', ''],
      ['', ''],
    ]) {
      expect(parsed(`${name}=${one}&foo=x&${name}=${other}`)).toBe('parameter_repeated');
    }
    expect(parsed(`${name}=a&${name.replace('e', '%65')}=b`)).toBe('parameter_repeated');
  });

  it('counts unknown and repeated names and empty values, but not empty pairs', () => {
    const full = Array.from({ length: maxFormParameters }, (_, index) => `p${index}=`).join('&&');
    expect(parsed(full)).toEqual({});
    expect(parsed(`${full}&x`)).toBe('parameters_too_many');
    // Counted before anything is decoded.
    expect(parsed(`${'%zz&'.repeat(maxFormParameters)}x`)).toBe('parameters_too_many');
  });

  it('says which parameter, and never a value or an unknown name', () => {
    const secret = 'eyJhbGciOiJSUzI1NiJ9';
    for (const body of [
      `subject_token=${secret}&subject_token=${secret}`,
      `subject_token=${secret}%zz`,
      `${secret}=%zz`,
      `%zz=${secret}`,
      `${secret}&`.repeat(41),
    ]) {
      const verdict = parseFormParameters(body);
      expect(verdict.ok).toBe(false);
      expect(checksOf(verdict)).toHaveLength(1);
      expect(JSON.stringify(verdict)).not.toContain(secret);
    }
    expect(checksOf(parseFormParameters('scope=a&scope=a'))[0]?.presented).toBe('scope more than once');
    expect(checksOf(parseFormParameters('x=a&scope=%'))[0]?.presented).toContain('scope');
    expect(checksOf(parseFormParameters('x=a&y=%'))[0]?.presented).toContain('parameter 2');
  });

  it('agrees with URLSearchParams on every well-formed body', () => {
    const name = fc.oneof(fc.constantFrom(...knownParameters), fc.string({ unit: 'binary' }));
    const value = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
    const pairs = fc.uniqueArray(fc.tuple(name, value), {
      selector: ([key]) => key,
      maxLength: maxFormParameters,
    });
    fc.assert(
      fc.property(pairs, (list) => {
        fc.pre(list.every(([key]) => key.isWellFormed() && !key.includes('\0')));
        const known = new Set<string>(knownParameters);
        const expected = list.filter(([key, text]) => known.has(key) && text !== '');
        expect(parsed(new URLSearchParams(list).toString())).toEqual(Object.fromEntries(expected));
      }),
    );
  });

  it('gives a verdict on any input', () => {
    const fragment = fc.constantFrom(
      '%',
      '%0',
      '%00',
      '%C3',
      '=',
      '&',
      '+',
      'scope',
      'scope=a',
      ';',
      '\u00ff',
      '\ud800',
    );
    const body = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.array(fragment, { maxLength: 100 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(body, (text) => {
        const verdict = parseFormParameters(text);
        if (verdict.ok)
          expect([...verdict.value.values()].every((value) => value !== '' && !value.includes('\0'))).toBe(
            true,
          );
        else
          expect(['body_malformed', 'parameters_too_many', 'parameter_repeated']).toContain(verdict.reason);
      }),
      { numRuns: 500 },
    );
  });
});
