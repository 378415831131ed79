import { countLiteralSegments } from '../pattern.ts';
import { trustDomainOf } from '../trust-domain.ts';
import { type FederationRule, looksAt } from './federation-rule.ts';
import { warn } from './warning.ts';

/** A pattern that covers more than its words say: what a platform writes behind them, and stars amidst the text (ST-16). */
export const lintPatternReach: FederationRule = (federation, preset) => {
  const { subjectPattern: pattern, issuer } = federation;
  if (pattern === null || trustDomainOf(issuer) !== null) return [];
  const path = '/subjectPattern';
  if (pattern.indexOf('*') < pattern.length - 1)
    return [
      warn(
        'pattern_wider_than_it_seems',
        path,
        'A * stands for any run of characters, also for : and /, so the one amidst the pattern can cover several parts of a subject. Give the exact subject, or let the pattern end with its only * and add conditions.',
      ),
    ];
  const reach = preset?.patternReach.find(
    ({ subjectStart, literalSegments }) =>
      pattern.startsWith(subjectStart) && countLiteralSegments(pattern) === literalSegments,
  );
  return reach === undefined || looksAt(federation, reach.narrowedBy)
    ? []
    : [warn('pattern_wider_than_it_seems', path, reach.covers)];
};
