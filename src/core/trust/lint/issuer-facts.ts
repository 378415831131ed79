import { maxThirdPartyLifetimeSeconds } from '../../time.ts';
import { findPreset, type IssuerPreset } from '../preset.ts';
import type { TrustedIssuer } from '../trusted-issuer.ts';
import { nearLifetimeSeconds, type RegistrationWarning, warn } from './warning.ts';

/** A platform whose tokens may live longer than is accepted: found out at registration, not at the first long job. */
const lintLifetime = (preset: IssuerPreset | null): readonly RegistrationWarning[] =>
  (preset?.longestLifetimeSeconds ?? 0) < nearLifetimeSeconds
    ? []
    : [
        warn(
          'lifetime_near_limit',
          '/issuer',
          `Tokens of ${preset?.title ?? ''} can live ${preset?.longestLifetimeSeconds ?? 0} s, and at most ${maxThirdPartyLifetimeSeconds} s are accepted. ${preset?.lifetimeAdvice ?? ''}`.trim(),
        ),
      ];

/** An issuer that is one of a known platform but for a slash at its end, which counts (ST-12). */
const lintSpelling = (issuer: string, presets: readonly IssuerPreset[]): readonly RegistrationWarning[] => {
  if (findPreset(presets, issuer) !== null) return [];
  const other = issuer.endsWith('/') ? issuer.slice(0, -1) : `${issuer}/`;
  const meant = findPreset(presets, other);
  return meant === null
    ? []
    : [
        warn(
          'issuer_spelling',
          '/issuer',
          `${meant.title} writes its issuer ${other}, and the slash at the end counts. Compare with the iss claim of a token.`,
        ),
      ];
};

/** What is said about an issuer alone, whoever names it. */
export const lintIssuer = (
  issuer: string,
  presets: readonly IssuerPreset[],
): readonly RegistrationWarning[] => [
  ...lintLifetime(findPreset(presets, issuer)),
  ...lintSpelling(issuer, presets),
];

/** Everything lint says about a trusted issuer. Pure: nothing is fetched. */
export const lintTrustedIssuer = (
  { issuer, jwksUri }: Pick<TrustedIssuer, 'issuer' | 'jwksUri'>,
  presets: readonly IssuerPreset[],
): readonly RegistrationWarning[] => {
  const preset = findPreset(presets, issuer);
  const known = preset?.jwksUri ?? null;
  const elsewhere =
    preset === null || known === null || jwksUri === null || jwksUri === known
      ? []
      : [
          warn(
            'keys_from_elsewhere',
            '/jwksUri',
            `${preset.title} publishes its keys at ${known}, and whoever serves this other address can make tokens that are accepted. Use that one, unless the address is a mirror of yours.`,
          ),
        ];
  return [...lintIssuer(issuer, presets), ...elsewhere];
};
