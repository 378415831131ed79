import type { ServiceAccount } from '../../accounts/service-account.ts';
import type { Condition, Federation } from '../federation.ts';
import { type OverlapWork, patternsOverlap } from '../patterns-overlap.ts';
import { canHoldTogether } from './contradiction.ts';
import { literalsOf, subjectOf } from './federation-rule.ts';
import { type RegistrationWarning, warn } from './warning.ts';

/** The most accounts one warning names. */
const maxNamed = 3;

/** What another account must have to be compared with. */
export type OtherAccount = Pick<ServiceAccount, 'name' | 'status' | 'federations'>;

/**
 * Other accounts that a token of this federation could stand for as well: such a token is refused (ST-33).
 *
 * @param work what comparing patterns may still cost; when it is used up, nothing more is found
 */
export const lintOverlap = (
  federation: Federation,
  others: readonly OtherAccount[],
  work: OverlapWork,
): readonly RegistrationWarning[] => {
  // A disabled account takes nobody's tokens.
  const rivals = others.flatMap(({ name, status, federations }) => {
    const rival =
      status === 'enabled' ? federations.find((each) => overlaps(federation, each, work)) : undefined;
    return rival === undefined ? [] : [{ name, subject: subjectOf(rival).text }];
  });
  if (rivals.length === 0) return [];
  const named = rivals
    .slice(0, maxNamed)
    .map(({ name, subject }) => `${JSON.stringify(name)} (${subject})`)
    .join(', ');
  const more = rivals.length > maxNamed ? ` and ${rivals.length - maxNamed} more` : '';
  return [
    warn(
      'overlap',
      subjectOf(federation).path,
      `A token can fit this federation and one of ${named}${more}. It would stand for several accounts and is refused, unless the workload sends client_id. Narrow one of them, by its subject or by a condition.`,
    ),
  ];
};

/** Whether one token could meet both. Where an expression decides, nobody can say, and nothing is said. */
const overlaps = (one: Federation, other: Federation, work: OverlapWork): boolean =>
  one.issuer === other.issuer &&
  one.cel === null &&
  other.cel === null &&
  (one.audience === other.audience || (one.allowAdditionalAudiences && other.allowAdditionalAudiences)) &&
  patternsOverlap(subjectOf(one).text, subjectOf(other).text, work) &&
  canBothHold([...one.conditions, ...other.conditions], work);

/** Every value may be compared with every other one. */
const canBothHold = (conditions: readonly Condition[], work: OverlapWork): boolean => {
  const values = conditions.reduce((sum, condition) => sum + (literalsOf(condition)?.length ?? 1), 0);
  work.left -= values * values;
  return work.left >= 0 && canHoldTogether(conditions);
};
