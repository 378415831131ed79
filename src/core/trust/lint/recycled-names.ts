import type { Federation } from '../federation.ts';
import type { IssuerPreset, RecycledName } from '../preset.ts';
import { type FederationRule, pins, subjectOf } from './federation-rule.ts';
import { warn } from './warning.ts';

/**
 * A subject that carries a name and no id: whoever takes the name once it is given up gets in (the platform's own advice
 * is to compare ids). What counts as a name is data of the preset.
 */
export const lintRecycledNames: FederationRule = (federation, preset) => {
  const found = findRecycledName(federation, preset);
  return found === null ? [] : [warn('recycled_name', subjectOf(federation).path, found.why)];
};

/** On a shared issuer something that cannot change hands must tell the workload from those of strangers (ST-17). */
export const lintSharedIssuer: FederationRule = (federation, preset) => {
  if (preset === null || !preset.shared || preset.subjectStarts.length === 0) return [];
  const { text, path } = subjectOf(federation);
  // A subject that names its owner is by id, or a name that the rule above speaks of.
  if (preset.subjectStarts.some((start) => text.startsWith(start))) return [];
  const ids = [...new Set(preset.recycledNames.flatMap(({ idClaims }) => idClaims))];
  if (ids.length === 0 || pins(federation, ids)) return [];
  return [
    warn(
      'shared_issuer_unpinned',
      path,
      `${preset.title} serves strangers too, and only names tell this workload from theirs. Add a condition on ${ids.join(' or ')}.`,
    ),
  ];
};

const findRecycledName = (federation: Federation, preset: IssuerPreset | null): RecycledName | null =>
  preset?.recycledNames.find(
    (name) => carriesName(subjectOf(federation).text, name) && !pins(federation, name.idClaims),
  ) ?? null;

const carriesName = (subject: string, { subjectStart, idMark }: RecycledName): boolean => {
  if (!subject.startsWith(subjectStart)) return false;
  const [name = ''] = subject.slice(subjectStart.length).split(/[:/]/, 1);
  return idMark === null || !name.includes(idMark);
};
