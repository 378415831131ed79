import { fail, ok, type Result } from '../result.ts';

/** An issuer identifier that was checked by {@link parseIssuerUrl}; kept byte for byte as it was given (AD-10). */
export type IssuerUrl = string & { readonly parsed: 'IssuerUrl' };

/** What {@link parseIssuerUrl} leaves to the operator. */
export interface IssuerUrlPolicy {
  /** Whether this `http:` URL names a loopback host the operator listed (contract §2). */
  readonly allowLoopbackHttp: (url: URL) => boolean;
}

/** Longer identifiers are no identifiers. */
const maxLength = 512;

/**
 * Host names in lower case, dotted IPv4 and bracketed IPv6; path segments of RFC 3986 §3.3 without percent-encoding and
 * never empty, but for one trailing slash, which is significant (Auth0 and Azure v1 have one).
 */
const shape =
  /^https?:\/\/(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:\/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*\/?$/;

/** The first thing wrong with the text, in words; each of these makes two spellings of one address possible (A28). */
const refusals: readonly (readonly [(text: string) => boolean, string])[] = [
  [(text) => text === '', 'The issuer is missing. Give the exact value of the iss claim.'],
  [(text) => text.length > maxLength, `The issuer is longer than ${maxLength} characters.`],
  [
    (text) => /[^\u0021-\u007e]/.test(text),
    'The issuer contains a space, a control character or a character outside ASCII. Copy it from the iss claim; write an international host name in its xn-- form.',
  ],
  [(text) => text.includes('\\'), 'The issuer contains a back-slash. Use forward slashes.'],
  [
    (text) => !/^https?:\/\//.test(text),
    'The issuer is not an https URL. Give the exact value of the iss claim, beginning with https://.',
  ],
  [
    (text) => text.includes('?'),
    'The issuer has a query. An issuer identifier has none; remove everything from the ?.',
  ],
  [
    (text) => text.includes('#'),
    'The issuer has a fragment. An issuer identifier has none; remove everything from the #.',
  ],
  [(text) => text.includes('%'), 'The issuer contains percent-encoding. Write the characters themselves.'],
  [
    (text) => authorityOf(text).includes('@'),
    'The issuer has user information before its host. Remove everything up to the @ sign.',
  ],
  [
    (text) => /[A-Z]/.test(authorityOf(text)),
    'The host of the issuer has upper-case letters. Write it in lower case.',
  ],
  [
    (text) => /\/\.{1,2}(?:\/|$)/.test(text),
    'The path of the issuer has a dot segment. Write the path it resolves to.',
  ],
  [(text) => /.{8}\/\//.test(text), 'The path of the issuer has an empty segment. Remove the doubled slash.'],
];

const authorityOf = (text: string): string => /^https?:\/\/([^/]*)/.exec(text)?.[1] ?? '';

/**
 * Reads an issuer identifier at registration (A28, AD-10): an https URL that has one spelling only, so that comparing it
 * byte for byte with `iss` later decides (ST-12).
 *
 * @returns the identifier unchanged, or one sentence that says what to do
 */
export const parseIssuerUrl = (text: string, policy: IssuerUrlPolicy): Result<IssuerUrl, string> => {
  const refusal = refusals.find(([isWrong]) => isWrong(text));
  if (refusal !== undefined) return fail(refusal[1]);

  const url = shape.test(text) ? URL.parse(text) : null;
  if (url === null) return fail('The issuer is not a URL whose host is a plain name or address.');

  // A default port, a numeric host in another notation or anything else the URL standard rewrites does not survive this.
  if (url.href !== text && url.href !== `${text}/`) {
    return fail(
      `The issuer is not in its plain spelling. Write ${url.href.replace(/\/$/, '')} if that is what iss says.`,
    );
  }
  if (url.protocol === 'http:' && !policy.allowLoopbackHttp(url)) {
    return fail(
      'The issuer uses http. Use https; http is accepted only for loopback hosts listed in BUREAU_OUTBOUND_ALLOW.',
    );
  }
  return ok(text as IssuerUrl);
};
