import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isScopeToken, parseScope } from '../../../src/core/oauth/scope.ts';

const hundred = Array.from({ length: 100 }, (_, index) => `s${index}`);

describe('parseScope', () => {
  it.each([
    ['a', ['a']],
    ['b a', ['b', 'a']],
    ['a A', ['a', 'A']],
    ['a b a', ['a', 'b']],
    ['! # [ ] ~', ['!', '#', '[', ']', '~']],
    ['certs:read https://x.example/.default', ['certs:read', 'https://x.example/.default']],
    [hundred.join(' '), hundred],
  ])('RFC 6749 §3.3 reads %j', (text, expected) => {
    expect(parseScope(text)).toEqual({ ok: true, value: expected });
  });

  it.each([
    ['', 'empty'],
    [' ', 'empty'],
    [' a', 'space'],
    ['a ', 'space'],
    ['a  b', 'two spaces'],
    ['a\tb', 'character'],
    ['a\nb', 'character'],
    ['a"b', 'character'],
    ['a\\b', 'character'],
    ['ä', 'character'],
    ['a\u00a0b', 'character'],
    ['a\u007f', 'character'],
    [[...hundred, 'one-more'].join(' '), 'more than 100'],
    ['a'.repeat(8193), 'longer'],
  ])('refuses %j', (text, words) => {
    const result = parseScope(text);
    expect(result).toEqual({ ok: false, error: expect.stringContaining(words) });
  });

  it('agrees with the grammar, character by character', () => {
    for (let code = 0; code < 0x180; code += 1) {
      const allowed = code === 0x21 || (code >= 0x23 && code <= 0x5b) || (code >= 0x5d && code <= 0x7e);
      expect(isScopeToken(String.fromCharCode(code)), `U+${code.toString(16)}`).toBe(allowed);
    }
  });

  it('order and repetition carry no meaning', () => {
    const token = fc.stringMatching(/^[a-z:]{1,8}$/);
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 20 }), (tokens) => {
        const one = parseScope(tokens.join(' '));
        const other = parseScope([...tokens, ...tokens.toReversed()].join(' '));
        expect(one.ok && [...one.value].sort()).toEqual(other.ok && [...other.value].sort());
      }),
    );
  });
});
