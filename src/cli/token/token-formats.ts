import { tokenTypes } from '../../core/oauth/vocabulary.ts';
import type { TokenAnswer } from './token-answer.ts';

/** How a token is printed or written; each ends with a line end. */
export const tokenFormats = {
  /** The token alone. */
  token: ({ accessToken }: TokenAnswer) => `${accessToken}\n`,
  /** The answer as the server gave it, and when the token expires, in words of RFC 3339. */
  json: ({ body, expiresAt }: TokenAnswer) =>
    `${JSON.stringify({ ...body, expires_at: new Date(expiresAt).toISOString() })}\n`,
  /** One assignment, for `eval`, a dotenv file or GitHub's `$GITHUB_ENV`. */
  env: ({ accessToken, issuedTokenType }: TokenAnswer) =>
    `${issuedTokenType === tokenTypes.jwt ? 'BUREAU_JWT_SVID' : 'BUREAU_ACCESS_TOKEN'}=${quote(accessToken)}\n`,
  /** For `curl --header @file`. */
  header: ({ accessToken }: TokenAnswer) => `Authorization: Bearer ${accessToken}\n`,
} as const;

/** The name of a format. */
export type TokenFormat = keyof typeof tokenFormats;

/** Whether there is a format of this name. */
export const isTokenFormat = (name: string): name is TokenFormat => Object.hasOwn(tokenFormats, name);

/** Bare wherever a shell reads it as it is, because dotenv files and `$GITHUB_ENV` would keep the quotes. */
const quote = (text: string): string =>
  /^[\w.+/=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
