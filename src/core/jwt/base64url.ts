/**
 * The octets of canonical base64url text, one per character of the answer (RFC 7515 §2, RFC 4648 §5).
 *
 * `null` for padding, whitespace, `+`, `/`, any other character, or unused bits that are not zero: one value has exactly
 * one spelling here (ST-01, ST-02, A18).
 */
export const decodeBase64UrlOctets = (text: string): string | null => {
  if (text.includes('+') || text.includes('/') || text.includes('=')) return null;
  const standard = text.replaceAll('-', '+').replaceAll('_', '/');
  try {
    const octets = atob(standard);
    // atob forgives whitespace, padding and stray bits; only the canonical spelling comes back out of btoa.
    const padding = '='.repeat((4 - (standard.length % 4)) % 4);
    return btoa(octets) === standard + padding ? octets : null;
  } catch {
    return null;
  }
};

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

const isAscii = (octets: string): boolean => {
  let bits = 0;
  for (let index = 0; index < octets.length; index++) bits |= octets.charCodeAt(index);
  return bits < 0x80;
};
