import { isAscii } from '../ascii.ts';

/**
 * The octets of canonical base64url text, one per character of the answer (RFC 7515 §2, RFC 4648 §5).
 *
 * `null` for padding, whitespace, `+`, `/`, any other character, or unused bits that are not zero: one value has exactly
 * one spelling here (ST-01, ST-02, A18).
 */
export const decodeBase64UrlOctets = (text: string): string | null => {
  if (forgiven.test(text)) return null;
  const unusedBits = unusedBitsOf[text.length % 4];
  if (unusedBits === undefined || (valueOf(text.at(-1)) & unusedBits) !== 0) return null;
  try {
    return atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return null;
  }
};

/** What `atob` takes and base64url has not; anything else that is foreign to both it finds itself. */
const forgiven = /[+/=\s]/;

/** The bits of the last character that stand for nothing, by the characters behind the last four; one alone says no octet. */
const unusedBitsOf: readonly (number | undefined)[] = [0, undefined, 0b1111, 0b11];

const valueOf = (character = 'A'): number =>
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.indexOf(character);

/** The bytes of canonical base64url text, or `null`, as {@link decodeBase64UrlOctets}. */
export const decodeBase64Url = (text: string): Uint8Array | null => {
  const octets = decodeBase64UrlOctets(text);
  return octets === null ? null : toBytes(octets);
};

/** Canonical base64url of a few bytes, such as a key: at most some thousand. */
export const encodeBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text whose UTF-8 is `octets`, or `null` where that is not valid UTF-8 (A34). A byte order mark stays in the text.
 */
export const decodeUtf8 = (octets: string): string | null => {
  if (isAscii(octets)) return octets;
  try {
    return utf8.decode(toBytes(octets));
  } catch {
    return null;
  }
};

const toBytes = (octets: string): Uint8Array => {
  const bytes = new Uint8Array(octets.length);
  for (let index = 0; index < octets.length; index++) bytes[index] = octets.charCodeAt(index);
  return bytes;
};
