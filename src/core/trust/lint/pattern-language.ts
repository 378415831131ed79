import { celPatterns } from '../conditions/cel.ts';
import type { Federation } from '../federation.ts';
import { type FederationRule, literalsOf } from './federation-rule.ts';
import { type RegistrationWarning, warn } from './warning.ts';

/** What nobody writes into a glob: an anchor at either end, a class, a choice, an escape, `.*` and `.+`. */
const looksLikeRegex = /^\^|\$$|\.[*+]|\\|\[[^\]]+\]|\([^()]*\|[^()]*\)/;

/** A star that repeats a separator, or nothing: in a regular expression hardly ever meant. */
const looksLikeGlob = /(?:^|[/:])\*/;

/** The languages of patterns mistaken for each other: a glob where a regular expression was meant, and back. */
export const lintPatternLanguage: FederationRule = (federation) => [
  ...lintGlob(federation.subjectPattern, '/subjectPattern'),
  ...federation.conditions.flatMap((condition, index) =>
    'matches' in condition
      ? lintGlob(condition.matches, `/conditions/${index}/matches`)
      : lintExact(literalsOf(condition) ?? [], `/conditions/${index}`),
  ),
  ...lintExpression(federation),
];

const lintGlob = (glob: string | null, path: string): readonly RegistrationWarning[] =>
  glob === null || !looksLikeRegex.test(glob)
    ? []
    : [
        warn(
          'regex_for_glob',
          path,
          'This looks like a regular expression, and patterns here are globs: * stands for any run of characters, everything else for itself, and the whole value must match. Write it with * alone, or use matches() in cel.',
        ),
      ];

const lintExact = (
  values: readonly (string | number | boolean)[],
  path: string,
): readonly RegistrationWarning[] =>
  values.some((value) => typeof value === 'string' && value.includes('*'))
    ? [
        warn(
          'glob_in_exact_value',
          path,
          'This value is compared exactly, star included. Use matches for a pattern.',
        ),
      ]
    : [];

const lintExpression = ({ cel }: Pick<Federation, 'cel'>): readonly RegistrationWarning[] => {
  const patterns = cel === null ? [] : celPatterns(cel);
  const globs = patterns.filter((pattern) => looksLikeGlob.test(pattern));
  const open = patterns.filter((pattern) => !globs.includes(pattern) && !isAnchored(pattern));
  return [
    ...globs.map((pattern) =>
      warn(
        'glob_for_expression',
        '/cel',
        `A pattern of matches() is a regular expression, in which * repeats what stands before it: ${JSON.stringify(pattern)} looks like a glob. Write .* for any run of characters, and ^ and $ around it.`,
      ),
    ),
    ...open.map((pattern) =>
      warn(
        'expression_pattern_unanchored',
        '/cel',
        `An expression with matches() finds ${JSON.stringify(pattern)} anywhere in a value, so longer values pass as well. Begin it with ^ and end it with $.`,
      ),
    ),
  ];
};

const isAnchored = (pattern: string): boolean =>
  /^(?:\(\?[a-z]+\))?(?:\^|\\A)/.test(pattern) && /(?:\$|\\z)$/.test(pattern);
