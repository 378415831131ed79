import { failed, grant, passed, refuse, type Verdict } from '../activity/check.ts';
import { type JsonObject, member } from '../json.ts';
import { clockToleranceSeconds, type EpochSeconds } from '../time.ts';
import { readTime } from './read-claim.ts';

/** `exp` is required and in the future, without any tolerance (contract §3; ST-22, A24). */
export const checkExpiry = (
  claims: JsonObject,
  now: EpochSeconds,
  clock: IssuerClock = unknownClock,
): Verdict<EpochSeconds> => {
  const exp = readTime(claims, 'exp');
  if (!exp.ok) return exp;
  // `now` is in whole seconds: a fraction in exp must not carry a token past the second it dies in.
  const expiresAt = Math.floor(exp.value);
  const expected = (): string => `after ${now}`;
  const presented = (): string => relative(exp.value, now);
  return expiresAt > now
    ? grant(expiresAt, () => [passed('claims.exp', expected(), presented())])
    : refuse('expired', [
        failed(
          'claims.exp',
          expected(),
          presented(),
          `Get a fresh token right before it is sent; none is kept alive here.${hintForLateness(now - exp.value, clock)}`,
        ),
      ]);
};

/** `iat`, where it is there, lies at most the tolerance ahead of our clock (contract §3; ST-23, A24). */
export const checkIssuedAt = (
  claims: JsonObject,
  now: EpochSeconds,
  clock: IssuerClock = unknownClock,
): Verdict<EpochSeconds> => {
  const iat = readTime(claims, 'iat');
  if (!iat.ok) return iat;
  const expected = (): string => `at most ${now + clockToleranceSeconds}`;
  const presented = (): string => relative(iat.value, now);
  return iat.value <= now + clockToleranceSeconds
    ? grant(Math.floor(iat.value), () => [passed('claims.iat', expected(), presented())])
    : refuse('issued_in_the_future', [
        failed('claims.iat', expected(), presented(), hintForClock(iat.value - now, clock)),
      ]);
};

/** `nbf`, where it is there, has been reached within the tolerance and is not after `exp` (ST-25, A24). */
export const checkNotBefore = (
  claims: JsonObject,
  now: EpochSeconds,
  clock: IssuerClock = unknownClock,
): Verdict<null> => {
  const expected = (): string => `absent, or at most ${now + clockToleranceSeconds} and not after exp`;
  if (member(claims, 'nbf') === undefined)
    return grant(null, () => [passed('claims.nbf', expected(), 'absent')]);
  const nbf = readTime(claims, 'nbf');
  if (!nbf.ok) return nbf;
  const presented = (): string => relative(nbf.value, now);
  if (nbf.value > now + clockToleranceSeconds) {
    return refuse('not_yet_valid', [
      failed('claims.nbf', expected(), presented(), hintForClock(nbf.value - now, clock)),
    ]);
  }
  const exp = readTime(claims, 'exp');
  return exp.ok && nbf.value > exp.value
    ? refuse('claim_malformed', [
        failed(
          'claims.nbf',
          expected(),
          `${presented()}, after exp`,
          'Such a token is never valid; whoever makes it has to set nbf before exp.',
        ),
      ])
    : grant(null, () => [passed('claims.nbf', expected(), presented())]);
};

/**
 * `0 < exp − iat ≤ maxSeconds`, from the two claims alone: no clock, no tolerance (contract §3; ST-24, A22).
 *
 * @param hint what to do about a life that is too long
 */
export const checkLifetime = (
  claims: JsonObject,
  maxSeconds: number,
  hint: (seconds: number) => string,
): Verdict<null> => {
  const expected = `0 < exp − iat ≤ ${maxSeconds} s`;
  const iat = readTime(claims, 'iat');
  const exp = readTime(claims, 'exp');
  if (!iat.ok || !exp.ok) {
    return refuse('claim_missing', [
      failed(
        'claims.lifetime',
        expected,
        'unknown without exp and iat',
        'The issuer has to say in iat and exp, as numbers, how long the token lives.',
      ),
    ]);
  }
  const seconds = exp.value - iat.value;
  const presented = (): string => `${seconds} s`;
  if (seconds <= 0)
    return refuse('lifetime_not_positive', [
      failed('claims.lifetime', expected, presented(), 'exp has to lie after iat. Were the two mixed up?'),
    ]);
  return seconds <= maxSeconds
    ? grant(null, () => [passed('claims.lifetime', expected, presented())])
    : refuse('lifetime_too_long', [failed('claims.lifetime', expected, presented(), hint(seconds))]);
};

/** `time` beside its distance from `now`, so that a receipt can be read without a calculator. */
export const relative = (time: EpochSeconds, now: EpochSeconds): string => {
  const seconds = Math.round(Math.abs(time - now));
  return `${time}, ${seconds} s ${time >= now ? 'from now' : 'ago'}`;
};

/** What is known of the clock of an issuer. */
export interface IssuerClock {
  /** How far it is ahead of ours by the `Date` of its own answers, in seconds; `null` where nothing was measured. */
  readonly aheadSeconds: number | null;
}

const unknownClock: IssuerClock = { aheadSeconds: null };

/** `Date` has whole seconds and answers take a moment: less than this is no difference. */
const measurableSeconds = 5;

const hintForClock = (seconds: number, { aheadSeconds }: IssuerClock): string => {
  const ahead = Math.round(seconds);
  const tolerated = `${clockToleranceSeconds} s are tolerated`;
  if (aheadSeconds === null)
    return `The issuer's clock is ${ahead} s ahead of ours; ${tolerated}. Synchronise both with NTP.`;
  if (aheadSeconds >= measurableSeconds)
    return `The token is ${ahead} s ahead of our clock; ${tolerated}. When its keys were fetched, the clock of the issuer was ${aheadSeconds} s ahead of ours: synchronise both with NTP.`;
  return `The token is ${ahead} s ahead of our clock; ${tolerated}. When its keys were fetched, the clock of the issuer ${agreement(aheadSeconds)}, so the token was made by a machine whose clock is wrong, or for a later time.`;
};

const agreement = (aheadSeconds: number): string =>
  aheadSeconds <= -measurableSeconds ? `was ${-aheadSeconds} s behind ours` : 'agreed with ours';

/** Only where the clocks differ: most expired tokens are simply old. */
const hintForLateness = (seconds: number, { aheadSeconds }: IssuerClock): string => {
  if (aheadSeconds === null || Math.abs(aheadSeconds) < measurableSeconds) return '';
  return aheadSeconds < 0
    ? ` When its keys were fetched, the clock of the issuer was ${-aheadSeconds} s behind ours, and the token is ${Math.round(seconds)} s late: synchronise both with NTP.`
    : '';
};
