import { fail, ok, type Result } from '../result.ts';
import { problem, type RegistrationProblem } from '../trust/registration-problem.ts';
import { refuseTrustDomain } from '../spiffe/spiffe-id.ts';
import type { TenantSettings } from './tenant.ts';

/** How long activities may be kept. */
export const maxActivityRetentionDays = 3650;
/** How many further literals may be accepted as `aud` of own-key assertions. */
export const maxAssertionAudiences = 20;

/** Every invariant of the settings of a tenant. */
export const parseTenantSettings = (
  settings: TenantSettings,
): Result<TenantSettings, readonly RegistrationProblem[]> => {
  const problems: RegistrationProblem[] = [];
  if (settings.assertionAudiences.length > maxAssertionAudiences) {
    problems.push(problem('/assertionAudiences', `At most ${maxAssertionAudiences} literals.`));
  }
  settings.assertionAudiences.forEach((audience, index) => {
    if (!/^[\u0021-\u007e]{1,512}$/.test(audience) || audience.includes('*')) {
      problems.push(
        problem(
          `/assertionAudiences/${index}`,
          'Give the literal aud value of the client, 1 to 512 printable ASCII characters without spaces and without *.',
        ),
      );
    }
  });
  const { trustDomain } = settings;
  const wrong = trustDomain === null ? null : refuseTrustDomain(trustDomain);
  if (wrong !== null) problems.push(problem('/trustDomain', wrong));
  const days = settings.activityRetentionDays;
  if (!Number.isInteger(days) || days < 1 || days > maxActivityRetentionDays) {
    problems.push(
      problem('/activityRetentionDays', `Give a whole number of days, 1 to ${maxActivityRetentionDays}.`),
    );
  }
  return problems.length === 0 ? ok(settings) : fail(problems);
};
