import type { IssuerPreset } from './preset.ts';

/** Longer audiences are refused. */
const maxLength = 512;

/**
 * What is wrong with the audience of a federation, or `null`. A token whose audience means another service was not made
 * for us, and that service could replay it here (ST-21, RFC 8725 §3.9).
 */
export const refuseAudience = (
  audience: string | null,
  presets: readonly IssuerPreset[],
  ownIssuer: string,
): string | null => {
  if (audience === null || audience === '') {
    return `The audience is missing. Give the aud value the workload asks its platform for, for example ${ownIssuer}.`;
  }
  if (audience.length > maxLength) return `The audience is longer than ${maxLength} characters.`;
  if (/[\s\p{Cc}]/u.test(audience))
    return 'The audience contains a space or control character. Give the exact aud value.';
  if (audience.includes('*'))
    return 'The audience is compared exactly and cannot hold a *. Give the exact aud value.';
  const other = presets.find((preset) => preset.isAudienceOfAnother(audience));
  if (other === undefined) return null;
  return `The audience ${audience} means another service (${other.title}), which could replay the token here. Have the workload ask for an audience of this server, for example ${ownIssuer}.`;
};
