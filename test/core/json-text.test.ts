import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonDefect, readJsonObject } from '../../src/core/json-reader.ts';
import { parseJsonObject } from '../../src/core/json-text.ts';

/** Every UTF-16 code unit, lone surrogates and controls included. */
const anyCodeUnit = fc.nat(0xff_ff).map((unit) => String.fromCharCode(unit));

const limits = { maxDepth: 32, maxMembers: 256 };
const parse = (text: string) => parseJsonObject(text, limits);
const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
const wide = (members: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: members }, (_, i) => [i, i])));

describe('a JSON text that must be one unambiguous object', () => {
  it.each([
    ['an empty object', '{}'],
    ['white space around', ' \t\r\n{"a" : [ 1 , {"b":"c"} ] } '],
    ['the same name in different objects', '{"a":{"a":1},"b":[{"a":1},{"a":2}]}'],
    ['names that are values elsewhere', '{"a":"b","b":"a:a,\\"a\\":1"}'],
    ['quotes and backslashes within strings', String.raw`{"a":"\\","b":"\"","c":"\\\"","d\\":1,"d\"":2}`],
    ['brackets and colons within strings', '{"a":"{[::","b":"}]"}'],
    ['escapes that are fine', String.raw`{"a":"\u0041\ud83d\ude00\u0001"}`],
    ['numbers of every kind', '{"a":[0,-0,7,10,123456789012345,1234567890123456,-1,1.5,1e3,-2.5E-7]}'],
    ['a name with what has to be escaped', String.raw`{"\"":1,"\n":["\t","\\"]}`],
    ['escaped names beside plain ones', String.raw`{"\u0061":{"b":[1,{}]},"c":"\"","d":[]}`],
    ['depth 32', nested(32)],
    ['256 members', wide(256)],
    ['A35 names of prototypes', '{"__proto__":{"a":1},"constructor":1,"hasOwnProperty":2,"toString":3}'],
  ])('accepts %s', (_, text) => {
    const result = parse(text);
    expect(result).toEqual({ ok: true, value: JSON.parse(text) });
    expect(Object.getPrototypeOf(result.ok && result.value)).toBe(Object.prototype);
  });

  it.each<[string, string, JsonDefect['kind']]>([
    ['ST-11 the same name twice', '{"sub":"a","sub":"b"}', 'repeated-member'],
    ['ST-11 the same name with the same value', '{"sub":"a","sub":"a"}', 'repeated-member'],
    ['A33 an escaped duplicate', String.raw`{"sub":"a","s\u0075b":"b"}`, 'repeated-member'],
    [
      'A33 a duplicate escaped twice over',
      String.raw`{"\u0073\u0075\u0062":"a","s\u0075b":"b"}`,
      'repeated-member',
    ],
    ['A33 a solidus escaped once', String.raw`{"a/b":1,"a\/b":2}`, 'repeated-member'],
    [
      'ST-11 a duplicate in an object in an array',
      '{"a":[1,[{"b":1,"c":{"d":1},"b":2}]]}',
      'repeated-member',
    ],
    ['a duplicate that swallows an object', '{"a":{"b":{"c":1}},"a":1}', 'repeated-member'],
    ['a duplicate whose winner is larger', '{"a":1,"a":{"b":1,"c":2}}', 'repeated-member'],
    ['A35 a duplicate __proto__', '{"__proto__":1,"__proto__":2}', 'repeated-member'],
    ['an empty name twice', '{"":1,"":2}', 'repeated-member'],
    ['depth 33', nested(33), 'too-deep'],
    ['depth in arrays', `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`, 'too-deep'],
    ['257 members', wide(257), 'too-many-members'],
    [
      '257 members spread over objects',
      `{"a":[${Array.from({ length: 256 }, () => '{"b":1}').join(',')}]}`,
      'too-many-members',
    ],
    ['A34 an escaped U+0000', String.raw`{"a":["\u0000"]}`, 'text'],
    ['A34 an escaped U+0000 in a name', String.raw`{"a\u0000":1}`, 'text'],
    ['A34 a lone high surrogate', String.raw`{"a":"\ud800"}`, 'text'],
    ['A34 a lone low surrogate in a name', String.raw`{"\udc00":1}`, 'text'],
    ['A34 surrogates in the wrong order', String.raw`{"a":"\ude00\ud83d"}`, 'text'],
    ['A34 a raw lone surrogate', '{"a":"\ud800"}', 'text'],
    ['A34 a byte order mark', '\uFEFF{}', 'syntax'],
    ['a raw control character', '{"a":"\0"}', 'syntax'],
    ['nothing', '', 'syntax'],
    ['text after the object', '{} {}', 'syntax'],
    ['a trailing comma', '{"a":1,}', 'syntax'],
    ['a number with a leading zero, beside an escaped name', String.raw`{"\u0061":01}`, 'syntax'],
    ['a string without an end', String.raw`{"a":"\u0061\\\"`, 'syntax'],
    ['a text that ends with a backslash', '{"a":"b\\', 'syntax'],
    ['single quotes', "{'a':1}", 'syntax'],
    ['a comment', '{/**/}', 'syntax'],
    ['NaN', '{"a":NaN}', 'syntax'],
    ['a leading zero', '{"a":01}', 'syntax'],
    ['an unfinished string', '{"a":"', 'syntax'],
    ['A19 an array', '[]', 'not-an-object'],
    ['A19 a string', '"x"', 'not-an-object'],
    ['A19 a number', '1', 'not-an-object'],
    ['A19 null', 'null', 'not-an-object'],
  ])('refuses %s', (_, text, kind) => {
    expect(parse(text)).toMatchObject({ ok: false, error: { kind } });
  });

  it.each(['{"a":{"x":1},"b":{"y":1,"y":2}}', String.raw`{"a":{"x":1},"b":{"y":1,"\u0079":2}}`])(
    'names the member that is there twice in %s',
    (text) => {
      expect(parse(text)).toMatchObject({ error: { detail: 'the member "y" is there twice' } });
    },
  );

  // Each pair: a text whose last name holds a backslash, and one whose last name V8 then takes for it.
  it.each([
    ['{"z":1,"\\\\":1}', '{"z":1,"\\u0061":1}', 'a'],
    ['{"iss":1,"s\\\\u":1}', '{"iss":1,"s\\u0075b":1}', 'sub'],
    ['{"w":1,"https:\\\\/\\\\":1}', '{"w":1,"https:\\/\\/x":1}', 'https://x'],
  ])('no text changes how a later one is read (nodejs/node#63785): %s', (poison, text, name) => {
    for (let round = 0; round < 3; round++) {
      JSON.parse(poison);
      parse(poison);
      const result = parse(text);
      expect(Object.keys(result.ok ? result.value : {})[1]).toBe(name);
      expect(parse(text.replace(/:1\}$/u, `:1,"${name}":2}`))).toMatchObject({
        error: { kind: 'repeated-member' },
      });
    }
  });
});

/** The slow reference: a recursive reader of JSON text that keeps every member it meets, as a list. */
const hasRepeatedMember = (text: string): boolean => {
  let repeated = false;
  let at = 0;
  const skip = () => {
    while (/[\s,:]/u.test(text[at] ?? '')) at++;
  };
  const readString = (): string => {
    const start = at++;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    return JSON.parse(text.slice(start, ++at)) as string;
  };
  const readValue = (): void => {
    skip();
    if (text[at] === '"') readString();
    else if (text[at] === '{' || text[at] === '[') {
      const isObject = text[at++] === '{';
      const names: string[] = [];
      for (skip(); text[at] !== '}' && text[at] !== ']'; skip()) {
        if (isObject) names.push(readString());
        readValue();
      }
      at++;
      repeated ||= names.some((name, index) => names.indexOf(name) !== index);
    } else while (at < text.length && !/[\s,:\]}]/u.test(text[at] ?? '')) at++;
  };
  readValue();
  return repeated;
};

const canBeParsed = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** JSON texts that often hold a member twice, escaped in different ways, with white space here and there. */
const ambiguousJson = (() => {
  // No name holds a backslash: once V8 has read one, JSON.parse is no reference any more (nodejs/node#63785).
  const names = fc.constantFrom('a', 'b', '', '"', '":', ':', '{', '__proto__', 'é', '😀', 'u0061');
  const escapeAll = (text: string) =>
    `"${Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`;
  const strings = fc
    .tuple(names, fc.boolean())
    .map(([name, escaped]) => (escaped ? escapeAll(name) : JSON.stringify(name)));
  const space = fc.constantFrom('', ' ', '\n\t');
  const { object } = fc.letrec<{ object: string; value: string }>((tie) => ({
    object: fc
      .array(fc.tuple(strings, space, tie('value')), { maxLength: 4 })
      .map(
        (items) => `{${items.map(([name, gap, value]) => `${gap}${name}${gap}:${gap}${value}`).join(',')}}`,
      ),
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('1', 'null', 'true', '-0.5e3'),
      strings,
      tie('object'),
      fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    ),
  }));
  return object;
})();

describe('A36 values', () => {
  const few = { ...limits, maxValues: 8 };
  const escaped = { ...limits, maxValues: 2 * 8 };

  it.each([
    ['a list', '{"a":[1,2,3,4,5,6,7]}'],
    ['lists in lists', '{"a":[[[1,2],3],4]}'],
    ['members and items', '{"a":1,"b":[2,3,{"c":4,"d":5}]}'],
    ['commas in strings', '{"a":[",,,,,,,,","[[[["]}'],
  ])('as many as are accepted: %s', (_, text) => {
    expect(parseJsonObject(text, few)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  it.each([
    ['a list', '{"a":[1,2,3,4,5,6,7,8]}'],
    ['empty lists, which count twice', '{"a":[[],[],[],[]]}'],
    ['empty objects', '{"a":[{},{},{},{}]}'],
  ])('one more: %s', (_, text) => {
    expect(parseJsonObject(text, few)).toMatchObject({ ok: false, error: { kind: 'too-many-values' } });
    expect(parseJsonObject(text, limits)).toMatchObject({ ok: true });
  });

  it('half as many where a name is written with a backslash', () => {
    const seven = String.raw`{"\u0061":[1,2,3,"\n",5,6,7]}`;
    expect(parseJsonObject(seven, escaped)).toEqual({ ok: true, value: { a: [1, 2, 3, '\n', 5, 6, 7] } });
    expect(parseJsonObject(seven.replace(',7', ',7,8'), escaped)).toMatchObject({
      ok: false,
      error: { kind: 'too-many-values' },
    });
    expect(parseJsonObject(String.raw`{"a":[1,2,3,"\n",5,6,7,8,9]}`, escaped)).toMatchObject({ ok: true });
  });
});

describe('against JSON.parse and a slow finder of repeated members', () => {
  const generous = { maxDepth: 1e6, maxMembers: 1e6 };

  it('ST-11 accepts exactly the objects without a repeated member, and reads them as JSON.parse does', () => {
    let repeated = 0;
    fc.assert(
      fc.property(ambiguousJson, (text) => {
        const result = parseJsonObject(text, generous);
        const expected = hasRepeatedMember(text);
        repeated += expected ? 1 : 0;
        expect(result.ok).toBe(!expected);
        const careful = readJsonObject(text, generous);
        expect(careful).toEqual(result);
        if (result.ok) expect(result.value).toEqual(JSON.parse(text));
      }),
      { numRuns: 2000 },
    );
    expect(repeated).toBeGreaterThan(100);
  });

  it('accepts what JSON.stringify writes, when it is an object', () => {
    fc.assert(
      fc.property(
        fc.json({ stringUnit: fc.constantFrom('a', 'é', '😀', '\u0000', '"', '\n', '/') }),
        (text) => {
          const value = JSON.parse(text) as unknown;
          const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
          const holdsNul = text.includes('\\u0000');
          const result = parseJsonObject(text, generous);
          expect(result.ok).toBe(isObject && !holdsNul);
          if (result.ok) expect(result.value).toEqual(value);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('never throws and accepts nothing that JSON.parse refuses, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: anyCodeUnit }),
          fc.string({ unit: fc.constantFrom(...Array.from('{}[]":,\\u0a1 ')) }),
        ),
        (text) => {
          const isJson = canBeParsed(text);
          for (const result of [parseJsonObject(text, limits), readJsonObject(text, limits)]) {
            expect(isJson || !result.ok).toBe(true);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
