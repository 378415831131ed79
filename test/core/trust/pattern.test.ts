import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compilePattern,
  countLiteralSegments,
  everyStarFollowsSeparator,
  literalPrefix,
} from '../../../src/core/trust/pattern.ts';

const match = (pattern: string, value: string): boolean | string => {
  const compiled = compilePattern(pattern);
  return compiled.ok ? compiled.value(value) : compiled.error;
};

/** The meaning in its shortest form: tries every length for every star. */
const slow = (pattern: string, value: string, before = ''): boolean => {
  const [character, ...rest] = pattern;
  if (character === undefined) return value === '';
  const tail = rest.join('');
  if (character !== '*') return value.startsWith(character) && slow(tail, value.slice(1), character);
  for (let length = before === ':' || before === '/' ? 1 : 0; length <= value.length; length += 1) {
    if (slow(tail, value.slice(length), '*')) return true;
  }
  return false;
};

describe('compilePattern', () => {
  it.each([
    ['repo:acme/*', 'repo:acme/app:ref:refs/heads/main', true],
    ['repo:acme/*', 'repo:acme/', false],
    ['repo:acme/*', 'repo:acme', false],
    ['repo:acme/*', 'repo:acme-evil/app', false],
    ['repo:acme/*', 'REPO:acme/app', false],
    ['repo:acme/*', 'xrepo:acme/app', false],
    ['repo:acme/*:ref:refs/heads/main', 'repo:acme/app:ref:refs/heads/main', true],
    ['repo:acme/*:ref:refs/heads/main', 'repo:acme/:ref:refs/heads/main', false],
    ['repo:acme/*:ref:refs/heads/main', 'repo:acme/app:ref:refs/heads/main2', false],
    ['repo:acme/*:ref:*', 'repo:acme/app:ref:x', true],
    ['repo:acme/*:ref:*', 'repo:acme/app:ref:', false],
    ['main', 'main', true],
    ['main', 'main2', false],
    ['main*', 'main', true],
    ['release-*', 'release-1.2', true],
    ['*-prod', 'eu-prod', true],
    ['*-prod', 'eu-prod2', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'acb', false],
    ['*', '', true],
    ['*ab*ab', 'xabab', true],
    ['*ab*ab', 'xab', false],
    ['a.c', 'abc', false],
    ['a?c', 'abc', false],
    ['[ab]', 'a', false],
    ['a|b', 'a', false],
    ['a|b', 'a|b', true],
    ['^a', 'a', false],
    ['a$', 'a', false],
    ['a)|(', 'a', false],
    ['\\*', '\\anything', true],
  ])('%s against %s: %s', (pattern, value, expected) => {
    expect(match(pattern, value)).toBe(expected);
    expect(slow(pattern, value)).toBe(expected);
  });

  it.each([
    ['', 'empty'],
    ['a'.repeat(513), 'longer'],
    ['a\0', 'control'],
    ['a\n*', 'control'],
    ['a\u0085', 'control'],
    ['a\ud800', 'Unicode'],
    ['a**', 'in a row'],
    ['*a*a*a*a*a*a*a*a*', 'more than 8'],
  ])('refuses %j', (pattern, words) => {
    expect(match(pattern, 'a')).toContain(words);
  });

  it('takes what is just within the limits', () => {
    expect(match('a'.repeat(512), 'a'.repeat(512))).toBe(true);
    expect(match('*a*a*a*a*a*a*a*a', 'aaaaaaaa')).toBe(true);
  });

  it('A30 means what the slow reference means', () => {
    const text = (letters: string[], maxLength: number) =>
      fc.array(fc.constantFrom(...letters), { maxLength }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        text(['a', 'b', ':', '/', '*', '*'], 10),
        text(['a', 'b', ':', '/'], 12),
        (pattern, value) => {
          const compiled = compilePattern(pattern);
          fc.pre(compiled.ok);
          expect(compiled.ok && compiled.value(value)).toBe(slow(pattern, value));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('A30 covers every value made by filling its stars, and gives the same answer every time', () => {
    const part = fc.stringMatching(/^[a-z:/]{0,6}$/);
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 2, maxLength: 6 }),
        fc.array(part, { maxLength: 6 }),
        (parts, fill) => {
          const pattern = parts.join('*');
          const compiled = compilePattern(pattern);
          fc.pre(compiled.ok);
          const value = parts
            .map((each, index) => (index === 0 ? each : `${fill[index] ?? ''}x${each}`))
            .join('');
          const answers = Array.from({ length: 3 }, () => compiled.ok && compiled.value(value));
          expect(answers).toEqual([true, true, true]);
        },
      ),
    );
  });
});

describe('what a pattern leaves open', () => {
  it.each([
    ['repo:acme/*', 2, true, 'repo:acme/'],
    ['repo:acme/payments:*', 3, true, 'repo:acme/payments:'],
    ['repo:acme*', 1, false, 'repo:acme'],
    ['repo:*', 1, true, 'repo:'],
    ['repo:*/payments:*', 1, true, 'repo:'],
    ['repo::*', 1, true, 'repo::'],
    ['*', 0, false, ''],
    ['*:x', 0, false, ''],
    ['/*', 0, true, '/'],
    ['a*/*', 0, false, 'a'],
    ['repo:acme/app', 3, true, 'repo:acme/app'],
    ['', 0, true, ''],
  ])('ST-16 %s: %i literal segments, stars after separators: %s', (pattern, segments, follows, prefix) => {
    expect(countLiteralSegments(pattern)).toBe(segments);
    expect(everyStarFollowsSeparator(pattern)).toBe(follows);
    expect(literalPrefix(pattern)).toBe(prefix);
  });
});
