/** What the token endpoint issued (RFC 6749 §5.1; RFC 8693 §2.2.1). */
export interface TokenAnswer {
  readonly accessToken: string;
  readonly tokenType: string;
  readonly expiresInSeconds: number;
  /** Milliseconds since 1970, by this machine's clock when the answer came. */
  readonly expiresAt: number;
  readonly scope: string;
  readonly issuedTokenType: string | null;
  /** The answer as it was given. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** No token of any server here lives longer. */
const longestLifeSeconds = 31_536_000;

/** RFC 6750 §2.1: what fits into `Authorization: Bearer`, and so into a shell and a file. */
const bearerToken = /^[\w\-.~+/]+=*$/;

/**
 * Reads a successful answer; `null` for anything that is none, such as the page of a proxy.
 *
 * @param now milliseconds since 1970
 */
export const parseTokenAnswer = (text: string, now: number): TokenAnswer | null => {
  const body = parseObject(text);
  if (body === null) return null;
  const { access_token, token_type, expires_in, scope, issued_token_type } = body;
  if (typeof access_token !== 'string' || !bearerToken.test(access_token)) return null;
  if (typeof token_type !== 'string' || !/^(?:bearer|n_a)$/i.test(token_type)) return null;
  if (!isLifeSeconds(expires_in)) return null;
  return {
    accessToken: access_token,
    tokenType: token_type,
    expiresInSeconds: expires_in,
    expiresAt: now + expires_in * 1000,
    scope: typeof scope === 'string' ? scope : '',
    issuedTokenType: typeof issued_token_type === 'string' ? issued_token_type : null,
    body,
  };
};

const isLifeSeconds = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) <= longestLifeSeconds;

/** The JSON object in `text`; `null` where there is none. */
export const parseObject = (text: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
};
