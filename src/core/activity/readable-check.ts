import type { Check } from './check.ts';

/** Checks whose values hold seconds since 1970. */
const timeChecks: ReadonlySet<string> = new Set(['claims.exp', 'claims.iat', 'claims.nbf', 'token.exp']);

/** Checks whose values hold a duration. */
const durationChecks: ReadonlySet<string> = new Set(['claims.lifetime']);

/** Seconds since 1970 of this century, as {@link Check} has them. */
const moment = /\b(\d{10})(?:\.\d+)?\b(?:, (\d+) s (ago|from now))?/g;

/** What a check expected and was presented, for people: times and durations as they would say them. */
export const readableCheck = ({
  check,
  expected,
  presented,
}: Check): Pick<Check, 'expected' | 'presented'> => {
  const read = timeChecks.has(check) ? readMoments : durationChecks.has(check) ? readDurations : keep;
  return { expected: read(expected), presented: read(presented) };
};

const keep = (text: string): string => text;

const readMoments = (text: string): string =>
  text.replaceAll(moment, (_whole, seconds: string, distance?: string, direction?: string) => {
    const time = `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`;
    return distance === undefined || direction === undefined
      ? time
      : `${time}, ${sayDuration(Number(distance))} ${direction}`;
  });

/** `0 < exp − iat ≤ 7200 s` is exact; this is what it means. */
const limit = /^0 < exp − iat ≤ /;

const readDurations = (text: string): string =>
  text
    .replace(limit, 'at most ')
    .replaceAll(/\b(\d+) s\b/g, (_whole, seconds: string) => sayDuration(Number(seconds)));

const units = [
  ['days', 86_400],
  ['h', 3600],
  ['min', 60],
] as const;

/** `seconds` in the largest unit that fits at least twice, with one digit behind the point: `24 h`, `1.5 h`, `90 s`. */
export const sayDuration = (seconds: number): string => {
  const unit = units.find(([, size]) => seconds >= 2 * size);
  return unit === undefined ? `${seconds} s` : `${Math.round((seconds / unit[1]) * 10) / 10} ${unit[0]}`;
};
