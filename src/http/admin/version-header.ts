import type { VersionCondition } from '../../admin/version-condition.ts';

/** The entity tag of a version: strong, the version alone (RFC 9110 §8.8.3). */
export const etagOf = (version: number): string => `"${version}"`;

/**
 * Reads If-Match (RFC 9110 §13.1.1): `*`, or a list of tags. They are compared strongly, so weak tags, and tags that are
 * not ours, match nothing.
 */
export const parseIfMatch = (header: string | undefined): VersionCondition => {
  if (header === undefined) return 'missing';
  if (header.trim() === '*') return 'any';
  return header
    .split(',')
    .map((tag) => /^"([1-9][0-9]{0,14})"$/.exec(tag.trim())?.[1])
    .filter((version) => version !== undefined)
    .map(Number);
};
