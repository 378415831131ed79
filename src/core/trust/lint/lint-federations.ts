import type { Federation } from '../federation.ts';
import { findPreset, type IssuerPreset } from '../preset.ts';
import { lintConditions } from './contradiction.ts';
import type { FederationRule } from './federation-rule.ts';
import { lintIssuer } from './issuer-facts.ts';
import { lintOverlap, type OtherAccount } from './overlap.ts';
import { lintPatternLanguage } from './pattern-language.ts';
import { lintPatternReach } from './pattern-reach.ts';
import { lintRecycledNames, lintSharedIssuer } from './recycled-names.ts';
import { type RegistrationWarning, warningsBelow } from './warning.ts';

/** What lint knows beside the account. */
export interface LintWorld {
  readonly presets: readonly IssuerPreset[];
  /** Accounts with a federation on one of the issuers, without the one in question. */
  readonly others: readonly OtherAccount[];
}

/** Every rule about one federation alone. A new one is a file and a line here. */
const rules: readonly FederationRule[] = [
  lintRecycledNames,
  lintSharedIssuer,
  lintPatternReach,
  lintPatternLanguage,
  lintConditions,
];

/** The most warnings one account keeps. */
const maxWarnings = 50;

/** Milliseconds at most, whatever patterns an administrator thinks of (A98). */
const maxOverlapWork = 500_000;

/**
 * What may not be meant in the federations of one account, that are good otherwise: in the order of the federations, with
 * JSON pointers into the account. Pure; warnings never stop a save.
 */
export const lintFederations = (
  federations: readonly Federation[],
  { presets, others }: LintWorld,
): readonly RegistrationWarning[] => {
  const work = { left: maxOverlapWork };
  return federations
    .flatMap((federation, index) => {
      const preset = findPreset(presets, federation.issuer);
      return warningsBelow(`/federations/${index}`, [
        ...lintIssuer(federation.issuer, presets),
        ...rules.flatMap((rule) => rule(federation, preset)),
        ...lintOverlap(federation, others, work),
      ]);
    })
    .slice(0, maxWarnings);
};
