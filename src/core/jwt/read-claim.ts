import { type Check, failed, grant, refuse, type Verdict } from '../activity/check.ts';
import { present } from '../activity/present.ts';
import { isClean } from '../clean-text.ts';
import { type JsonObject, type JsonValue, member } from '../json.ts';
import type { EpochSeconds } from '../time.ts';
import { utf8Fits } from '../utf8-fits.ts';

/** The most entries of an `aud` array (A26). */
const maxAudiences = 100;

/** The longest `jti`, in UTF-8 bytes (A41). */
const maxJtiBytes = 256;

/** Every time is below this: the year 36812, which leaves no room for milliseconds (A23). */
const timeLimit = 2 ** 40;

const expectedText = 'a string that is not empty';
const expectedAudience = `a string, or an array of 1 to ${maxAudiences} different strings`;
const expectedJti = `a string of 1 to ${maxJtiBytes} bytes`;
const expectedTime = 'seconds since 1970 as a JSON number';

/*
 * A reader gives the value without a check: the caller adds the one that also says what the value had to be. When the
 * claim is absent or of the wrong type, the reader refuses with that check, `claims.<name>`.
 */

/** A claim that is a string, not empty, without U+0000 or lone surrogates (A21, A34). */
export const readText = (claims: JsonObject, name: string): Verdict<string> => {
  const value = member(claims, name);
  return isText(value) ? grant(value) : refuseClaim(name, value, expectedText);
};

/** `aud` as a list of different strings (RFC 7519 §4.1.3; ST-18, A26). */
export const readAudiences = (claims: JsonObject): Verdict<readonly string[]> => {
  const value = member(claims, 'aud');
  const audiences: readonly (JsonValue | undefined)[] = Array.isArray(value) ? value : [value];
  const countIsGood = audiences.length > 0 && audiences.length <= maxAudiences;
  return countIsGood && audiences.every(isText) && new Set(audiences).size === audiences.length
    ? grant(audiences)
    : refuseClaim('aud', value, expectedAudience);
};

/** `jti`, a string (RFC 7519 §4.1.7) short enough to be remembered (CA-15). */
export const readJti = (claims: JsonObject): Verdict<string> => {
  const value = member(claims, 'jti');
  return isText(value) && utf8Fits(value, maxJtiBytes)
    ? grant(value)
    : refuseClaim('jti', value, expectedJti);
};

/** A time: finite, 0 ≤ x < 2^40; a fraction of a second is tolerated (RFC 7519 §2; ST-26, A23). */
export const readTime = (claims: JsonObject, name: string): Verdict<EpochSeconds> => {
  const value = member(claims, name);
  return typeof value === 'number' && value >= 0 && value < timeLimit
    ? grant(value)
    : refuseClaim(name, value, expectedTime, hintForTime(value));
};

const isText = (value: JsonValue | undefined): value is string =>
  typeof value === 'string' && value !== '' && isClean(value);

const refuseClaim = (
  name: string,
  value: JsonValue | undefined,
  expected: string,
  hint?: string,
): Verdict<never> => {
  const check: Check = failed(
    `claims.${name}`,
    expected,
    present(value),
    hint ?? (value === undefined ? hintForAbsent(name) : hintForKind),
  );
  return refuse(value === undefined ? 'claim_missing' : 'claim_malformed', [check]);
};

const hintForAbsent = (name: string): string =>
  `Have the issuer write ${name} into its tokens. A token made for another purpose, an access token for instance, may lack it.`;

const hintForKind =
  'The issuer writes this claim in a way that nobody can rely on. It has to be mended there.';

const hintForTime = (value: JsonValue | undefined): string | undefined => {
  if (typeof value === 'number' && value >= timeLimit && value < timeLimit * 1000) {
    return 'This looks like milliseconds. JWT times are seconds (RFC 7519 §2).';
  }
  if (typeof value === 'string' && /^\d+$/u.test(value)) {
    return 'This is a number written as a string. JWT times are JSON numbers (RFC 7519 §2).';
  }
  return undefined;
};
