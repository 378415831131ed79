import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../../src/core/trust/pattern.ts';
import { patternsOverlap } from '../../../src/core/trust/patterns-overlap.ts';

describe('whether two patterns share a value', () => {
  it.each([
    ['repo:acme/*', 'repo:acme/payments:*', true],
    ['repo:acme/payments:*', 'repo:acme/*', true],
    ['repo:acme/*', 'repo:acme/payments', true],
    ['repo:acme/payments', 'repo:acme/payments', true],
    ['repo:acme/*:main', 'repo:acme/payments:*', true],
    ['a:*:b:*', 'a:*:c:b:*', true],
    ['*x', 'x*', true],
    // Exactly one character of the middle is shared.
    ['ab*', '*bc', true],
    ['repo:acme/*', 'repo:acme', false],
    // Directly after a separator the star is somebody, never nobody.
    ['repo:acme/*', 'repo:acme/', false],
    ['repo:acme/*', 'repo:evil/*', false],
    ['repo:acme/*:main', 'repo:acme/*:next', false],
    ['repo:acme/payments', 'repo:acme/payment', false],
    ['repo:acme/*', 'Repo:acme/payments', false],
    ['a:*', 'a:', false],
  ])('%s and %s: %s', (one, other, expected) => {
    expect(patternsOverlap(one, other)).toBe(expected);
    expect(patternsOverlap(other, one)).toBe(expected);
  });

  it('agrees with the compiler of patterns: whatever both cover is shared', () => {
    const letter = fc.constantFrom('a', 'b', ':', '/');
    const pattern = fc
      .array(fc.constantFrom('a', 'b', ':', '/', '*'), { minLength: 1, maxLength: 6 })
      .map((parts) => parts.join('').replaceAll(/\*+/g, '*'));
    const value = fc.array(letter, { maxLength: 7 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, pattern, fc.array(value, { maxLength: 40 }), (one, other, values) => {
        const [left, right] = [compilePattern(one), compilePattern(other)];
        if (!left.ok || !right.ok) return;
        const shared = values.find((each) => left.value(each) && right.value(each));
        if (shared !== undefined)
          expect([one, other, patternsOverlap(one, other)]).toEqual([one, other, true]);
      }),
      { numRuns: 3000 },
    );
  });

  it('agrees with a search of every short value, so that no overlap is made up', () => {
    const letters = ['a', ':'];
    const values = [''];
    for (let length = 0, from = 0; length < 7; length += 1) {
      const longer = values.slice(from).flatMap((each) => letters.map((letter) => each + letter));
      from = values.length;
      values.push(...longer);
    }
    const pattern = fc
      .array(fc.constantFrom('a', ':', '*'), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('').replaceAll(/\*+/g, '*'));
    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        const [left, right] = [compilePattern(one), compilePattern(other)];
        if (!left.ok || !right.ok) return;
        const found = values.some((each) => left.value(each) && right.value(each));
        expect([one, other, patternsOverlap(one, other)]).toEqual([one, other, found]);
      }),
      { numRuns: 1000 },
    );
  });

  it('A98 stops where its work is used up, and then says no', () => {
    const one = `${'a*'.repeat(8)}${'a'.repeat(400)}b`;
    const other = `${'a*'.repeat(8)}${'a'.repeat(400)}b`;
    expect(patternsOverlap(one, other)).toBe(true);
    const work = { left: 5 };
    expect(patternsOverlap(one, other, work)).toBe(false);
    expect(work.left).toBeLessThan(0);
  });
});
