import type { EpochMilliseconds } from '../../core/time.ts';
import type { FreshnessFields } from '../../ports/guarded-fetch.ts';

/** The shortest and the longest time for which an answer counts as fresh, whatever its header says (JF-06). */
export const freshnessBounds = { leastSeconds: 60, mostSeconds: 86_400 } as const;

/**
 * How many seconds an answer received at `now` is fresh (RFC 9111 §4.2.1): `max-age`, then `Expires`, minus `Age`, kept
 * within {@link freshnessBounds}. `no-store`, `no-cache` and what cannot be read give the least; nothing said, `byDefault`.
 */
export const freshnessSeconds = (
  fields: FreshnessFields,
  byDefault: number,
  now: EpochMilliseconds,
): number => {
  const { leastSeconds, mostSeconds } = freshnessBounds;
  const said = saidSeconds(fields, now);
  if (said === null) return byDefault;
  const age = fields.age !== null && /^\d{1,10}$/.test(fields.age) ? Number(fields.age) : 0;
  return Math.min(mostSeconds, Math.max(leastSeconds, said - age));
};

const saidSeconds = (fields: FreshnessFields, now: EpochMilliseconds): number | null => {
  const directives = (fields.cacheControl ?? '')
    .split(',')
    .map((directive) => directive.trim().toLowerCase());
  if (directives.some((directive) => /^no-(store|cache)(=|$)/.test(directive))) return 0;
  const maxAges = directives.filter((directive) => directive.startsWith('max-age='));
  if (maxAges.length > 0) return Math.min(...maxAges.map(maxAgeSeconds));
  if (fields.expires === null) return null;
  const expires = Date.parse(fields.expires);
  const date = fields.date === null ? now : Date.parse(fields.date);
  return Number.isNaN(expires) || Number.isNaN(date) ? 0 : Math.floor((expires - date) / 1000);
};

const maxAgeSeconds = (directive: string): number => {
  const digits = /^max-age="?(\d+)"?$/.exec(directive)?.[1];
  return digits === undefined ? 0 : Math.min(Number(digits), freshnessBounds.mostSeconds * 100);
};
