import { secretPrefixOf } from '../activity/mask-secrets.ts';

/** What was sent in the place of a token: a word for it where it says more than its segments, and what to do. */
export interface RecognisedText {
  readonly kind: string | null;
  readonly hint: string;
}

/** What people send by mistake, the most telling first. Only the beginning and the end of a text are looked at. */
const mistakes: readonly (readonly [RegExp, string | null, string])[] = [
  [
    /^(?:undefined|null|none|nil|false|\[object Object\])$/i,
    'the word for a variable that is not set',
    'The variable the client reads has no value. See whether the step that fetches the token ran, and was allowed to.',
  ],
  [
    /^\$|^\$\{\{|^%[A-Za-z_]+%$|^<[A-Z_ ]+>$|^(?:YOUR|MY)[_-]/,
    'a placeholder',
    'A variable was not replaced by its value: single quotes in a shell keep $NAME as it is.',
  ],
  [
    /^@|^file:|^\.{0,2}\/[\w./-]+$/,
    'the name of a file',
    'The path was sent and not what is in the file. With curl: --data-urlencode "subject_token@FILE", name first and without =.',
  ],
  [
    /^-----BEGIN/,
    'a PEM block',
    'This is a key or a certificate. Sign a JWT with the key and send that; the key itself never leaves its owner.',
  ],
  [
    /^\s*\{[^]{0,64}"(?:value|access_token|id_token|token|status)"/,
    'JSON with a token in it',
    'This is a whole response. Send the one member of it that holds the token: value, id_token or token.',
  ],
  [/^\s*[{[]/, 'JSON', 'This is JSON. Send the compact form, header.claims.signature, alone.'],
  [/^bearer\s/i, 'a token after the word Bearer', 'Send the token alone, without the word Bearer.'],
  [
    /^["'`][^]*["'`]$/,
    'a token in quotation marks',
    'Send the token alone, without quotation marks: jq has -r for that.',
  ],
  [
    /%(?:2[0EeBbFf]|0[AaDd]|3[Dd]|25)/,
    'a text that is still percent-encoded',
    'It was encoded twice. Encode each value once, or let one form encoder do it.',
  ],
  [
    /AWS4-HMAC-SHA256|X-Amz-Signature|X-Amz-Credential/i,
    'a signed request (AWS4-HMAC-SHA256)',
    'A signed request is no token: only the service it is made for can check it.',
  ],
  [
    /^<|^PHNhbW|^PD94bW/,
    'XML, perhaps a SAML assertion',
    'SAML is not spoken here. Ask the platform for its OIDC identity token.',
  ],
  [
    /^\s|\s$/,
    'a text with white space around it',
    'White space stands before or after the token. A file read with its last line break does that: strip it.',
  ],
  [
    /^ey[\w-]+\s+[\w.-]+|^ey[\w.-]+\s+[\w-]/,
    'a token with white space in it',
    'The token was broken into lines or copied with a break. Send it in one piece.',
  ],
];

/** Of a long text this much is looked at from either end. */
const looked = 512;

/** Recognises what a text that is no JWT may be. The words are ours alone: nothing of the text is in them (A102). */
export const recogniseText = (text: string): RecognisedText => {
  const ends = text.length <= 2 * looked ? text : text.slice(0, looked) + text.slice(-looked);
  const mistake = mistakes.find(([shape]) => shape.test(ends));
  if (mistake !== undefined) return { kind: mistake[1], hint: mistake[2] };
  const prefix = secretPrefixOf(text);
  if (prefix !== undefined)
    return {
      kind: `an opaque secret beginning with ${prefix}`,
      hint: 'This is a secret for the platform itself, not a JWT. Ask the platform for its OIDC identity token.',
    };
  const dots = text.split('.', 7).length - 1;
  return { kind: null, hint: hintForSegments(text, dots) };
};

const hintForSegments = (text: string, dots: number): string => {
  if (dots === 4)
    return 'Five segments make an encrypted token (JWE). Ask the issuer for a signed one that is not encrypted.';
  if (text.endsWith('.')) return 'The token has no signature. Unsigned tokens are never accepted.';
  if (dots === 0)
    return 'This is an opaque token or another secret, not a JWT. Ask the platform for its OIDC identity token.';
  if (dots === 1)
    return 'The last part, the signature, is missing: the token was cut, or put together by hand.';
  if (/[+/=]/.test(text))
    return 'It is written in ordinary base64, with + / or =. A JWT is base64url without padding: whoever made it by hand has to change that.';
  return 'Send the token exactly as the issuer gave it: nothing added, cut, padded or encoded once more.';
};
