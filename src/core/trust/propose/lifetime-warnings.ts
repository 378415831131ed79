import { maxThirdPartyLifetimeSeconds } from '../../time.ts';
import { nearLifetimeSeconds, type RegistrationWarning, warn } from '../lint/warning.ts';
import type { IssuerPreset } from '../preset.ts';

const generalAdvice = 'Have the platform issue a token that lives at most two hours.';

/** What the life of a sample token says about those to come; ordinary lives say nothing. */
export const lintSampleLifetime = (
  lifetimeSeconds: number | null,
  preset: IssuerPreset | null,
): readonly RegistrationWarning[] => {
  if (lifetimeSeconds === null || lifetimeSeconds < nearLifetimeSeconds) return [];
  const advice = preset?.lifetimeAdvice ?? generalAdvice;
  return lifetimeSeconds > maxThirdPartyLifetimeSeconds
    ? [
        warn(
          'lifetime_over_limit',
          '',
          `This token lives ${lifetimeSeconds} s and is refused whatever is registered: at most ${maxThirdPartyLifetimeSeconds} s are accepted. ${advice}`,
        ),
      ]
    : [
        warn(
          'lifetime_near_limit',
          '',
          `This token lives ${lifetimeSeconds} s, and at most ${maxThirdPartyLifetimeSeconds} s are accepted. ${advice}`,
        ),
      ];
};
