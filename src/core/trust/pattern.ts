import { fail, ok, type Result } from '../result.ts';

/** Limits that keep matching cheap and patterns readable (A30, A98). */
const maxPatternCharacters = 512;
const maxStars = 8;

/** One `*`: the least number of characters it stands for, and the literal text after it. */
interface Gap {
  readonly atLeast: 0 | 1;
  readonly literal: string;
}

/**
 * The only compiler of patterns (A30). `*` stands for any run of characters, everything else for itself; the whole value
 * must match, case and all. A `*` directly after `:` or `/` stands for at least one character: `repo:acme/*` is somebody
 * below `acme/`, never `repo:acme/` itself.
 *
 * No regular expression is behind it, so there is nothing to inject and nothing to backtrack: the literal parts are looked
 * for from left to right, each once. No state is kept between uses.
 *
 * @returns a test of a whole value, or one sentence saying what is wrong with the pattern
 */
export const compilePattern = (pattern: string): Result<(value: string) => boolean, string> => {
  const wrong = refusePattern(pattern);
  if (wrong !== null) return fail(wrong);

  const [head = '', ...literals] = pattern.split('*');
  const gaps = literals.map((literal, index): Gap => {
    const before = index === 0 ? head : (literals[index - 1] ?? '');
    return { atLeast: endsWithSeparator(before) ? 1 : 0, literal };
  });
  const last = gaps.at(-1);
  if (last === undefined) return ok((value) => value === pattern);
  const inner = gaps.slice(0, -1);
  return ok((value) => matchesWhole(value, head, inner, last));
};

/**
 * How many segments between separators are written out in full before the first `*` (ST-16): 2 for `repo:acme/*`, 1 for
 * `repo:acme*`, 0 for `*`.
 */
export const countLiteralSegments = (pattern: string): number => {
  const star = pattern.indexOf('*');
  const segments = (star < 0 ? pattern : pattern.slice(0, star)).split(/[:/]/);
  // What stands directly before the star belongs to a segment that is not complete.
  const complete = star < 0 ? segments : segments.slice(0, -1);
  return complete.filter((segment) => segment !== '').length;
};

/** Whether each `*` comes directly after `:` or `/`; otherwise `repo:acme*` would let in `repo:acme-evil` (ST-16). */
export const everyStarFollowsSeparator = (pattern: string): boolean =>
  pattern.split('*').slice(0, -1).every(endsWithSeparator);

/** The text before the first `*`; every value that matches begins with it. */
export const literalPrefix = (pattern: string): string => pattern.split('*', 1)[0] ?? '';

/** `:` and `/` separate the parts of subjects in the field: `repo:acme/app:ref:refs/heads/main`. */
const endsWithSeparator = (text: string): boolean => text.endsWith(':') || text.endsWith('/');

const refusePattern = (pattern: string): string | null => {
  if (pattern === '') return 'The pattern is empty.';
  if (pattern.length > maxPatternCharacters)
    return `The pattern is longer than ${maxPatternCharacters} characters.`;
  if (/\p{Cc}/u.test(pattern)) return 'The pattern contains a control character.';
  if (!pattern.isWellFormed()) return 'The pattern is not well-formed Unicode.';
  if (pattern.includes('**'))
    return 'The pattern has two * in a row; one * already stands for any run of characters.';
  if (pattern.split('*').length - 1 > maxStars) return `The pattern has more than ${maxStars} times a *.`;
  return null;
};

/**
 * Taking each literal where it first occurs leaves the most room for the rest, so the first try decides. The last one is
 * anchored at the end instead.
 */
const matchesWhole = (value: string, head: string, gaps: readonly Gap[], last: Gap): boolean => {
  if (!value.startsWith(head)) return false;
  let position = head.length;
  for (const { atLeast, literal } of gaps) {
    const found = value.indexOf(literal, position + atLeast);
    if (found < 0) return false;
    position = found + literal.length;
  }
  return value.length - last.literal.length >= position + last.atLeast && value.endsWith(last.literal);
};
