/**
 * The bytes of canonical base64url text (RFC 7515 §2, RFC 4648 §5).
 *
 * `null` for padding, whitespace, `+`, `/`, any other character, or unused bits that are not zero: one value has exactly
 * one spelling here (ST-01, ST-02, A18).
 */
export const decodeBase64Url = (text: string): Uint8Array | null => {
  if (forgiven.test(text)) return null;
  const unusedBits = unusedBitsOf[text.length % 4];
  if (unusedBits === undefined || (valueOf(text.at(-1)) & unusedBits) !== 0) return null;
  try {
    return decode(text);
  } catch {
    return null;
  }
};

/** Throws for what is no base64url at all; padding, white space and unused bits it forgives. */
type Decode = (text: string) => Uint8Array;

const decodeAtOnce: Decode = (text) => Uint8Array.fromBase64(text, { alphabet: 'base64url' });

/** For Node 24, where `Uint8Array.fromBase64` is not there yet. */
export const decodeStepByStep: Decode = (text) => {
  if (/[+/]/.test(text)) throw new SyntaxError('base64 is no base64url');
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (octet) =>
    octet.charCodeAt(0),
  );
};

const decode: Decode = 'fromBase64' in Uint8Array ? decodeAtOnce : decodeStepByStep;

/** What decoders forgive and canonical text has not; anything else that is foreign they find themselves. */
const forgiven = /[=\s]/;

/** The bits of the last character that stand for nothing, by the characters behind the last four; one alone says no octet. */
const unusedBitsOf: readonly (number | undefined)[] = [0, undefined, 0b1111, 0b11];

const valueOf = (character = 'A'): number =>
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.indexOf(character);

/** Canonical base64url of a few bytes, such as a key: at most some thousand. */
export const encodeBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text whose UTF-8 is `bytes`, or `null` where that is not valid UTF-8 (A34). A byte order mark stays in the text. */
export const decodeUtf8 = (bytes: Uint8Array): string | null => {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
};
