import { utf8Fits } from '../utf8-fits.ts';

/** The longest `kid` of a token or a key, in UTF-8 bytes (A07). */
const maxKidBytes = 256;

/** What {@link isKid} wants, in words that go on a sentence. */
export const kidRule = `a string of 1 to ${maxKidBytes} bytes without control characters`;

/** Whether `kid` can be the name of a key: opaque text, but short and without control characters (A07). */
export const isKid = (kid: unknown): kid is string =>
  typeof kid === 'string' &&
  kid !== '' &&
  utf8Fits(kid, maxKidBytes) &&
  kid.isWellFormed() &&
  !/\p{Cc}/u.test(kid);
