import type { CommandContext } from '../command-context.ts';
import { misused } from '../command-failed.ts';

const units: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * A moment as the API takes it, from a date, a time with its zone, or a span such as `90d`.
 *
 * @param now milliseconds since 1970, from which a span leads to the future or to the past
 * @param flag names the option in the refusal
 * @throws CommandFailed misused
 */
export const momentOf = (
  text: string,
  { now, toward, flag }: { readonly now: number; readonly toward: 'future' | 'past'; readonly flag: string },
): string => {
  const [, count, unit] = /^(\d{1,5})([smhdw])$/.exec(text) ?? [];
  const span = Number(count) * (units[unit ?? ''] ?? Number.NaN);
  const moment = Number.isNaN(span)
    ? /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
      ? Date.parse(text)
      : Number.NaN
    : now + (toward === 'future' ? span : -span);
  if (Number.isNaN(moment))
    throw misused(`${flag} has to be a span such as 90d or 12h, or a time such as 2027-01-31T12:00:00Z`);
  return new Date(moment).toISOString();
};

/** The member `expiresAt`, where an option says when. */
export const expiryOf = (
  context: Pick<CommandContext, 'now'>,
  flag: string,
  when: string | undefined,
): { readonly expiresAt?: string } =>
  when === undefined ? {} : { expiresAt: momentOf(when, { now: context.now(), toward: 'future', flag }) };
